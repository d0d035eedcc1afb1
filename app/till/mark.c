#include "books.h"

/*
 * A mark outside the data partition says how far the books have come at least, so that an older image of the partition
 * is not taken for them (docs/decisions/2026-11-23-a-mark-outside-the-books.md). The order of writing:
 *
 *     1. outside: boot_count + 1         nobody has counted so far yet
 *     2. books:   mark_count = that      durable with its commit
 *     3. outside: books_count = that     from here on books that count less are not these
 *
 * Between any two of them books_count <= mark_count <= boot_count holds, and last_seq is written outside only once its
 * record is durable and cannot be taken back. So a power cut never makes the books look set back.
 */

#define MARK_EVERY 64 /* records: what a lost end of the journal may go unseen; a write each time on small flash */
#define COUNT_KEY  "mark_count"
#define COUNT_ANY  (-1) /* the era began while nobody could read the mark: the next one that can be read is it */

void mark_tell(const struct books *b, enum till_mark_news news, int error)
{
    if (b->mark.told != NULL)
        b->mark.told(b->mark.context, news, error);
}

/* Once when it begins to fail, once when it works again. */
static void note_error(struct books *b, int error)
{
    if (error < 0 && b->mark.error == 0)
        mark_tell(b, TILL_MARK_FAILS, error);
    else if (error == 0 && b->mark.error < 0)
        mark_tell(b, TILL_MARK_WORKS, 0);
    b->mark.error = error;
}

/* Of the journal, what stays: an act that waits for a peer may be taken back. */
static uint64_t lasting_seq(const struct books *b)
{
    return b->unconfirmed_committed != 0 ? b->unconfirmed_committed - 1 : b->committed.seq;
}

static bool is_of_this_era(const struct books *b, const struct till_mark *mark)
{
    const struct enrol_answer *self = &b->enrolment.answer;

    return b->enrolled && mark->terminal == self->terminal && mark->incarnation == self->incarnation;
}

/* Of this terminal before it was enrolled anew. */
static bool is_of_a_later_era(const struct books *b, const struct till_mark *mark)
{
    const struct enrol_answer *self = &b->enrolment.answer;

    return b->enrolled && mark->terminal == self->terminal && mark->incarnation > self->incarnation;
}

static bool write_out(struct books *b, const struct till_mark *mark)
{
    int r = b->mark.medium.write(b->mark.medium.context, mark);

    note_error(b, r);
    if (r == 0)
        b->mark.now = *mark;
    return r == 0;
}

static void settle(struct books *b)
{
    struct till_mark mark = b->mark.now;

    if (b->mark.count > mark.books_count)
        mark.books_count = b->mark.count;
    if (b->enrolled) {
        mark.terminal = b->enrolment.answer.terminal;
        mark.incarnation = b->enrolment.answer.incarnation;
        mark.last_seq = lasting_seq(b);
    }
    b->mark.due_seq = lasting_seq(b) + MARK_EVERY; /* also when it fails: an ill medium is not asked at every record */
    write_out(b, &mark);
}

/* What speaks against these books; TILL_MARK_WORKS = nothing. */
static enum till_mark_news judge(const struct books *b, int found, int64_t count)
{
    const struct till_mark *mark = &b->mark.now;
    bool in_range;

    if (b->era == 0 || b->role.forked || count == COUNT_ANY)
        return TILL_MARK_WORKS;
    if (found < 0)
        return count == 0         ? TILL_MARK_WORKS /* they were kept without one until now */
               : found == -ENOENT ? TILL_BOOKS_MARK_MISSING
                                  : TILL_BOOKS_MARK_DAMAGED;
    in_range = (uint64_t)count >= mark->books_count && (uint64_t)count <= mark->boot_count;
    in_range &= !is_of_a_later_era(b, mark);
    if (in_range && (!is_of_this_era(b, mark) || lasting_seq(b) >= mark->last_seq))
        return TILL_MARK_WORKS;
    return TILL_BOOKS_SET_BACK;
}

static int count_in_books(struct books *b, uint64_t count)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = config_set_int(b->db, COUNT_KEY, (int64_t)count);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}

/* A medium or a disk that cannot be written leaves both counters where a later start finds them in order. */
static void raise_count(struct books *b)
{
    struct till_mark raised = b->mark.now;

    raised.boot_count++;
    if (!write_out(b, &raised))
        return;
    if (b->role.forked) /* what these books are not must not be counted as theirs; the right ones may come back */
        return;
    if (count_in_books(b, raised.boot_count) < 0)
        return;
    b->mark.count = raised.boot_count;
    settle(b);
}

int mark_start(struct books *b)
{
    struct mark_state *m = &b->mark;
    enum till_mark_news finding;
    int64_t count;
    int found, r;

    if (m->medium.read == NULL)
        return 0;
    found = m->medium.read(m->medium.context, &m->now);
    if (found == -ENOTSUP)
        return 0;
    if (found < 0 && found != -ENOENT && found != -EBADMSG) {
        note_error(b, found);
        return 0;
    }
    m->known = true;
    r = config_get_int(b->db, COUNT_KEY, &count);
    if (r < 0)
        return r;
    m->count = count > 0 ? (uint64_t)count : 0;
    m->era = b->era;
    m->due_seq = lasting_seq(b) + MARK_EVERY;
    finding = judge(b, found, count);
    if (finding != TILL_MARK_WORKS) {
        mark_tell(b, finding, 0);
        r = books_remember_fork(b); /* first: from then on the mark may change */
        if (r < 0)
            return r;
    }
    raise_count(b);
    return 0;
}

int mark_adopt(struct books *b)
{
    return config_set_int(b->db, COUNT_KEY, b->mark.known ? (int64_t)b->mark.now.boot_count : COUNT_ANY);
}

/* An era began, with mark_adopt: taken from the books themselves, where it stands or does not. */
static bool follow_era(struct books *b)
{
    int64_t era, count;

    if (b->db == NULL || config_get_int(b->db, "era", &era) < 0 || config_get_int(b->db, COUNT_KEY, &count) < 0 ||
        era != b->era || count < 0)
        return false;
    b->mark.era = b->era;
    b->mark.count = (uint64_t)count;
    return true;
}

void mark_follow(struct books *b)
{
    struct mark_state *m = &b->mark;

    if (!m->known || !b->enrolled || b->role.forked)
        return;
    if (b->era != m->era ? follow_era(b) : lasting_seq(b) >= m->due_seq)
        settle(b);
}

void mark_stop(struct books *b)
{
    if (b->mark.known && b->enrolled && !b->role.forked && b->era == b->mark.era &&
        lasting_seq(b) != b->mark.now.last_seq)
        settle(b);
}
