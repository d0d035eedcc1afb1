#include "books.h"

#include <string.h>

static int guard_load(struct books *b, const struct pin_check *check, struct pin_guard *out_guard)
{
    struct db_stmt *stmt;
    int r =
        db_stmt_open(b->db, "SELECT failures, locked_until_mono_ms FROM pin_guard WHERE owner = ? AND who = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, check->owner);
    db_bind_int64(stmt, 2, (int64_t)check->who);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_guard = (struct pin_guard){(uint32_t)db_column_int64(stmt, 0), db_column_int64(stmt, 1)};
    else if (r == DB_DONE)
        *out_guard = (struct pin_guard){0};
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int guard_write(struct books *b, const struct pin_check *check, const struct pin_guard *guard)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "INSERT INTO pin_guard(owner, who, failures, locked_until_mono_ms) VALUES(?, ?, ?, ?)"
                         " ON CONFLICT(owner, who) DO UPDATE SET failures = excluded.failures,"
                         " locked_until_mono_ms = excluded.locked_until_mono_ms",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, check->owner);
    db_bind_int64(stmt, 2, (int64_t)check->who);
    db_bind_int64(stmt, 3, guard->failures);
    db_bind_int64(stmt, 4, guard->locked_until_mono_ms);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int guard_store(struct books *b, const struct pin_check *check, const struct pin_guard *guard)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = guard_write(b, check, guard);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}

/* -EINVAL from pin_hash is a PIN of the wrong shape: wrong like any other. */
static int matches(struct books *b, const struct pin_check *check, bool *out_matched)
{
    uint8_t hash[PIN_HASH_LEN], stored[PIN_HASH_LEN];
    int r = pin_hash(check->pin, check->salt, hash);

    if (r == 0) {
        pin_pepper(hash, b->pepper, stored);
        *out_matched = crypto_equal(stored, check->stored, PIN_HASH_LEN);
        explicit_bzero(hash, sizeof(hash));
    } else if (r == -EINVAL) {
        *out_matched = false;
        r = 0;
    }
    return r;
}

int pins_check(struct books *b, const struct pin_check *check, struct pin_result *out_result)
{
    struct pin_guard guard, before;
    int64_t mono_ms = clock_mono_ms(b->clock);
    enum pin_verdict verdict;
    bool matched = false;
    int r = guard_load(b, check, &guard);

    if (r < 0)
        return r;
    before = guard;
    if (!pin_guard_locked(&guard, mono_ms)) {
        r = matches(b, check, &matched);
        if (r < 0)
            return r;
    }
    verdict = pin_guard_step(&guard, matched, mono_ms);
    /* Counted on the disk before anyone is told: a power cut must not give a free try. */
    if (guard.failures != before.failures || guard.locked_until_mono_ms != before.locked_until_mono_ms) {
        r = guard_store(b, check, &guard);
        if (r < 0)
            return r;
    }
    *out_result = (struct pin_result){.verdict = verdict, .tries_left = PIN_TRIES - guard.failures};
    if (verdict == PIN_LOCKED)
        out_result->locked_ms = guard.locked_until_mono_ms - mono_ms;
    return 0;
}
