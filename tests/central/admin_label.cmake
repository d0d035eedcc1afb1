# Printed follow codes: their sheets are rendered and read by the scanner.
if(NOT TARGET tillside_central_people OR NOT TARGET tillside_scan)
  return()
endif()
pkg_check_modules(RSVG REQUIRED IMPORTED_TARGET librsvg-2.0)
tillside_test(central_label unit admin_label_test.c wechat_platform.c LIBS people_fixture tillside_scan PkgConfig::RSVG)
set_tests_properties(central_label PROPERTIES ENVIRONMENT LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/leaks.supp)
