# Campaigns: their plan and life, what is given, released and measured. people_fixture is made by admin_people.cmake.
if(NOT TARGET tillside_central_people)
  return()
endif()
foreach(name campaign)
  tillside_test(central_${name} unit ${name}_test.c LIBS people_fixture)
  target_compile_definitions(test_central_${name} PRIVATE CAMPAIGNS="${PROJECT_SOURCE_DIR}/tests/data/campaigns")
endforeach()
