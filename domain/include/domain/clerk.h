#ifndef DOMAIN_CLERK_H
#define DOMAIN_CLERK_H

#include "domain/base.h"

/* PINs: a device keeps HMAC(device pepper, argon2id(PIN; salt, 19 MiB, t = 2, p = 1)) and drops the rest. */

#define PIN_MIN         4
#define PIN_MANAGER_MIN 6
#define PIN_MAX         8
#define PIN_SALT_LEN    16
#define PIN_HASH_LEN    32
#define PIN_TRIES       5
#define PIN_LOCK_MS     (INT64_C(1000) * 60 * 5)

enum clerk_role { CLERK_CASHIER = 1, CLERK_MANAGER = 2 };

enum pin_verdict { PIN_OK, PIN_WRONG, PIN_LOCKED };

struct pin_guard { /* one a clerk; persisted */
    uint32_t failures;
    int64_t locked_until_mono_ms;
};

/* argon2id as above; what the feed carries. -ENOMEM, -EINVAL for a PIN that is not 4..8 digits. Slow on purpose (~50
 * ms). */
MUST_CHECK int pin_hash(const char *pin, const uint8_t salt[PIN_SALT_LEN], uint8_t out_hash[PIN_HASH_LEN]);
/* What the device keeps of it. */
void pin_pepper(const uint8_t hash[PIN_HASH_LEN], const uint8_t pepper[32], uint8_t out_stored[PIN_HASH_LEN]);
/* Counts and locks: call with whether the PIN matched. */
enum pin_verdict pin_guard_step(struct pin_guard *guard, bool matched, int64_t mono_ms);
bool pin_guard_locked(const struct pin_guard *guard, int64_t mono_ms);

#endif
