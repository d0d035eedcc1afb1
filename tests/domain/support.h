#ifndef TESTS_DOMAIN_SUPPORT_H
#define TESTS_DOMAIN_SUPPORT_H

#include "domain/body.h"
#include "domain/keyset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Keys made from a one-byte seed: the same in every run and in the golden files. */
struct test_key {
    uint8_t public_key[PUBLIC_KEY_LEN];
    uint8_t secret[SECRET_KEY_LEN];
};
struct test_key test_key_make(uint8_t seed);

/* A brand 7 with keys 1 coupon, 2 member, 3 badge, 4 revoked coupon key; seeds = kids. */
struct keyset test_keyset(void);

/* One well-filled body of every kind that has one; returns their number. */
#define TEST_BODIES 26
void test_bodies(struct body out_bodies[TEST_BODIES]);

/* The bytes in tests/data/golden/<name>.hex must be these, byte for byte: journals and codes in the field must stay
 * readable. A file that is not there is written when TILLSIDE_WRITE_GOLDEN is set, else the test fails. */
void assert_golden(const char *name, const void *data, size_t len);
size_t golden_read(const char *name, uint8_t *out, size_t cap);

#endif
