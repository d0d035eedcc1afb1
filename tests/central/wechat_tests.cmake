# The WeChat side (people_fixture comes from admin_people.cmake, which is included before).
if(NOT TARGET people_fixture)
  return()
endif()
tillside_test(central_wechat_envelope unit wechat_envelope_test.c LIBS people_fixture)
tillside_test(central_wechat_callback unit wechat_callback_test.c LIBS people_fixture)
tillside_test(central_wechat_outbox unit wechat_outbox_test.c wechat_platform.c LIBS people_fixture)
tillside_test(central_keyword unit keyword_test.c wechat_stage.c wechat_platform.c LIBS people_fixture)
tillside_test(central_question unit question_test.c wechat_stage.c wechat_platform.c LIBS people_fixture)
tillside_test(central_campaign_message unit campaign_message_test.c wechat_stage.c wechat_platform.c LIBS people_fixture)
tillside_test(central_message unit message_test.c wechat_stage.c wechat_platform.c LIBS people_fixture)
tillside_test(central_wechat_api unit wechat_api_test.c wechat_platform.c LIBS people_fixture)

if(Python3_FOUND)
  add_test(NAME wechat_service COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/wechat/test_service.py
    $<TARGET_FILE:tillside-central>)
  add_test(NAME wechat_peers COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/wechat/test_peers.py
    $<TARGET_FILE:tillside-central> ${CMAKE_BINARY_DIR}/wechat-peers)
  set_tests_properties(wechat_service wechat_peers PROPERTIES LABELS e2e TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
