# Members, clerks, catalogue, WeChat and the phone's page.
if(NOT TARGET tillside_central_people)
  return()
endif()
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)

add_library(people_fixture STATIC wechat_fixture.c)
target_include_directories(people_fixture PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(people_fixture PUBLIC tillside_central_people tillside_central cmocka PkgConfig::JANSSON PkgConfig::OPENSSL)

tillside_test(central_csv unit admin_csv_test.c LIBS people_fixture)
tillside_test(central_phone_page unit phone_page_test.c LIBS people_fixture)
tillside_test(central_wechat_message unit wechat_message_test.c LIBS people_fixture)
tillside_test(central_admin unit admin_test.c LIBS people_fixture)
tillside_test(central_import_journal unit import_journal_test.c LIBS tillside_central_people central_fixture PkgConfig::JANSSON)
tillside_test(central_admin_demo unit admin_demo_test.c LIBS people_fixture)
tillside_test(central_wechat_flow unit wechat_flow_test.c LIBS people_fixture)

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME wechat_emulator COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/wechat/test_emulator.py)
  add_test(NAME wechat_follow COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/wechat/test_follow.py
    $<TARGET_FILE:tillside-central>)
  set_tests_properties(wechat_emulator wechat_follow PROPERTIES LABELS e2e TIMEOUT 120)
endif()
