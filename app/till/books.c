#include "books.h"

#include "platform/buffer.h"
#include "platform/file.h"
#include "platform/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAIL_VERIFIED   16  /* records whose hashes and chain are checked at every opening: constant work */
#define PAUSE_FIRST_MS  250 /* between two openings of books on an ill disk */
#define PAUSE_DOUBLINGS 5

struct clock_reading books_clock(const struct books *b)
{
    return (struct clock_reading){.wall_ms = clock_wall_ms(b->clock), .mono_ms = clock_mono_ms(b->clock)};
}

struct business_time books_now(const struct books *b)
{
    return time_business(books_clock(b), &b->trust);
}

bool books_is_primary(const struct books *b)
{
    return b->enrolled && b->has_settings && b->role.primary == b->enrolment.answer.terminal;
}

bool books_is_single(const struct books *b)
{
    return !b->lan || b->role.others == 0;
}

bool books_is_alone(const struct books *b)
{
    return b->role.went_alone || b->settings.alone;
}

bool books_needs_peer(const struct books *b)
{
    return !books_is_single(b) && books_is_primary(b) && !books_is_alone(b);
}

bool books_peer_live(const struct books *b)
{
    return atomic_load(&b->peers_live) > 0;
}

/* The last records chain into each other: a cut or mixed-up file shows itself here. */
static int verify_tail(struct books *b)
{
    uint8_t buffer[RECORD_BODY_MAX], next_prev[HASH_LEN] = {0};
    uint64_t seq = b->head.seq;

    for (int i = 0; i < TAIL_VERIFIED && seq > 0; i++, seq--) {
        struct record record;
        int r = journal_read(b->db, journal_id(b->era, seq), buffer, &record);
        if (r == -ENOENT) /* pruned: what is left of the chain is sparse */
            return 0;
        if (r < 0)
            return r;
        if (record.id.seq != seq || (i > 0 && memcmp(record.hash, next_prev, HASH_LEN) != 0))
            return -EUCLEAN;
        memcpy(next_prev, record.prev_hash, HASH_LEN);
    }
    return 0;
}

int books_load(struct books *b)
{
    int r = enrolment_load(b);
    if (r < 0)
        return r;
    r = journal_load_head(b->db, b->era, &b->head);
    if (r < 0)
        return r;
    b->committed = b->head;
    b->projection =
        (struct projection){.db = b->db, .source = b->db, .store = b->enrolment.answer.store, .guard = true};
    r = feed_load(b);
    if (r == 0)
        r = store_load(b);
    return r < 0 ? r : marks_load(b);
}

/* Books of an older version get the projections that they lack. */
static int rebuild_once(struct books *b)
{
    int64_t wanted;
    int r = config_get_int(b->db, "rebuild", &wanted);

    if (r < 0 || wanted == 0)
        return r;
    r = db_begin(b->db);
    if (r < 0)
        return r;
    r = rebuild_in_place(b);
    if (r == 0)
        r = db_exec(b->db, "DELETE FROM config WHERE key = 'rebuild'");
    if (r == 0)
        return db_commit(b->db);
    db_rollback(b->db);
    return r;
}

static int open_database(struct books *b)
{
    const struct db_options options = {.mode = DB_WRITER,
                                       .sync = DB_SYNC_FULL,
                                       .vfs = b->vfs,
                                       .cache_kib = 8192,
                                       .commits = upload_commits(b->upload)};
    int64_t unread = 0;
    int r;

    upload_release(b->upload);
    r = db_open(b->path, &options, &b->db);
    if (r < 0)
        return r;
    r = schema_migrate(b->db);
    if (r == 0)
        r = books_load(b);
    if (r == 0)
        r = trust_load(b);
    if (r == 0)
        r = verify_tail(b);
    if (r == 0)
        r = rebuild_once(b);
    if (r == 0)
        r = config_get_int(b->db, "public_unread", &unread);
    if (r == 0)
        r = feed_ask_again(b);
    if (r < 0) {
        db_close(b->db);
        b->db = NULL;
        return r;
    }
    b->public.unread = unread != 0;
    upload_admit(b->upload);
    return 0;
}

static bool is_open(const struct books *b)
{
    return b->db != NULL && !db_failed(b->db);
}

static void note_reopening(struct books *b, int error)
{
    uint32_t doublings = b->reopening.failures < PAUSE_DOUBLINGS ? b->reopening.failures : PAUSE_DOUBLINGS;

    b->reopening.error = error;
    b->reopening.failures = error < 0 ? b->reopening.failures + 1 : 0;
    b->reopening.next_mono_ms = clock_mono_ms(b->clock) + ((int64_t)PAUSE_FIRST_MS << doublings);
}

int books_ready(struct books *b)
{
    int r;

    if (is_open(b))
        return 0;
    db_close(b->db);
    b->db = NULL;
    r = open_database(b);
    note_reopening(b, r);
    return r;
}

int books_ready_unhurried(struct books *b)
{
    bool pause = b->reopening.failures > 0 && clock_mono_ms(b->clock) < b->reopening.next_mono_ms;

    return !is_open(b) && pause ? b->reopening.error : books_ready(b);
}

/* The pepper stays outside the database, so that a copy of the one is no use without the other. */
static int load_pepper(struct books *b, const char *path)
{
    struct buffer buffer;
    int r;

    buffer_init(&buffer, sizeof(b->pepper));
    r = file_read(path, &buffer);
    if (r == 0 && buffer.len == sizeof(b->pepper)) {
        memcpy(b->pepper, buffer.data, sizeof(b->pepper));
    } else if (r == 0 || r == -ENOENT || r == -EFBIG) {
        random_fill(random_real(), b->pepper, sizeof(b->pepper));
        b->pepper_made = true;
        r = file_write_atomic(path, b->pepper, sizeof(b->pepper), 0600);
    }
    buffer_finish(&buffer);
    return r;
}

/* PINs kept under a lost pepper match nothing any more: central sends the clerks and members again. */
static int refetch_after_new_pepper(struct books *b)
{
    int r;

    if (!b->pepper_made || (b->cursor.store == 0 && b->cursor.brand == 0))
        return 0;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = feed_rewind(b);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}

static int load_boot_id(struct books *b, const char *given)
{
    struct buffer buffer;
    int r = 0;

    if (given != NULL) {
        snprintf(b->boot_id, sizeof(b->boot_id), "%s", given);
        return 0;
    }
    buffer_init(&buffer, 64);
    if (file_read("/proc/sys/kernel/random/boot_id", &buffer) == 0)
        snprintf(b->boot_id, sizeof(b->boot_id), "%.36s", buffer_text(&buffer));
    else
        r = -ENOENT;
    buffer_finish(&buffer);
    return r;
}

static int copy_paths(struct books *b, const struct till_options *options)
{
    b->path = strdup(options->path);
    b->vfs = options->vfs != NULL ? strdup(options->vfs) : NULL;
    if (asprintf(&b->lock_path, "%s.lock", options->path) < 0)
        b->lock_path = NULL;
    return b->path == NULL || b->lock_path == NULL || (options->vfs != NULL && b->vfs == NULL) ? -ENOMEM : 0;
}

int books_open(struct books *b, const struct till_options *options)
{
    pid_t holder;
    int r;

    assert(options->path != NULL && options->pepper_path != NULL && options->clock != NULL);
    *b = (struct books){.clock = options->clock,
                        .lan = options->lan,
                        .lock = {.fd = -1},
                        .mark = {.medium = options->marks, .told = options->marked, .context = options->context}};
    r = copy_paths(b, options);
    if (r < 0)
        goto fail;
    r = lock_open(&b->lock, b->lock_path, &holder);
    if (r < 0)
        goto fail;
    r = load_boot_id(b, options->boot_id);
    if (r < 0)
        goto fail;
    r = upload_open(b->path, b->vfs, &b->upload);
    if (r < 0)
        goto fail;
    r = open_database(b);
    if (r < 0)
        goto fail;
    r = load_pepper(b, options->pepper_path);
    if (r < 0)
        goto fail;
    r = refetch_after_new_pepper(b);
    if (r < 0)
        goto fail;
    r = device_check(b, options->device);
    if (r < 0)
        goto fail;
    r = mark_start(b);
    if (r < 0)
        goto fail;
    return 0;
fail:
    books_close(b);
    return r;
}

void books_close(struct books *b)
{
    upload_close(b->upload);
    b->upload = NULL;
    db_close(b->db);
    b->db = NULL;
    lock_close(&b->lock);
    free(b->lock_path);
    free(b->vfs);
    free(b->path);
    b->lock_path = b->vfs = b->path = NULL;
    explicit_bzero(b->pepper, sizeof(b->pepper));
}

int books_begin(struct books *b)
{
    b->touched = (struct touched){0};
    return db_begin(b->db);
}

void books_touch(struct books *b)
{
    b->touched.ends = b->touched.backlog = true;
}

void books_abort(struct books *b)
{
    db_rollback(b->db);
    b->head = b->committed;
    b->projection.group_id = 0;
    b->others.known = false;
    b->awaits_peer = false;
    b->unconfirmed_from = b->unconfirmed_committed;
    if (b->unconfirmed_from == 0)
        b->role.act_epoch = 0; /* the next act notes it */
}

static bool head_equal(const struct journal_head *a, const struct journal_head *b)
{
    return a->seq == b->seq && memcmp(a->hash, b->hash, HASH_LEN) == 0;
}

static void follow(struct books *b, unsigned long long before)
{
    struct upload_step step = {.before = before,
                               .now = atomic_load(upload_commits(b->upload)),
                               .era = b->era,
                               .own = {.terminal = b->enrolment.answer.terminal,
                                       .incarnation = b->enrolment.answer.incarnation,
                                       .through = b->head.seq},
                               .unconfirmed_from = b->unconfirmed_from,
                               .done = &b->touched};

    memcpy(step.own.hash, b->head.hash, HASH_LEN);
    upload_follow(b->upload, &step);
}

int books_commit(struct books *b)
{
    unsigned long long commits = atomic_load(upload_commits(b->upload));
    struct journal_head wanted = b->head, before = b->committed;
    int r = b->awaits_peer ? confirm_mark(b) : 0;

    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = db_commit(b->db);
    if (r == 0) {
        b->appended |= !head_equal(&wanted, &before);
        b->committed = b->head;
        b->awaits_peer = false;
        b->unconfirmed_committed = b->unconfirmed_from;
        follow(b, commits);
        return 0;
    }
    books_abort(b);
    if (!db_failed(b->db) || books_ready(b) < 0)
        return r;
    /* Opening synced the whole log into the database, so what stands there now is what happened. */
    if (head_equal(&wanted, &before) || !head_equal(&wanted, &b->head))
        return r;
    b->appended = true;
    return 0;
}
