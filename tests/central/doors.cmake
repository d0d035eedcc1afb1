if(TARGET tillside_central_people)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
  tillside_test(central_doors unit doors_test.c LIBS central_desk tillside_central_people PkgConfig::JANSSON)
endif()
