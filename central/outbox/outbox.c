#include "central/outbox/outbox.h"

#include "platform/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKOFF_MIN_MS  INT64_C(1000)
#define BACKOFF_MAX_MS  INT64_C(3600000)    /* of one item */
#define REST_MAX_MS     INT64_C(60000)      /* of an account: trouble ends suddenly, and then much waits */
#define KEEP_SENT_MS    INT64_C(2592000000) /* 30 days: keys stay known that long */
#define IDLE_MS         1000
#define EXPIRE_EVERY_MS INT64_C(10000)

struct outbox {
    struct outbox_options options;
    int64_t expire_due_ms; /* the worker's */
    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool woken, stopping;
};

/* One item from claim to settling. */
struct passage {
    struct outbox *outbox;
    struct channel_keys keys;
    struct outbox_item item;
    struct buffer body;
    const struct outbox_channel *channel;
    struct outbox_outcome outcome;
    bool stayed; /* the channel did not let it out: it is settled */
};

/* Half of it for sure, half by chance, so that many that failed together do not come back together. */
static int64_t back_off(struct outbox *outbox, uint32_t failures, int64_t max_ms)
{
    int64_t full = failures < 20 ? BACKOFF_MIN_MS << failures : max_ms;
    full = full < max_ms ? full : max_ms;
    return full / 2 + (int64_t)random_below(outbox->options.central->random, (uint64_t)(full / 2 + 1));
}

static const struct outbox_channel *find_channel(const struct outbox *outbox, const char *name)
{
    for (size_t i = 0; i < outbox->options.channel_count; i++) {
        if (strcmp(outbox->options.channels[i].name, name) == 0) {
            return &outbox->options.channels[i];
        }
    }
    return NULL;
}

static int rest(struct passage *passage, struct store_tx *tx)
{
    uint32_t failures = 0;
    const struct outbox_item *item = &passage->item;
    int rc = outbox_hold_failures(tx, item->account, &failures);
    int64_t until_ms = tx->now_ms + back_off(passage->outbox, failures, REST_MAX_MS);
    rc = rc ? rc : outbox_hold(tx, item->account, "", until_ms, passage->outcome.reason);
    return rc ? rc : outbox_settle_again(tx, item->id, item->due_ms, false, passage->outcome.reason);
}

static int settle_later(struct passage *passage, struct store_tx *tx)
{
    int64_t due_ms = tx->now_ms + back_off(passage->outbox, passage->item.attempts, BACKOFF_MAX_MS);
    return outbox_settle_again(tx, passage->item.id, due_ms, true, passage->outcome.reason);
}

static int settle_done(struct passage *passage, struct store_tx *tx)
{
    const struct outbox_channel *channel = passage->channel;
    struct slice body = {passage->body.data, passage->body.len};
    int rc = outbox_clear_hold(tx, passage->item.account);
    if (rc == 0 && channel->settled) {
        rc = channel->settled(channel->context, tx, &passage->item, body, passage->outcome.result);
    }
    return rc ? rc : outbox_settle_sent(tx, passage->item.id);
}

static int settle_outcome(struct passage *passage, struct store_tx *tx)
{
    const struct outbox_item *item = &passage->item;
    const struct outbox_outcome *outcome = &passage->outcome;
    int rc = 0;
    switch (outcome->verdict) {
    case OUTBOX_DONE:
        return settle_done(passage, tx);
    case OUTBOX_LATER:
        return settle_later(passage, tx);
    case OUTBOX_HOLD_API:
        rc = outbox_hold(tx, item->account, item->api, outcome->until_ms, outcome->reason);
        return rc ? rc : outbox_settle_again(tx, item->id, item->due_ms, false, outcome->reason);
    case OUTBOX_HOLD_ALL:
        return rest(passage, tx);
    case OUTBOX_NOT_YET:
        return outbox_settle_again(tx, item->id, outcome->until_ms, false, outcome->reason);
    case OUTBOX_NEVER:
        return outbox_settle_dead(tx, item->id, outcome->reason);
    }
    return -EINVAL;
}

/* A call that the platform was too troubled to take, or that was never made, is not counted on the day. */
static bool counts_on_day(enum outbox_verdict verdict, bool stayed)
{
    return !stayed && verdict != OUTBOX_HOLD_ALL && verdict != OUTBOX_HOLD_API;
}

static int run_settle(void *arg, struct store_tx *tx)
{
    struct passage *passage = arg;
    const struct outbox_item *item = &passage->item;
    const struct outbox_channel *channel = passage->channel;
    enum outbox_verdict verdict = passage->outcome.verdict;
    int rc = counts_on_day(verdict, passage->stayed) ? 0 : outbox_uncount_call(tx, item->account, item->api);
    if (rc == 0 && verdict != OUTBOX_DONE && channel && channel->unsent) {
        rc = channel->unsent(channel->context, tx, item);
    }
    return rc ? rc : settle_outcome(passage, tx);
}

static int run_claim(void *arg, struct store_tx *tx)
{
    struct passage *passage = arg;
    buffer_clear(&passage->body);
    int rc = outbox_claim(tx, &passage->keys, &passage->item, &passage->body);
    if (rc < 0) {
        return rc;
    }
    const struct outbox_channel *channel = find_channel(passage->outbox, passage->item.channel);
    passage->channel = channel;
    passage->outcome = (struct outbox_outcome){.verdict = OUTBOX_DONE};
    passage->stayed = false;
    if (channel && channel->admit) {
        struct slice body = {passage->body.data, passage->body.len};
        rc = channel->admit(channel->context, tx, &passage->item, body, &passage->outcome);
        passage->stayed = rc == 0 && passage->outcome.verdict != OUTBOX_DONE;
    }
    return rc == 0 && passage->stayed ? run_settle(passage, tx) : rc;
}

static void send_item(struct passage *passage)
{
    struct outbox_outcome *outcome = &passage->outcome;
    struct slice body = {passage->body.data, passage->body.len};
    *outcome = (struct outbox_outcome){.verdict = OUTBOX_NEVER};
    if (passage->channel) {
        passage->channel->send(passage->channel->context, &passage->item, body, outcome);
    } else {
        snprintf(outcome->reason, sizeof(outcome->reason), "no channel %s here", passage->item.channel);
    }
}

/* A settling that the channel refuses is the item's failure; one that the disk refuses leaves it SENDING until the next
 * start. */
static int settle(struct passage *passage)
{
    struct writer *writer = passage->outbox->options.central->writer;
    int rc = writer_call(writer, run_settle, passage);
    if (rc < 0 && rc != -EIO && rc != -ENOSPC && rc != -EPIPE && passage->outcome.verdict == OUTBOX_DONE) {
        passage->outcome.verdict = OUTBOX_LATER;
        snprintf(passage->outcome.reason, sizeof(passage->outcome.reason), "what came back could not be booked: %s",
                 strerror(-rc));
        rc = writer_call(writer, run_settle, passage);
    }
    if (passage->channel && passage->channel->release) {
        passage->channel->release(passage->channel->context, passage->outcome.result);
    }
    return rc;
}

static int run_expire(void *arg, struct store_tx *tx)
{
    (void)arg;
    return outbox_expire(tx, KEEP_SENT_MS);
}

static int expire_when_due(struct outbox *outbox)
{
    int64_t now_ms = clock_mono_ms(outbox->options.central->clock);
    if (now_ms < outbox->expire_due_ms) {
        return 0;
    }
    outbox->expire_due_ms = now_ms + EXPIRE_EVERY_MS;
    return writer_call(outbox->options.central->writer, run_expire, NULL);
}

static bool is_stopping(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->mutex);
    bool stopping = outbox->stopping;
    pthread_mutex_unlock(&outbox->mutex);
    return stopping;
}

/* From a snapshot: most of the time nothing waits, and the writer need not hear of that. */
static int look(struct outbox *outbox)
{
    struct store_tx tx;
    struct outbox_item item;
    int rc = store_read_begin(outbox->options.central->store, &tx);
    if (rc == 0) {
        rc = outbox_peek(&tx, &item);
        store_read_end(&tx);
    }
    return rc;
}

int outbox_run(struct outbox *outbox, unsigned limit, unsigned *out_done)
{
    struct passage passage = {.outbox = outbox};
    unsigned done = 0;
    int rc = outbox->options.keys(outbox->options.central, &passage.keys);
    rc = rc ? rc : expire_when_due(outbox);
    buffer_init(&passage.body, OUTBOX_BODY_MAX + 64);
    while (rc == 0 && done < limit && !is_stopping(outbox)) {
        rc = look(outbox);
        rc = rc ? rc : writer_call(outbox->options.central->writer, run_claim, &passage);
        if (rc == 0 && !passage.stayed) {
            send_item(&passage);
            rc = settle(&passage);
        }
        done += rc == 0;
    }
    buffer_finish(&passage.body);
    channel_keys_finish(&passage.keys);
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_done = done;
    return 0;
}

/* ---- the thread */

static bool sleep_until_woken(struct outbox *outbox)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_MS / 1000;
    pthread_mutex_lock(&outbox->mutex);
    int rc = 0;
    while (!outbox->woken && !outbox->stopping && rc == 0) {
        rc = pthread_cond_timedwait(&outbox->changed, &outbox->mutex, &until);
    }
    outbox->woken = false;
    bool go_on = !outbox->stopping;
    pthread_mutex_unlock(&outbox->mutex);
    return go_on;
}

static void *work(void *arg)
{
    struct outbox *outbox = arg;
    bool failed = false;
    do {
        unsigned done = 0;
        int rc = outbox_run(outbox, UINT32_MAX, &done);
        if (rc < 0 && !failed && rc != -EPIPE) {
            log_error("outbox", "what waits cannot leave errno=%d", -rc);
        }
        failed = rc < 0;
    } while (sleep_until_woken(outbox));
    return NULL;
}

static int run_release(void *arg, struct store_tx *tx)
{
    return outbox_release_all(tx, arg);
}

static int start(struct outbox *outbox)
{
    uint64_t cut_off = 0;
    int rc = writer_call(outbox->options.central->writer, run_release, &cut_off);
    if (rc == 0 && !outbox->options.central->inline_jobs) {
        rc = -pthread_create(&outbox->thread, NULL, work, outbox);
        outbox->threaded = rc == 0;
    }
    return rc;
}

int outbox_open(const struct outbox_options *options, struct outbox **out_outbox)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));
    pthread_condattr_t attributes;
    if (!outbox) {
        return -ENOMEM;
    }
    outbox->options = *options;
    pthread_mutex_init(&outbox->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&outbox->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = start(outbox);
    if (rc < 0) {
        outbox_close(outbox);
        return rc;
    }
    *out_outbox = outbox;
    return 0;
}

void outbox_stop(struct outbox *outbox)
{
    if (!outbox) {
        return;
    }
    pthread_mutex_lock(&outbox->mutex);
    outbox->stopping = true;
    pthread_cond_broadcast(&outbox->changed);
    pthread_mutex_unlock(&outbox->mutex);
    if (outbox->threaded) {
        pthread_join(outbox->thread, NULL);
        outbox->threaded = false;
    }
}

void outbox_close(struct outbox *outbox)
{
    if (outbox) {
        pthread_cond_destroy(&outbox->changed);
        pthread_mutex_destroy(&outbox->mutex);
        free(outbox);
    }
}

void outbox_wake(struct outbox *outbox)
{
    if (outbox) {
        pthread_mutex_lock(&outbox->mutex);
        outbox->woken = true;
        pthread_cond_signal(&outbox->changed);
        pthread_mutex_unlock(&outbox->mutex);
    }
}
