#include "central/webhook/deliver.h"

#include "central/people.h"
#include "central/webhook/address.h"
#include "central/webhook/event.h"
#include "central/webhook/sign.h"
#include "central/wechat/work.h"
#include "platform/http_client.h"
#include "platform/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKOFF_MIN_MS INT64_C(1000)
#define BACKOFF_MAX_MS INT64_C(3600000)
#define SCAN_MAX       2000 /* records looked at in one go */
#define SKIP_SAVED     1000 /* so many that nobody wants are not looked at again after a restart */
#define SLOW_MS        1000 /* whoever takes longer waits SLOW_TIMES as long before it is told on: others are waiting */
#define SLOW_TIMES     4
#define ANSWER_MAX     4096
#define DELIVERY_CAP   64
#define IDLE_S         1

/* Every event fits into a delivery by itself, whatever JSON makes of its texts: none can stop a webhook for ever. */
_Static_assert(RECORD_BODY_MAX * 6 + 1024 < WEBHOOK_BODY_MAX, "an event fits");

struct webhook_service {
    struct central *central;
    struct http_client *client;
    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool woken, stopping;
};

/* One delivery, from the journal to its settling. */
struct delivery {
    struct webhook webhook;
    struct webhook_secrets secrets;
    char id[DELIVERY_CAP];
    struct buffer body;
    uint64_t first, last; /* events' positions; first 0: none */
    uint64_t scanned;     /* the last record that was looked at */
    unsigned count, looked;
    int status; /* HTTP; 0: no answer, error says why */
    int error;
    bool unreadable; /* its secret, or what is to be told: nothing was sent */
    int64_t took_ms;
};

/* ---- what is to be told */

static int append_event(struct delivery *d, json_t *event)
{
    char *text = json_dumps(event, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    if (!text) {
        return -ENOMEM;
    }
    bool full = d->body.len + len + 8 > WEBHOOK_BODY_MAX;
    int rc = full ? 0 : buffer_append(&d->body, ",", d->count ? 1 : 0);
    rc = rc || full ? rc : buffer_append(&d->body, text, len);
    free(text);
    return rc ? rc : full;
}

/* 1 ends the piece. */
static int take_record(void *context, const struct journal_entry *entry, uint64_t position)
{
    struct delivery *d = context;
    if ((d->webhook.pending_to && position > d->webhook.pending_to) || d->count == WEBHOOK_BATCH_MAX ||
        d->looked == SCAN_MAX) {
        return 1;
    }
    json_t *event = webhook_event_of(entry, position, d->webhook.events);
    int rc = event ? append_event(d, event) : 0;
    if (rc == 0 && event) {
        d->first = d->first ? d->first : position;
        d->last = position;
        d->count++;
    }
    json_decref(event);
    if (rc == 0) {
        d->scanned = position;
        d->looked++;
    }
    return rc;
}

static int begin_body(struct delivery *d)
{
    char head[64];
    buffer_clear(&d->body);
    snprintf(head, sizeof(head), "{\"webhook\":%" PRIu32 ",\"events\":[", d->webhook.id);
    return buffer_append(&d->body, head, strlen(head));
}

static int collect(struct store_tx *tx, struct delivery *d)
{
    int rc = begin_body(d);
    rc = rc ? rc : journal_each(tx, d->webhook.position, take_record, d);
    rc = rc < 0 ? rc : buffer_append(&d->body, "]}", 2);
    snprintf(d->id, sizeof(d->id), "w%" PRIu32 "-%" PRIu64 "-%" PRIu64, d->webhook.id, d->first, d->last);
    return rc;
}

/* ---- sending */

static int post(struct http_client *client, const struct central *central, struct delivery *d)
{
    char signature[WEBHOOK_SIGNATURE_CAP];
    struct slice body = {d->body.data, d->body.len};
    webhook_sign(&d->secrets, clock_wall_ms(central->clock) / 1000, d->id, body, signature);
    const struct http_header headers[] = {
        {"Content-Type", "application/json"}, {"Tillside-Delivery", d->id}, {"Tillside-Signature", signature}};
    struct http_client_request request = {.method = "POST",
                                          .url = d->webhook.url,
                                          .headers = headers,
                                          .header_count = ARRAY_LEN(headers),
                                          .body = body,
                                          .timeout_ms = WEBHOOK_TIMEOUT_MS};
    struct http_client_response response = {.status = 0};
    buffer_init(&response.body, ANSWER_MAX);
    int64_t began_ms = clock_mono_ms(central->clock);
    d->error = http_client_perform(client, &request, &response);
    d->error = d->error == -E2BIG ? 0 : d->error; /* what it says besides is nobody's concern */
    d->status = d->error ? 0 : response.status;
    d->took_ms = clock_mono_ms(central->clock) - began_ms;
    buffer_finish(&response.body);
    return d->error;
}

static void say_reason(const struct delivery *d, char out_reason[WEBHOOK_REASON_MAX])
{
    if (d->status) {
        snprintf(out_reason, WEBHOOK_REASON_MAX, "answered %d", d->status);
    } else if (d->unreadable) {
        snprintf(out_reason, WEBHOOK_REASON_MAX, "cannot be put together: %s", strerror(-d->error));
    } else if (d->error == -EACCES) {
        snprintf(out_reason, WEBHOOK_REASON_MAX, "its address is inside the house");
    } else {
        snprintf(out_reason, WEBHOOK_REASON_MAX, "%s", strerror(-d->error));
    }
}

/* ---- settling */

/* Half for sure, half by chance, so that those who failed together do not come back together. */
static int64_t back_off(struct central *central, uint32_t failures)
{
    int64_t full = failures < 12 ? BACKOFF_MIN_MS << failures : BACKOFF_MAX_MS;
    full = full < BACKOFF_MAX_MS ? full : BACKOFF_MAX_MS;
    return full / 2 + (int64_t)random_below(central->random, (uint64_t)(full / 2 + 1));
}

static bool is_slow(const struct delivery *d)
{
    return d->took_ms > SLOW_MS;
}

static void note_taken(struct webhook *now, const struct delivery *d, int64_t now_ms)
{
    now->position = d->last;
    now->pending_to = 0;
    now->delivered += d->count;
    now->failures = 0;
    now->failing_ms = 0;
    now->due_ms = is_slow(d) ? now_ms + SLOW_TIMES * d->took_ms : 0;
    now->reason[0] = '\0';
}

static int journal_dead(struct store_tx *tx, const struct webhook *webhook)
{
    struct journal_fact fact = {.what = "dead", .number = webhook->id};
    return journal_append_central(tx, RECORD_WEBHOOK, &fact);
}

struct settling {
    struct central *central;
    const struct delivery *delivery;
    bool died;
};

static int run_settle(void *arg, struct store_tx *tx)
{
    struct settling *s = arg;
    const struct delivery *d = s->delivery;
    struct webhook now;
    int rc = webhook_find(tx, d->webhook.id, &now);
    if (rc < 0 || now.position != d->webhook.position || now.pending_to != d->webhook.pending_to) {
        return rc == -ENOENT ? 0 : rc; /* removed, or sent elsewhere by an operator meanwhile */
    }
    now.last_ms = tx->now_ms;
    now.last_status = d->status;
    if (d->status >= 200 && d->status < 300) {
        note_taken(&now, d, tx->now_ms);
        return webhook_save(tx, &now);
    }
    now.due_ms = tx->now_ms + back_off(s->central, now.failures);
    now.failures++;
    now.failing_ms = now.failing_ms ? now.failing_ms : tx->now_ms;
    say_reason(d, now.reason);
    s->died = now.state == WEBHOOK_ON && (d->status == 410 || tx->now_ms - now.failing_ms >= WEBHOOK_GIVE_UP_MS);
    now.state = s->died ? WEBHOOK_DEAD : now.state;
    rc = webhook_save(tx, &now);
    return rc || !s->died ? rc : journal_dead(tx, &now);
}

/* An alarm is an error in the log, a number in /metrics and a line in `webhook list`. */
static int settle(struct webhook_service *service, const struct delivery *d)
{
    struct settling settling = {.central = service->central, .delivery = d};
    int rc = writer_call(service->central->writer, run_settle, &settling);
    if (rc == 0 && settling.died) {
        char reason[WEBHOOK_REASON_MAX];
        say_reason(d, reason);
        log_error("webhook", "webhook %u is told no more: %s", d->webhook.id, reason);
        service->central->metrics.webhooks_dead++;
    }
    return rc;
}

static int run_pin(void *arg, struct store_tx *tx)
{
    const struct delivery *d = arg;
    struct webhook now;
    int rc = webhook_find(tx, d->webhook.id, &now);
    if (rc == 0 && (now.position != d->webhook.position || now.state != WEBHOOK_ON)) {
        return -ESTALE;
    }
    now.pending_to = d->webhook.pending_to;
    return rc ? rc : webhook_save(tx, &now);
}

static int run_skip(void *arg, struct store_tx *tx)
{
    const struct delivery *d = arg;
    struct webhook now;
    int rc = webhook_find(tx, d->webhook.id, &now);
    if (rc < 0 || now.position != d->webhook.position) {
        return rc == -ENOENT ? 0 : rc;
    }
    now.position = d->scanned;
    now.pending_to = 0;
    return webhook_save(tx, &now);
}

/* ---- one webhook */

struct due_list {
    uint32_t ids[WEBHOOKS_MAX];
    size_t count;
    int64_t now_ms;
};

/* A wait longer than any that is given is of a clock that was ahead. */
static int keep_due(void *context, const struct webhook *webhook)
{
    struct due_list *list = context;
    int64_t wait_ms = webhook->due_ms - list->now_ms;
    bool due = wait_ms <= 0 || wait_ms > BACKOFF_MAX_MS;
    if (webhook->state == WEBHOOK_ON && due && list->count < ARRAY_LEN(list->ids)) {
        list->ids[list->count++] = webhook->id;
    }
    return 0;
}

static int list_due(struct central *central, struct due_list *out)
{
    struct store_tx tx;
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    *out = (struct due_list){.now_ms = tx.now_ms};
    rc = webhook_each(&tx, keep_due, out);
    store_read_end(&tx);
    return rc;
}

static int read_delivery(struct central *central, uint32_t id, struct delivery *d)
{
    struct channel_keys keys;
    struct store_tx tx;
    int rc = wechat_work_keys(central, &keys);
    if (rc < 0) {
        return rc;
    }
    rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = webhook_find(&tx, id, &d->webhook);
        rc = rc ? rc : webhook_read_secrets(&tx, &keys, id, &d->secrets);
        rc = rc ? rc : collect(&tx, d);
        store_read_end(&tx);
    }
    channel_keys_finish(&keys);
    return rc < 0 ? rc : 0;
}

/* *out_more: there may be another piece at once. */
static int serve_one(struct webhook_service *service, struct delivery *d, bool *out_more)
{
    struct writer *writer = service->central->writer;
    *out_more = false;
    if (d->count == 0) {
        /* pinned by a version that told what this one does not */
        bool emptied = d->scanned && d->webhook.pending_to;
        bool save = emptied || (d->scanned && d->scanned - d->webhook.position >= SKIP_SAVED);
        *out_more = emptied || d->looked == SCAN_MAX;
        return save ? writer_call(writer, run_skip, d) : 0;
    }
    if (!d->webhook.pending_to) {
        d->webhook.pending_to = d->last;
        int rc = writer_call(writer, run_pin, d);
        if (rc < 0) {
            return rc == -ESTALE || rc == -ENOENT ? 0 : rc;
        }
    }
    if (post(service->client, service->central, d) == -ECANCELED) {
        return 0; /* the program ends: nothing was decided */
    }
    *out_more = d->status >= 200 && d->status < 300 && !is_slow(d);
    return settle(service, d);
}

/* One that cannot be read fails by itself: those behind it are served. Books that cannot be read fail here as well. */
static int fail_unread(struct webhook_service *service, struct delivery *d, int rc)
{
    if (!d->webhook.id) {
        return rc;
    }
    d->error = rc;
    d->unreadable = true;
    return settle(service, d);
}

static bool is_stopping(struct webhook_service *service)
{
    pthread_mutex_lock(&service->mutex);
    bool stopping = service->stopping;
    pthread_mutex_unlock(&service->mutex);
    return stopping;
}

/* One piece each, round by round, as long as anybody has more: a long catch-up of one holds up nobody else. */
int webhook_run(struct webhook_service *service, unsigned *out_sent)
{
    struct due_list due;
    unsigned sent = 0;
    bool again = true;
    int rc = 0;
    while (rc == 0 && again && !is_stopping(service)) {
        again = false;
        rc = list_due(service->central, &due);
        for (size_t i = 0; rc == 0 && i < due.count && !is_stopping(service); i++) {
            struct delivery d = {.count = 0};
            bool more = false;
            buffer_init(&d.body, WEBHOOK_BODY_MAX + 64);
            rc = read_delivery(service->central, due.ids[i], &d);
            rc = rc == -ENOENT ? 0 : rc ? fail_unread(service, &d, rc) : serve_one(service, &d, &more);
            buffer_finish(&d.body);
            sent += !d.unreadable && (d.status != 0 || d.error != 0);
            again |= more;
        }
    }
    *out_sent = sent;
    return rc;
}

/* ---- a test */

static int open_client(const struct central *central, struct http_client **out_client)
{
    struct http_client_options options = {.may_connect =
                                              central->config.webhooks_anywhere ? NULL : webhook_address_public};
    return http_client_open(&options, out_client);
}

static int write_test(struct delivery *d)
{
    static const char event[] = "{\"event\":\"test\",\"id\":\"0-0-0\",\"position\":0}]}";
    snprintf(d->id, sizeof(d->id), "w%" PRIu32 "-test", d->webhook.id);
    int rc = begin_body(d);
    return rc ? rc : buffer_append(&d->body, event, sizeof(event) - 1);
}

static int read_test(struct central *central, uint32_t id, struct delivery *d)
{
    int rc = read_delivery(central, id, d);
    return rc ? rc : write_test(d);
}

int webhook_test(struct webhook_service *service, uint32_t id, int *out_status, char out_reason[WEBHOOK_REASON_MAX])
{
    struct http_client *client = NULL;
    struct delivery d = {.count = 0};
    buffer_init(&d.body, WEBHOOK_BODY_MAX + 64);
    int rc = read_test(service->central, id, &d);
    rc = rc ? rc : open_client(service->central, &client);
    if (rc == 0) {
        if (post(client, service->central, &d) < 0) {
            log_info("webhook", "test of webhook %u: %s", id, http_client_message(client));
        }
        say_reason(&d, out_reason);
        *out_status = d.status;
    }
    http_client_close(client);
    buffer_finish(&d.body);
    return rc;
}

/* ---- the thread */

static bool sleep_until_woken(struct webhook_service *service)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    pthread_mutex_lock(&service->mutex);
    int rc = 0;
    while (!service->woken && !service->stopping && rc == 0) {
        rc = pthread_cond_timedwait(&service->changed, &service->mutex, &until);
    }
    service->woken = false;
    bool go_on = !service->stopping;
    pthread_mutex_unlock(&service->mutex);
    return go_on;
}

static void *work(void *arg)
{
    struct webhook_service *service = arg;
    bool failed = false;
    do {
        unsigned sent = 0;
        int rc = webhook_run(service, &sent);
        if (rc < 0 && !failed && rc != -EPIPE) {
            log_error("webhook", "events cannot be told errno=%d", -rc);
        }
        failed = rc < 0;
    } while (sleep_until_woken(service));
    return NULL;
}

int webhook_open(struct central *central, struct webhook_service **out_service)
{
    struct webhook_service *service = calloc(1, sizeof(*service));
    pthread_condattr_t attributes;
    if (!service) {
        return -ENOMEM;
    }
    service->central = central;
    pthread_mutex_init(&service->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&service->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = open_client(central, &service->client);
    if (rc == 0 && !central->inline_jobs) {
        rc = -pthread_create(&service->thread, NULL, work, service);
        service->threaded = rc == 0;
    }
    if (rc < 0) {
        webhook_close(service);
        return rc;
    }
    *out_service = service;
    return 0;
}

void webhook_stop(struct webhook_service *service)
{
    if (!service) {
        return;
    }
    pthread_mutex_lock(&service->mutex);
    service->stopping = true;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->mutex);
    if (service->threaded) {
        http_client_cancel(service->client);
        pthread_join(service->thread, NULL);
        service->threaded = false;
    }
}

void webhook_close(struct webhook_service *service)
{
    if (service) {
        http_client_close(service->client);
        pthread_cond_destroy(&service->changed);
        pthread_mutex_destroy(&service->mutex);
        free(service);
    }
}

void webhook_wake(struct webhook_service *service)
{
    if (service) {
        pthread_mutex_lock(&service->mutex);
        service->woken = true;
        pthread_cond_signal(&service->changed);
        pthread_mutex_unlock(&service->mutex);
    }
}
