# Members: tags, segments, tiers, merging, consent, export and erasure (people_fixture comes from admin_people.cmake).
if(NOT TARGET people_fixture)
  return()
endif()
tillside_test(central_segment_query unit segment_query_test.c LIBS people_fixture)
tillside_test(central_members unit members_test.c members_desk.c LIBS people_fixture central_fixture)
tillside_test(central_erasure unit erasure_test.c LIBS campaign_rig)
tillside_test(central_merge unit merge_test.c LIBS campaign_rig)
tillside_test(central_webhook unit webhook_test.c LIBS campaign_rig)
tillside_test(central_kpi unit kpi_test.c LIBS campaign_rig)
tillside_test(central_phone_link unit phone_link_test.c LIBS people_fixture)
tillside_test(central_merge_page unit merge_page_test.c LIBS people_fixture)
tillside_test(central_privacy unit privacy_test.c members_desk.c LIBS people_fixture central_fixture)

if(Python3_FOUND AND TARGET tillside-central)
  add_test(NAME central_webhook_process COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/webhook_process.py
    $<TARGET_FILE:tillside-central>)
  set_tests_properties(central_webhook_process PROPERTIES LABELS e2e TIMEOUT 300)
endif()
