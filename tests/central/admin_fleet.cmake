# Devices: enrolment sheets, what terminals say of themselves, releases.
if(NOT TARGET tillside_central_people)
  return()
endif()
tillside_test(central_fleet unit admin_fleet_test.c LIBS people_fixture)
set_tests_properties(central_fleet PROPERTIES ENVIRONMENT LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/leaks.supp)
