#include "domain/clerk.h"

#include "domain/crypto.h"

#include <sodium.h>
#include <string.h>

#define ARGON_PASSES 2
#define ARGON_BYTES  ((size_t)19 * 1024 * 1024)

int pin_hash(const char *pin, const uint8_t salt[PIN_SALT_LEN], uint8_t out_hash[PIN_HASH_LEN])
{
    uint8_t hash[PIN_HASH_LEN];
    size_t len = strnlen(pin, PIN_MAX + 1);
    if (len < PIN_MIN || len > PIN_MAX || strspn(pin, "0123456789") != len)
        return -EINVAL;
    if (crypto_pwhash(hash, sizeof hash, pin, len, salt, ARGON_PASSES, ARGON_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return -ENOMEM;
    memcpy(out_hash, hash, PIN_HASH_LEN);
    sodium_memzero(hash, sizeof hash);
    return 0;
}

void pin_pepper(const uint8_t hash[PIN_HASH_LEN], const uint8_t pepper[32], uint8_t out_stored[PIN_HASH_LEN])
{
    crypto_hmac_sha256(pepper, 32, hash, PIN_HASH_LEN, out_stored);
}

/* A lock never lasts longer than PIN_LOCK_MS; an end further away was set before a reboot, whose clock began anew. */
static int64_t lock_end(const struct pin_guard *guard, int64_t mono_ms)
{
    bool earlier_boot = guard->locked_until_mono_ms - mono_ms > PIN_LOCK_MS;
    return earlier_boot ? PIN_LOCK_MS : guard->locked_until_mono_ms;
}

bool pin_guard_locked(const struct pin_guard *guard, int64_t mono_ms)
{
    return mono_ms < lock_end(guard, mono_ms);
}

enum pin_verdict pin_guard_step(struct pin_guard *guard, bool matched, int64_t mono_ms)
{
    if (pin_guard_locked(guard, mono_ms)) {
        guard->locked_until_mono_ms = lock_end(guard, mono_ms);
        return PIN_LOCKED;
    }
    if (matched) {
        *guard = (struct pin_guard){0};
        return PIN_OK;
    }
    /* Failures are not forgotten when a lock ends: from then on every wrong try locks again. */
    if (guard->failures < PIN_TRIES)
        guard->failures++;
    if (guard->failures < PIN_TRIES)
        return PIN_WRONG;
    guard->locked_until_mono_ms = mono_ms + PIN_LOCK_MS;
    return PIN_LOCKED;
}
