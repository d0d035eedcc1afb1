# The WeChat side (people_fixture comes from admin_people.cmake, which is included before).
if(NOT TARGET people_fixture)
  return()
endif()
tillside_test(central_wechat_envelope unit wechat_envelope_test.c LIBS people_fixture)
tillside_test(central_wechat_callback unit wechat_callback_test.c LIBS people_fixture)
tillside_test(central_wechat_outbox unit wechat_outbox_test.c wechat_platform.c LIBS people_fixture)
tillside_test(central_wechat_api unit wechat_api_test.c wechat_platform.c LIBS people_fixture)
