#ifndef TESTS_PLATFORM_CMOCKA_ALL_H
#define TESTS_PLATFORM_CMOCKA_ALL_H

/* cmocka wants these four before itself, in this order. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#endif
