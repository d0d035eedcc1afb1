#include "books.h"

#include "domain/export.h"

#include <string.h>

/*
 * An act that consumes authority in a store of several terminals, or that another one asked for and may ask a successor
 * for again, is written with a mark, unconfirmed_from, and counts only once another terminal holds it. Nothing is
 * appended behind it until then, so the mark's records are always the journal's end, and can be taken back when this
 * terminal was deposed and nobody has them.
 */

#define FENCE_MS 30000

/* A promotion of a later store epoch than the act's may undo it. */
static int note_epoch(struct books *b)
{
    int r = b->role.act_epoch != b->role.epoch ? config_set_int(b->db, "act_epoch", b->role.epoch) : 0;

    if (r == 0)
        b->role.act_epoch = b->role.epoch;
    return r;
}

int confirm_mark(struct books *b)
{
    uint64_t from = b->committed.seq + 1;
    int r = config_set_int(b->db, "unconfirmed_from", (int64_t)from);

    if (r == 0)
        r = note_epoch(b);
    if (r < 0)
        return r;
    b->unconfirmed_from = from;
    b->role.deposed = false; /* not since it was begun */
    return 0;
}

int confirm_clear(struct books *b)
{
    int r;

    if (b->unconfirmed_from == 0)
        return 0;
    r = config_set_int(b->db, "unconfirmed_from", 0);
    if (r == 0)
        r = config_set_int(b->db, "held_back", 0);
    if (r == 0)
        b->unconfirmed_from = 0;
    return r;
}

bool confirm_undone(const struct books *b)
{
    const struct store_role *role = &b->role;

    return b->unconfirmed_from != 0 && role->deposed && !role->deposed_behind &&
           role->deposed_copy_through < b->unconfirmed_from;
}

int confirm_hold_back(struct books *b)
{
    if (b->unconfirmed_from == 0)
        return 0;
    b->touched.ends = true;
    return config_set_int(b->db, "held_back", confirm_undone(b));
}

/* Ends the transaction. What its steps noted of the store's role goes with it when it fails. */
static int commit_role(struct books *b, int r)
{
    if (r < 0)
        books_abort(b);
    else
        r = books_commit(b);
    if (r < 0 && books_ready(b) == 0 && store_load(b) < 0)
        return -EUCLEAN;
    return r;
}

int confirm_unheld(struct books *b)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = confirm_clear(b);
    if (r == 0)
        r = alone_ordered(b); /* which waited as long as the act might be taken back */
    r = commit_role(b, r);
    b->appended |= r == 0; /* it may go up now */
    return r;
}

static int delete_unconfirmed(struct books *b)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "DELETE FROM journal WHERE id >= ? AND id < ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(b->era, b->unconfirmed_from));
    db_bind_int64(stmt, 2, journal_id(b->era + 1, 0));
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    books_touch(b);
    return r;
}

/* The only place where records leave a journal: nobody was told, nobody holds them. */
static int take_back(struct books *b)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = delete_unconfirmed(b);
    if (r == 0)
        r = confirm_clear(b);
    if (r == 0)
        r = rebuild_in_place(b);
    if (r == 0)
        r = journal_load_head(b->db, b->era, &b->head);
    if (r == 0)
        r = alone_ordered(b);
    r = commit_role(b, r);
    if (r < 0)
        return r;
    b->taken_back = true;
    return books_load(b);
}

int confirm_undo(struct books *b)
{
    return confirm_undone(b) ? take_back(b) : 0;
}

static struct peer_word *word_of(struct books *b, uint32_t peer)
{
    struct peer_word *free_slot = NULL;

    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        if (b->peers[i].peer == peer)
            return &b->peers[i];
        if (b->peers[i].peer == 0 && free_slot == NULL)
            free_slot = &b->peers[i];
    }
    if (free_slot != NULL)
        free_slot->peer = peer;
    return free_slot;
}

int confirm_peer_hello(struct books *b, const struct lan_hello *hello)
{
    struct peer_word *word = hello->terminal != 0 ? word_of(b, hello->terminal) : NULL;

    if (word == NULL)
        return 0;
    word->said_mono_ms = clock_mono_ms(b->clock);
    word->epoch = hello->store_epoch;
    word->primary = hello->primary;
    word->incarnation = hello->incarnation;
    word->act_epoch = hello->act_epoch;
    word->held_count = hello->end_count;
    memcpy(word->held, hello->ends, sizeof(word->held));
    word->forgotten = false;
    int r = successor_hear(b, word);
    return r < 0 ? r : store_hear(b, word);
}

void confirm_forget_words(struct books *b)
{
    for (size_t i = 0; i < PEERS_REMEMBERED; i++)
        b->peers[i].forgotten = true;
}

/* "Nobody" from the same one takes it back, unless it was promoted meanwhile: then the promotion itself is on its way.
 */
void confirm_peer_deposes(struct books *b, uint32_t peer, uint32_t deposes)
{
    const struct peer_word *word = word_of(b, peer);

    if (deposes != 0)
        b->fence = (struct fence){peer, deposes, b->role.epoch, clock_mono_ms(b->clock) + FENCE_MS};
    else if (b->fence.by == peer && word != NULL && word->epoch <= b->fence.epoch)
        b->fence = (struct fence){0};
}

bool confirm_fences(const struct books *b, uint32_t terminal)
{
    return b->fence.terminal == terminal && b->role.epoch <= b->fence.epoch &&
           clock_mono_ms(b->clock) < b->fence.until_mono_ms;
}

#define RECORD_ROOM (RECORD_BODY_MAX + 256) /* in a batch, at most */

/* Nothing but the very end that the author named tells what it sent since it knows from what it sent before: of one
 * chain they are up to an act that was taken back, so a batch that holds the named end may go on with that act, and one
 * that stops before the end may stop with it. Only what did not fit into one batch stops earlier; what was sent before
 * ended with the act, not with a full batch. */
static bool ends_there(const struct batch_reader *batch, const struct lan_end *own)
{
    const struct batch_head *head = &batch->head;
    uint64_t last = head->first_seq + head->count - 1;
    bool full = head->count == BATCH_RECORDS_MAX || batch->records.len + RECORD_ROOM > EXPORT_BATCH_MAX;

    if (last == own->through)
        return memcmp(head->last_hash, own->hash, HASH_LEN) == 0;
    return last < own->through && full;
}

static const struct lan_end *held_by(const struct peer_word *word, uint32_t terminal, uint32_t incarnation)
{
    for (uint32_t i = 0; i < word->held_count; i++) {
        if (word->held[i].terminal == terminal && word->held[i].incarnation == incarnation)
            return &word->held[i];
    }
    return NULL;
}

const struct lan_end *confirm_end_of(const struct books *b, uint32_t peer, uint32_t epoch)
{
    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        const struct peer_word *word = &b->peers[i];
        if (word->peer == peer && !word->forgotten && word->epoch >= epoch && word->primary != peer)
            return held_by(word, peer, word->incarnation);
    }
    return NULL;
}

static bool stands_by(const struct peer_word *word, const struct batch_reader *batch,
                      const struct promotion_known *promotion)
{
    const struct lan_end *of = &promotion->record;
    const struct lan_end *theirs = held_by(word, of->terminal, of->incarnation);
    const struct lan_end *own = held_by(word, word->peer, batch->head.incarnation);
    bool later = word->primary == word->peer && word->epoch > promotion->epoch;

    if (word->incarnation > batch->head.incarnation)
        return true; /* a later one: nothing is done under this one any more */
    if (later && word->act_epoch != 0 && word->act_epoch < promotion->epoch)
        return false;
    if (later && promotion->past)
        return true; /* the primary's acts wait for no hello */
    if (!later && (theirs == NULL || theirs->through < of->through))
        return false;
    return own != NULL && own->through > promotion->through && ends_there(batch, own);
}

bool confirm_stands_by(const struct books *b, const struct batch_reader *batch, const struct promotion_known *promotion)
{
    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        const struct peer_word *word = &b->peers[i];
        if (word->peer == batch->head.terminal && word->held_count != 0)
            return stands_by(word, batch, promotion);
    }
    return false;
}

static void remember_end(struct books *b, uint32_t peer, uint64_t through)
{
    struct peer_word *word = peer != 0 ? word_of(b, peer) : NULL;

    if (word == NULL)
        return;
    word->ends = true;
    word->through = through;
}

/* Asked after the promotion was known here: its author or the present primary, or anybody once that is this terminal
 * again, said what it holds, and that it is not this. A promotion that could not ask everybody leaves the act standing:
 * somebody may hold it. */
static bool nobody_holds(const struct books *b)
{
    const struct store_role *role = &b->role;
    bool anybody = books_is_primary(b), said = books_is_single(b);

    if (!confirm_undone(b))
        return false;
    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        const struct peer_word *word = &b->peers[i];
        if (!word->ends)
            continue;
        if (word->through >= b->unconfirmed_from)
            return false;
        said |= anybody || word->peer == role->deposed_by || word->peer == role->primary;
    }
    return said;
}

/* A peer that holds the act's beginning holds the act: the rest is on its way. */
static bool somebody_holds(const struct books *b)
{
    bool standing = books_is_primary(b) && !confirm_undone(b);
    uint64_t enough = standing ? b->head.seq : b->unconfirmed_from;

    if (b->durable_through >= enough) /* central has it, from a peer */
        return true;
    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        if (b->peers[i].ends && b->peers[i].through >= enough)
            return true;
    }
    return !books_is_primary(b) && b->role.deposed && b->role.deposed_copy_through >= b->unconfirmed_from;
}

static int end_alone(struct books *b)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = alone_set(b, false, 0, "");
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}

static bool peer_has_all(const struct books *b)
{
    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        if (b->peers[i].ends && b->peers[i].through >= b->head.seq)
            return true;
    }
    return false;
}

int confirm_settle(struct books *b)
{
    int r = 0;

    if (!b->enrolled)
        return 0;
    /* Without other terminals in the store there is nobody to wait for. */
    if (b->unconfirmed_from != 0 && ((books_is_single(b) && !confirm_undone(b)) || somebody_holds(b)))
        r = confirm_unheld(b);
    if (r == 0 && b->unconfirmed_from != 0 && nobody_holds(b))
        r = take_back(b);
    if (r == 0)
        r = successor_settle(b);
    if (r < 0 || b->unconfirmed_from != 0)
        return r;
    if (b->role.went_alone && !b->settings.alone && (!books_is_primary(b) || peer_has_all(b)))
        r = end_alone(b);
    return r;
}

/* The hash of a record of this terminal's journal; mostly it is the last one. -ENOENT. */
static int hash_of(struct books *b, uint64_t seq, uint8_t out_hash[HASH_LEN])
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct record record;
    int r = 0;

    if (seq != b->committed.seq)
        r = journal_read(b->db, journal_id(b->era, seq), buffer, &record);
    if (r == 0)
        memcpy(out_hash, seq == b->committed.seq ? b->committed.hash : record.hash, HASH_LEN);
    return r;
}

int confirm_peer_holds(struct books *b, uint32_t peer, const struct lan_end *end)
{
    uint8_t hash[HASH_LEN];
    int r;

    if (!b->enrolled || end->terminal != b->enrolment.answer.terminal ||
        end->incarnation != b->enrolment.answer.incarnation)
        return -EINVAL;
    bool forked = end->through > b->head.seq;
    r = end->through != 0 && !forked ? hash_of(b, end->through, hash) : -ENOENT;
    forked |= r == 0 && memcmp(hash, end->hash, HASH_LEN) != 0;
    if (forked) {
        r = books_remember_fork(b);
        return r < 0 ? r : -EILSEQ;
    }
    if (r < 0 && r != -ENOENT) /* pruned: too long ago to be in question */
        return r;
    remember_end(b, peer, end->through);
    return confirm_settle(b);
}

int confirm_late(struct books *b)
{
    uint64_t seq;
    int r;

    if (b->late_count == 0 || b->unconfirmed_from != 0)
        return 0;
    r = books_begin(b);
    for (uint32_t i = 0; i < b->late_count && r == 0; i++)
        r = journal_append(b, &b->late[i], &seq);
    if (r == 0)
        r = books_commit(b);
    else
        books_abort(b);
    b->late_count = r == 0 ? 0 : b->late_count;
    return r;
}
