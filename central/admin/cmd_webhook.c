#include "central/admin/command.h"
#include "central/people.h"
#include "central/store/journal.h"
#include "central/webhook/address.h"
#include "central/webhook/deliver.h"
#include "central/webhook/event.h"
#include "central/wechat/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR          "admin"
#define OVERLAP_HOURS     24
#define OVERLAP_HOURS_MAX (30 * 24)
#define HOUR_MS           INT64_C(3600000)

static const char *state_name(enum webhook_state state)
{
    switch (state) {
    case WEBHOOK_ON:
        return "on";
    case WEBHOOK_PAUSED:
        return "paused";
    case WEBHOOK_DEAD:
        return "dead";
    }
    return "";
}

static uint32_t wanted(const struct admin_call *call)
{
    return admin_u32(call, "webhook");
}

static int refuse_unknown(struct admin_call *call, int rc)
{
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no webhook %" PRIu32, wanted(call)) : rc;
}

static int note(struct store_tx *tx, uint32_t id, const char *what)
{
    struct journal_fact fact = {.who = OPERATOR, .what = what, .number = id};
    return journal_append_central(tx, RECORD_WEBHOOK, &fact);
}

static void wake(const struct admin_call *call)
{
    webhook_wake(central_state(call->central, &central_webhook));
}

static int cmd_webhook_add(struct admin_call *call, struct store_tx *tx)
{
    struct webhook webhook = {.id = 0};
    struct channel_keys keys;
    char secret[WEBHOOK_SECRET_CAP];
    uint32_t id = 0;
    const char *url = admin_text(call, "url", "");
    if (!webhook_url_allowed(url, call->central->config.webhooks_anywhere)) {
        return admin_refuse(call, -EINVAL, "an address is https://host/path, without user or blanks");
    }
    snprintf(webhook.url, sizeof(webhook.url), "%s", url);
    if (webhook_events_parse(admin_text(call, "events", "all"), &webhook.events) < 0) {
        char names[WEBHOOK_EVENTS_TEXT_MAX];
        webhook_events_text(UINT64_MAX, names);
        return admin_refuse(call, -EINVAL, "events are %s", names);
    }
    int rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : webhook_add(tx, &keys, &webhook, secret, &id);
    channel_keys_finish(&keys);
    rc = rc ? rc : note(tx, id, "added");
    if (rc < 0) {
        return rc == -ENOSPC ? admin_refuse(call, rc, "there are %d webhooks already", WEBHOOKS_MAX) : rc;
    }
    admin_set(call, "webhook", json_integer(id));
    admin_set(call, "secret", json_string(secret)); /* shown this once */
    return 0;
}

struct listing {
    struct admin_call *call;
    uint64_t end;
};

static int add_row(void *context, const struct webhook *w)
{
    const struct listing *listing = context;
    char events[WEBHOOK_EVENTS_TEXT_MAX];
    webhook_events_text(w->events, events);
    admin_add_row(listing->call, json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "webhook",
                                           (json_int_t)w->id, "state", state_name(w->state), "url", w->url, "position",
                                           (json_int_t)w->position, "behind", (json_int_t)(listing->end - w->position),
                                           "delivered", (json_int_t)w->delivered, "failures", (json_int_t)w->failures,
                                           "last_ms", (json_int_t)w->last_ms, "reason", w->reason, "events", events));
    return 0;
}

static int cmd_webhook_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {.call = call};
    int rc = webhook_journal_end(tx, &listing.end);
    return rc ? rc : webhook_each(tx, add_row, &listing);
}

static int cmd_webhook_test(struct admin_call *call)
{
    struct webhook_service *service = central_state(call->central, &central_webhook);
    char reason[WEBHOOK_REASON_MAX] = "";
    int status = 0;
    int rc = service ? webhook_test(service, wanted(call), &status, reason) : -ENOTSUP;
    if (rc < 0) {
        return refuse_unknown(call, rc);
    }
    if (status < 200 || status > 299) {
        return admin_refuse(call, -EHOSTUNREACH, "not taken: %s", reason);
    }
    admin_set(call, "status", json_integer(status));
    return 0;
}

/* Begins anew: what it failed with is forgotten. */
static int become(struct store_tx *tx, struct webhook *w, enum webhook_state state, const char *what)
{
    w->state = state;
    w->failures = 0;
    w->failing_ms = w->due_ms = 0;
    w->reason[0] = '\0';
    int rc = webhook_save(tx, w);
    return rc ? rc : note(tx, w->id, what);
}

static int cmd_webhook_pause(struct admin_call *call, struct store_tx *tx)
{
    struct webhook w;
    int rc = webhook_find(tx, wanted(call), &w);
    return rc ? refuse_unknown(call, rc) : become(tx, &w, WEBHOOK_PAUSED, "paused");
}

static int cmd_webhook_resume(struct admin_call *call, struct store_tx *tx)
{
    struct webhook w;
    int rc = webhook_find(tx, wanted(call), &w);
    rc = rc ? refuse_unknown(call, rc) : become(tx, &w, WEBHOOK_ON, "resumed");
    wake(call);
    return rc;
}

static int cmd_webhook_remove(struct admin_call *call, struct store_tx *tx)
{
    int rc = webhook_remove(tx, wanted(call));
    return rc ? refuse_unknown(call, rc) : note(tx, wanted(call), "removed");
}

/* From after a position, or from the first record that arrived since a day: all of it is told again, or passed over. */
static int cmd_webhook_replay(struct admin_call *call, struct store_tx *tx)
{
    struct webhook w;
    uint64_t end = 0, from = (uint64_t)admin_number(call, "from", 0);
    if (admin_given(call, "from") == admin_given(call, "since") || admin_number(call, "from", 0) < 0) {
        return admin_refuse(call, -EINVAL, "from a position (--from N) or from a day on (--since DAY)");
    }
    int rc = webhook_find(tx, wanted(call), &w);
    rc = rc ? rc : webhook_journal_end(tx, &end);
    if (rc == 0 && admin_given(call, "since")) {
        rc = journal_before(tx, admin_moment_ms(call, "since"), &from);
    }
    if (rc < 0) {
        return refuse_unknown(call, rc);
    }
    w.position = from < end ? from : end;
    w.pending_to = 0;
    admin_set(call, "position", json_integer((json_int_t)w.position));
    rc = become(tx, &w, w.state == WEBHOOK_DEAD ? WEBHOOK_ON : w.state, "replayed");
    wake(call);
    return rc;
}

static int cmd_webhook_secret(struct admin_call *call, struct store_tx *tx)
{
    struct channel_keys keys;
    char secret[WEBHOOK_SECRET_CAP];
    int64_t hours = admin_number(call, "overlap_hours", OVERLAP_HOURS);
    if (hours < 0 || hours > OVERLAP_HOURS_MAX) {
        return admin_refuse(call, -ERANGE, "overlap-hours is 0 to %d", OVERLAP_HOURS_MAX);
    }
    int rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : webhook_rotate(tx, &keys, wanted(call), hours * HOUR_MS, secret);
    channel_keys_finish(&keys);
    rc = rc ? rc : note(tx, wanted(call), "new secret");
    if (rc < 0) {
        return refuse_unknown(call, rc);
    }
    admin_set(call, "secret", json_string(secret));
    return 0;
}

static const struct admin_command commands[] = {
    {.name = "webhook add",
     .args = "URL:t --events:t",
     .help =
         "tell an integrator of events from now on (docs/webhooks.md); EVENTS all, or names with commas; the secret "
         "is shown this once",
     .write = cmd_webhook_add},
    {.name = "webhook list",
     .args = "",
     .help = "who is told, how far behind, and what fails",
     .read = cmd_webhook_list,
     .rows = true},
    {.name = "webhook test",
     .args = "WEBHOOK:n",
     .help = "sends it one event \"test\" now; refused unless it answers 2xx",
     .run = cmd_webhook_test},
    {.name = "webhook pause",
     .args = "WEBHOOK:n",
     .help = "tell it nothing until it is resumed; nothing is lost",
     .write = cmd_webhook_pause},
    {.name = "webhook resume",
     .args = "WEBHOOK:n",
     .help = "go on where it stopped, a dead one too",
     .write = cmd_webhook_resume},
    {.name = "webhook replay",
     .args = "WEBHOOK:n --from:n --since:d",
     .help = "tell it again all behind a position, or from a day on",
     .write = cmd_webhook_replay},
    {.name = "webhook secret",
     .args = "WEBHOOK:n --overlap-hours:n",
     .help = "a new secret; the one before signs as well for 24 hours, or so many",
     .write = cmd_webhook_secret},
    {.name = "webhook remove", .args = "WEBHOOK:n", .help = "tell it nothing any more", .write = cmd_webhook_remove},
};

const struct admin_group admin_webhook = {commands, ARRAY_LEN(commands)};
