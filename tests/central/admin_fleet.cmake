# Devices: enrolment sheets, what terminals say of themselves, releases.
if(NOT TARGET tillside_central_people)
  return()
endif()
tillside_test(central_fleet unit admin_fleet_test.c LIBS people_fixture)
set_tests_properties(central_fleet PROPERTIES ENVIRONMENT LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/leaks.supp)
tillside_test(central_release contract release_test.c bundle_maker.c LIBS people_fixture)
target_link_libraries(test_central_release PRIVATE PkgConfig::OPENSSL)
set_tests_properties(central_release PROPERTIES ENVIRONMENT LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/leaks.supp)
