# Campaigns: their plan and life, what is given, released and measured. people_fixture is made by admin_people.cmake.
if(NOT TARGET tillside_central_people)
  return()
endif()
set(campaigns CAMPAIGNS="${PROJECT_SOURCE_DIR}/tests/data/campaigns")
tillside_test(central_campaign unit campaign_test.c LIBS people_fixture)
target_compile_definitions(test_central_campaign PRIVATE ${campaigns})

add_library(campaign_rig STATIC campaign_rig.c)
target_compile_definitions(campaign_rig PRIVATE ${campaigns})
target_link_libraries(campaign_rig PUBLIC central_fixture people_fixture)
foreach(name campaign_issue campaign_pool campaign_lift campaign_survey canonical_people)
  tillside_test(central_${name} unit ${name}_test.c LIBS campaign_rig)
endforeach()

pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
tillside_test(central_campaign_cost unit campaign_cost_test.c LIBS campaign_rig PkgConfig::SQLITE)
