#include "books_check.h"

#include "doctor/chain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most cuts leave books that were seen before: only new ones are read from end to end. */
#define SEEN_MAX 65536

struct books_checker {
    struct disk *disk;
    struct tempdir dir;
    char path[128], pepper[128];
    struct sim_clock clock;
    uint64_t seen[SEEN_MAX];
    uint32_t whole;
};

void books_checker_open(const char *pepper_path, struct books_checker **out_checker)
{
    struct books_checker *checker = calloc(1, sizeof(*checker));

    assert(checker != NULL);
    disk_open(&checker->disk);
    tempdir_open(&checker->dir);
    tempdir_path(&checker->dir, "till.db", checker->path);
    snprintf(checker->pepper, sizeof(checker->pepper), "%s", pepper_path);
    sim_clock_init(&checker->clock, SHOP_START_MS);
    *out_checker = checker;
}

void books_checker_close(struct books_checker *checker)
{
    disk_close(checker->disk);
    tempdir_close(&checker->dir);
    free(checker);
}

uint32_t books_checker_whole(const struct books_checker *checker)
{
    return checker->whole;
}

static void on_answer(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static bool seen(const struct books_checker *checker, uint64_t print, size_t *out_slot)
{
    size_t slot = print % SEEN_MAX;

    while (checker->seen[slot] != 0 && checker->seen[slot] != print)
        slot = (slot + 1) % SEEN_MAX;
    *out_slot = slot;
    return checker->seen[slot] == print;
}

static enum books_state check_known(struct books_checker *checker, struct till *till, const struct day_known *at_least,
                                    const struct day_known *at_most)
{
    struct till_backlog backlog;
    struct feed_cursor cursor;
    uint8_t hash[HASH_LEN];

    if (till_backlog(till, &backlog) != 0 || till_feed_cursor(till, &cursor) != 0)
        return BOOKS_UNUSABLE;
    day_hash(checker->disk, checker->path, at_least->last_seq, hash);
    if (backlog.last_seq < at_least->last_seq || memcmp(hash, at_least->hash, HASH_LEN) != 0 ||
        backlog.durable_through < at_least->durable_through || cursor.store < at_least->cursor.store)
        return BOOKS_LOST;
    if (backlog.last_seq > at_most->last_seq || backlog.durable_through > at_most->durable_through ||
        cursor.store > at_most->cursor.store)
        return BOOKS_INVENTED;
    return BOOKS_WHOLE;
}

static bool pages_and_chain_sound(struct books_checker *checker)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(checker->disk)};
    struct chain_finding finding;
    char text[128];
    struct db *db;

    if (db_open(checker->path, &options, &db) != 0)
        return false;
    bool sound = db_check(db, false, text, sizeof(text)) == 0 && chain_read(db, NULL, NULL, &finding) == 0;
    db_close(db);
    return sound;
}

static enum books_state check_open(struct books_checker *checker, struct till *till, const struct day_known *at_least,
                                   const struct day_known *at_most)
{
    /* Opening copied the whole log into the file: the file is the books. */
    uint64_t print = disk_file_print(checker->disk, checker->path);
    enum books_state state = check_known(checker, till, at_least, at_most);
    size_t slot;

    if (state != BOOKS_WHOLE || seen(checker, print, &slot))
        return state;
    if (!pages_and_chain_sound(checker) || till_rebuild_compare(till) != 0)
        return BOOKS_DAMAGED;
    assert(++checker->whole < SEEN_MAX / 2);
    checker->seen[slot] = print;
    return BOOKS_WHOLE;
}

enum books_state books_check(struct books_checker *checker, const struct disk_image *image,
                             const struct day_known *at_least, const struct day_known *at_most)
{
    const struct till_options options = {.path = checker->path,
                                         .vfs = disk_vfs_name(checker->disk),
                                         .pepper_path = checker->pepper,
                                         .clock = &checker->clock.base,
                                         .boot_id = "after the cut",
                                         .answered = on_answer};
    struct till *till;

    disk_load(checker->disk, image);
    if (till_open(&options, &till) != 0)
        return BOOKS_UNUSABLE;
    enum books_state state = check_open(checker, till, at_least, at_most);
    till_close(till);
    return state;
}

const char *books_state_name(enum books_state state)
{
    static const char *const names[] = {"whole", "unusable", "lost", "invented", "damaged"};

    return names[state];
}
