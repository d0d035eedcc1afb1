#include "central/api/openapi.h"
#include "central/api/waiting.h"
#include "central/store/rights_lease.h"
#include "central/store/terminal_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define METRICS_MAX 8192

void api_health(struct api_call *call)
{
    static const char good[] = "ok\n";
    static const char bad[] = "books unavailable\n";
    bool failed = store_failed(call->central->store);
    const char *text = failed ? bad : good;
    api_answer_text(call, failed ? 503 : 200, "text/plain; charset=utf-8",
                    (struct slice){(const uint8_t *)text, strlen(text)});
}

struct metric {
    const char *name, *type, *help;
    uint64_t value;
};

static size_t print_metrics(const struct metric *metrics, size_t count, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < count && len < cap; i++) {
        const struct metric *m = &metrics[i];
        int written =
            snprintf(out + len, cap - len, "# HELP tillside_%s %s\n# TYPE tillside_%s %s\ntillside_%s %" PRIu64 "\n",
                     m->name, m->help, m->name, m->type, m->name, m->value);
        len += (size_t)written;
    }
    return len < cap ? len : cap - 1;
}

static int count_clock(void *context, const struct terminal_clock *clock)
{
    (void)clock;
    ++*(uint64_t *)context;
    return 0;
}

static int count_clocks_off(struct store_tx *tx, uint64_t *out_count)
{
    return terminal_clock_each_off(tx, tx->now_ms, count_clock, out_count);
}

/* 0 while the books cannot be read: then other numbers tell. */
static uint64_t count_in_books(struct central *central, int (*count_them)(struct store_tx *tx, uint64_t *out_count))
{
    struct store_tx tx;
    uint64_t count = 0;
    if (store_read_begin(central->store, &tx) < 0)
        return 0;
    if (count_them(&tx, &count) < 0)
        count = 0;
    store_read_end(&tx);
    return count;
}

void api_metrics(struct api_call *call)
{
    struct central *central = call->central;
    struct central_metrics *m = &central->metrics;
    struct writer_stats writer;
    writer_stats(central->writer, &writer);
    const struct metric metrics[] = {
        {"requests_total", "counter", "Requests of terminals answered.", m->requests},
        {"refused_signature_total", "counter", "Answers 401: signature, clock or replay.", m->refused_401},
        {"refused_other_total", "counter", "Other answers 4xx.", m->refused_other},
        {"busy_total", "counter", "Answers 503.", m->busy_503},
        {"journal_batches_total", "counter", "Journal batches taken in.", m->batches},
        {"journal_records_total", "counter", "Journal records stored.", m->records},
        {"journal_duplicates_total", "counter", "Journal records that were stored before.", m->duplicates},
        {"journal_gaps_total", "counter", "Batches refused for a gap.", m->gaps},
        {"journal_forks_total", "counter", "Batches put into quarantine.", m->forks},
        {"feed_pages_total", "counter", "Feed pages answered.", m->feed_pages},
        {"authority_asked_total", "counter", "Requests for rights, credit and codes.", m->authority_asked},
        {"authority_granted_total", "counter", "Of them granted.", m->authority_granted},
        {"waiting", "gauge", "Long polls and authority requests that wait.", waiting_count(central->waiting)},
        {"writer_groups_total", "counter", "Group commits.", writer.groups},
        {"writer_jobs_total", "counter", "Jobs in them.", writer.jobs},
        {"writer_refused_total", "counter", "Jobs rolled back alone.", writer.refused},
        {"writer_failed_groups_total", "counter", "Groups whose commit failed.", writer.failed_groups},
        {"writer_commit_milliseconds_total", "counter", "Time from begin to durable.", writer.commit_ms_total},
        {"writer_commit_milliseconds_max", "gauge", "The longest of them.", writer.commit_ms_max},
        {"writer_queue", "gauge", "Jobs that wait.", writer.waiting},
        {"terminal_clocks_off", "gauge", "Terminals whose clock was more than 5 min off central's.",
         count_in_books(central, count_clocks_off)},
        {"leases_over", "gauge", "Rights whose lease is over and that are not back.",
         count_in_books(central, rights_leases_over)},
        {"store_bytes", "gauge", "Size of the books with their log.", (uint64_t)store_size_bytes(central->store)},
        {"backups_total", "counter", "Verified backups made.", m->backups},
        {"backup_failures_total", "counter", "Backups that failed.", m->backup_failures},
        {"questions_open", "gauge", "Members' questions without an answer.", m->questions_open},
        {"questions_late", "gauge", "Of them those older than a quarter of an hour.", m->questions_late},
        {"questions_escalated_total", "counter", "Questions that were not answered in time.", m->questions_escalated},
        {"webhooks_dead_total", "counter", "Webhooks that are told no more.", m->webhooks_dead},
    };
    char text[METRICS_MAX];
    size_t len = print_metrics(metrics, ARRAY_LEN(metrics), text, sizeof(text));
    api_answer_text(call, 200, "text/plain; version=0.0.4; charset=utf-8", (struct slice){(const uint8_t *)text, len});
}

void api_openapi(struct api_call *call)
{
    api_answer_text(call, 200, "application/yaml", (struct slice){openapi_text, openapi_text_len});
}
