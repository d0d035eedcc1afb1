#include "books_check.h"

#include "doctor/chain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most cuts leave books that were seen before: only new ones are read from end to end. */
#define SEEN_MAX 16384

struct seen_books {
    uint64_t print; /* 0 = unused */
    struct day_known known;
};

struct books_checker {
    struct disk *disk;
    struct tempdir dir;
    char path[128], pepper[128];
    struct sim_clock clock;
    struct seen_books seen[SEEN_MAX];
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

/* Where these books are remembered, or would be. */
static struct seen_books *seen_slot(struct books_checker *checker, uint64_t print)
{
    size_t slot = print % SEEN_MAX;

    while (checker->seen[slot].print != 0 && checker->seen[slot].print != print)
        slot = (slot + 1) % SEEN_MAX;
    return &checker->seen[slot];
}

static int read_known(struct books_checker *checker, struct till *till, struct day_known *out_known)
{
    struct till_backlog backlog;
    int r = till_backlog(till, &backlog);

    if (r == 0)
        r = till_feed_cursor(till, &out_known->cursor);
    if (r < 0)
        return r;
    out_known->last_seq = backlog.last_seq;
    out_known->durable_through = backlog.durable_through;
    day_hash(checker->disk, checker->path, backlog.last_seq, out_known->hash);
    return 0;
}

/* Every act is one transaction: all of it, or nothing. The same last record means the same chain. */
static enum books_state check_end(const struct day_known *books, const struct day_known *at_least,
                                  const struct day_known *at_most)
{
    if (books->last_seq != at_least->last_seq && books->last_seq != at_most->last_seq)
        return BOOKS_HALF;
    const struct day_known *told = books->last_seq == at_least->last_seq ? at_least : at_most;
    return memcmp(books->hash, told->hash, HASH_LEN) == 0 ? BOOKS_WHOLE : BOOKS_LOST;
}

static enum books_state compare_known(const struct day_known *books, const struct day_known *at_least,
                                      const struct day_known *at_most)
{
    if (books->last_seq < at_least->last_seq || books->durable_through < at_least->durable_through ||
        books->cursor.store < at_least->cursor.store)
        return BOOKS_LOST;
    if (books->last_seq > at_most->last_seq || books->durable_through > at_most->durable_through ||
        books->cursor.store > at_most->cursor.store)
        return BOOKS_INVENTED;
    return check_end(books, at_least, at_most);
}

static bool pages_and_chain_sound(struct books_checker *checker)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(checker->disk)};
    struct chain_finding finding;
    char text[128];
    struct db *db;

    if (db_open(checker->path, &options, &db) != 0)
        return false;
    int r = db_check(db, false, text, sizeof(text));
    if (r == 0)
        r = chain_read(db, NULL, NULL, &finding);
    else
        print_message("pages: %s\n", text);
    bool sound = r == 0;
    db_close(db);
    return sound;
}

static enum books_state check_open(struct books_checker *checker, struct till *till, const struct day_known *at_least,
                                   const struct day_known *at_most)
{
    /* Opening copied the whole log into the file: the file is the books. */
    uint64_t print = disk_file_print(checker->disk, checker->path);
    struct seen_books *slot = seen_slot(checker, print), books = {.print = print};

    if (slot->print == print)
        return compare_known(&slot->known, at_least, at_most);
    if (read_known(checker, till, &books.known) != 0)
        return BOOKS_UNUSABLE;
    if (!pages_and_chain_sound(checker) || till_rebuild_compare(till) != 0)
        return BOOKS_DAMAGED;
    assert(++checker->whole < SEEN_MAX / 2);
    *slot = books;
    return compare_known(&books.known, at_least, at_most);
}

enum books_state books_check(struct books_checker *checker, const struct disk_image *image,
                             const struct day_known *at_least, const struct day_known *at_most)
{
    const struct till_options options = {.path = checker->path,
                                         .vfs = disk_vfs_name(checker->disk),
                                         .pepper_path = checker->pepper,
                                         .clock = &checker->clock.base,
                                         .boot_id = "after the cut",
                                         .inline_jobs = true,
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
    static const char *const names[] = {"whole", "unusable", "lost", "invented", "half", "damaged"};

    return names[state];
}
