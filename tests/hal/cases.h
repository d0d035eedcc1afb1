#ifndef TESTS_HAL_CASES_H
#define TESTS_HAL_CASES_H

/* cmocka with what it wants included first. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* After the four it needs. */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A new directory for one test; the path is the caller's buffer of at least 64 bytes. */
static inline void make_temp_dir(char *out_path)
{
    strcpy(out_path, "/tmp/tillside-hal-XXXXXX");
    assert_non_null(mkdtemp(out_path));
}

static inline void remove_tree(const char *path)
{
    char command[512];

    snprintf(command, sizeof(command), "rm -rf -- '%s'", path);
    assert_int_equal(system(command), 0);
}

#endif
