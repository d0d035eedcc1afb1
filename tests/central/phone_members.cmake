# Members: tags, segments, tiers, merging, consent, export and erasure (people_fixture comes from admin_people.cmake).
if(NOT TARGET people_fixture)
  return()
endif()
tillside_test(central_segment_query unit segment_query_test.c LIBS people_fixture)
tillside_test(central_members unit members_test.c members_desk.c LIBS people_fixture central_fixture)
tillside_test(central_erasure unit erasure_test.c LIBS campaign_rig)
tillside_test(central_privacy unit privacy_test.c members_desk.c LIBS people_fixture central_fixture)
