#include "central/admin/fleet.h"

#include "central/admin/session.h"
#include "central/fleet/fleet.h"
#include "platform/encoding.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_DEFAULT 3

/* Releases and who gets them. */

/* unsaid: what it is when it is not given. */
static int parse_ring(struct admin_call *call, const char *unsaid, uint8_t *out_ring)
{
    const char *text = admin_text(call, "ring", unsaid);
    for (int ring = RING_CANARY; ring <= RING_ALL; ring++) {
        if (strcmp(text, release_ring_name((uint32_t)ring)) == 0) {
            *out_ring = (uint8_t)ring;
            return 0;
        }
    }
    return admin_refuse(call, -EINVAL, "RING is canary, early or all, not \"%s\"", text);
}

/* "02:00-05:00", in the store's local time; "any". */
static int parse_window(struct admin_call *call, struct release *release)
{
    const char *text = admin_text(call, "window", NULL);
    unsigned from_h, from_m, to_h, to_m;
    char rest;
    if (!text)
        return 0;
    if (strcmp(text, "any") == 0) {
        release->from_min = release->to_min = 0;
        return 0;
    }
    if (strlen(text) != 11 || sscanf(text, "%2u:%2u-%2u:%2u%c", &from_h, &from_m, &to_h, &to_m, &rest) != 4 ||
        from_h > 23 || to_h > 23 || from_m > 59 || to_m > 59)
        return admin_refuse(call, -EINVAL, "--window is HH:MM-HH:MM in the store's time, or any");
    release->from_min = from_h * 60 + from_m;
    release->to_min = to_h * 60 + to_m;
    return release->from_min != release->to_min
               ? 0
               : admin_refuse(call, -EINVAL, "a window of no length is never open; --window any is always");
}

static int find(struct admin_call *call, struct store_tx *tx, struct release *out_release)
{
    int rc = release_find(tx, admin_u32(call, "release"), out_release);
    return rc == -ENOENT ? admin_refuse(call, rc, "no such release; `release list` shows them") : rc;
}

static int set(struct admin_call *call, struct store_tx *tx, const struct release *release, const char *what)
{
    int rc = release_set(tx, release, what);
    return rc == -EALREADY ? admin_refuse(call, rc, "it was withdrawn; add it under a new version") : rc;
}

static void show(struct admin_call *call, const struct release *release)
{
    char hash[2 * HASH_LEN + 1];
    hex_encode(release->sha256, HASH_LEN, hash, sizeof(hash));
    admin_set(call, "release", json_integer(release->id));
    admin_set(call, "board", json_string(release->compatible));
    admin_set(call, "version", json_string(release->version));
    admin_set(call, "bytes", json_integer(release->size));
    admin_set(call, "sha256", json_string(hash));
    admin_set(call, "signature", json_string(release->checked ? "checked" : "not checked here"));
    admin_set(call, "state", json_string(release_state_name(release->state)));
}

int cmd_release_register(struct admin_call *call)
{
    struct release release;
    char reason[BUNDLE_REASON_MAX];
    const char *path = admin_text(call, "path", ""), *authorities = admin_text(call, "ca", "");
    int rc = release_import(call->central, path, (struct slice){(const uint8_t *)authorities, strlen(authorities)},
                            &release, reason);
    if (rc == -EEXIST)
        return admin_refuse(call, rc, "this board has a release of that version already");
    if (rc == -EBADMSG || rc == -EKEYREJECTED)
        return admin_refuse(call, rc, "%s", reason[0] ? reason : "it ends before its time");
    if (rc < 0)
        return admin_refuse(call, rc, "central cannot take it in: %s", strerror(-rc));
    show(call, &release);
    return 0;
}

/* What is sent is the way to the file: central's program reads it, on the same machine. */
int client_release_add(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    char path[PATH_MAX];
    const char *given = json_string_value(json_object_get(args, "file"));
    json_t *answer = NULL;
    (void)command;
    if (!realpath(given, path)) {
        snprintf(session->error, sizeof(session->error), "%s: %s", given, strerror(errno));
        return ADMIN_FAILED;
    }
    json_t *wish = json_pack("{s:s, s:O*}", "path", path, "ca", json_object_get(args, "ca"));
    int code = admin_session_call(session, "release register", wish, &answer);
    if (code == ADMIN_OK && session->json) {
        char *text = json_dumps(json_object_get(answer, "result"), JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
    } else if (code == ADMIN_OK) {
        admin_format(json_object_get(answer, "result"));
    }
    json_decref(answer);
    return code;
}

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
};

static const char *window_words(const struct release *release, char *out, size_t cap)
{
    if (release->from_min == release->to_min)
        return "any";
    snprintf(out, cap, "%02u:%02u-%02u:%02u", release->from_min / 60, release->from_min % 60, release->to_min / 60,
             release->to_min % 60);
    return out;
}

static int add_row(void *context, const struct release *release)
{
    struct listing *listing = context;
    struct release_counts counts;
    char window[32];
    bool rolled = release->state != RELEASE_READY;
    int rc = release_count(listing->tx, release, &counts);
    if (rc < 0)
        return rc;
    json_t *row =
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "release", (json_int_t)release->id, "board",
                  release->compatible, "version", release->version, "state", release_state_name(release->state), "ring",
                  rolled ? release_ring_name(release->ring) : "-", "percent", (json_int_t)release->percent, "store",
                  (json_int_t)release->store, "window", window_words(release, window, sizeof(window)));
    json_object_set_new(row, "ordered", json_integer(counts.ordered));
    json_object_set_new(row, "open", json_integer(counts.open));
    json_object_set_new(row, "done", json_integer(counts.done));
    json_object_set_new(row, "bad", json_integer(counts.bad));
    json_object_set_new(row, "silent", json_integer(counts.silent));
    json_object_set_new(row, "pauses_at", json_integer(release->failures_max));
    json_object_set_new(row, "why", json_string(release->reason));
    admin_add_row(listing->call, row);
    return 0;
}

int cmd_release_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {call, tx};
    return release_each(tx, add_row, &listing);
}

/* Of one that was rolled before, what is not said stays: another window must not give it to everybody. */
int cmd_release_roll(struct admin_call *call, struct store_tx *tx)
{
    struct release release;
    struct shop shop;
    int rc = find(call, tx, &release);
    if (rc == 0 && release.state == RELEASE_READY) {
        release.ring = RING_ALL;
        release.percent = 100;
        release.failures_max = FAILURES_DEFAULT;
    }
    rc = rc ? rc : parse_ring(call, release_ring_name(release.ring), &release.ring);
    rc = rc ? rc : parse_window(call, &release);
    if (rc < 0)
        return rc;
    int64_t percent = admin_number(call, "percent", release.percent);
    int64_t most = admin_number(call, "max_failures", release.failures_max);
    if (percent < 1 || percent > 100)
        return admin_refuse(call, -ERANGE, "--percent is 1 to 100");
    if (most < 1 || most > 1000)
        return admin_refuse(call, -ERANGE, "--max-failures is 1 to 1000");
    if (admin_given(call, "store"))
        release.store = admin_u32(call, "store");
    if (release.store && identity_find_shop(tx, release.store, &shop) < 0)
        return admin_refuse(call, -ENOENT, "no store %u", release.store);
    release.percent = (uint32_t)percent;
    release.failures_max = (uint32_t)most;
    if (release.state != RELEASE_PAUSED) /* a paused one is resumed by its own command, not by another percentage */
        release.state = RELEASE_ROLLING;
    rc = set(call, tx, &release, "roll-out set");
    if (rc == 0)
        show(call, &release);
    return rc;
}

static int change(struct admin_call *call, struct store_tx *tx, uint8_t state, const char *what)
{
    struct release release;
    int rc = find(call, tx, &release);
    if (rc == 0 && state == RELEASE_PAUSED && release.state != RELEASE_ROLLING)
        return admin_refuse(call, -EINVAL, "it is not rolling");
    if (rc == 0 && state == RELEASE_ROLLING && release.state != RELEASE_PAUSED)
        return admin_refuse(call, -EINVAL, "it is not paused; `release roll` begins one");
    if (rc < 0)
        return rc;
    release.state = state;
    release.reason[0] = '\0';
    rc = admin_copy_text(call, "why", release.reason, sizeof(release.reason));
    if (state == RELEASE_ROLLING)
        release.counted_ms = tx->now_ms;
    if (admin_given(call, "again"))
        release.again_ms = tx->now_ms;
    rc = rc ? rc : set(call, tx, &release, what);
    if (rc == 0)
        show(call, &release);
    return rc;
}

int cmd_release_pause(struct admin_call *call, struct store_tx *tx)
{
    return change(call, tx, RELEASE_PAUSED, "release paused");
}

int cmd_release_resume(struct admin_call *call, struct store_tx *tx)
{
    return change(call, tx, RELEASE_ROLLING, "release resumed");
}

int cmd_release_withdraw(struct admin_call *call, struct store_tx *tx)
{
    return change(call, tx, RELEASE_WITHDRAWN, "release withdrawn");
}

int cmd_fleet_ring(struct admin_call *call, struct store_tx *tx)
{
    struct terminal terminal = {.store = admin_u32(call, "store")};
    struct shop shop;
    uint8_t ring = 0;
    bool of_store = admin_given(call, "store"), of_terminal = admin_given(call, "terminal");
    if (of_store == of_terminal)
        return admin_refuse(call, -EINVAL, "--store N or --terminal N");
    int rc = of_terminal ? identity_find_terminal(tx, admin_u32(call, "terminal"), &terminal)
                         : identity_find_shop(tx, terminal.store, &shop);
    if (rc == -ENOENT)
        return admin_refuse(call, rc, of_terminal ? "no such terminal" : "no such store");
    rc = rc ? rc : parse_ring(call, release_ring_name(RING_ALL), &ring);
    return rc ? rc : release_ring_set(tx, terminal.store, of_terminal ? terminal.id : 0, ring);
}

/* ---- orders by hand */

static int order(struct admin_call *call, struct store_tx *tx, uint8_t what)
{
    uint64_t id = 0;
    int64_t hours = admin_number(call, "hours", 24);
    struct fleet_order wish = {
        .terminal = admin_u32(call, "terminal"), .what = what, .expires_ms = tx->now_ms + hours * 3600000};
    if (hours < 1 || hours > 24 * 14)
        return admin_refuse(call, -ERANGE, "--hours is 1 to 336: not begun by then, it is not done");
    int rc = fleet_order_make(tx, &wish, NULL, &id);
    if (rc == -ENOENT)
        return admin_refuse(call, rc, "no such confirmed terminal");
    if (rc == -EBUSY)
        return admin_refuse(call, rc, "%d orders are open there; `fleet show` says which", FLEET_ORDERS_OPEN_MAX);
    if (rc == 0) {
        admin_set(call, "order", json_integer((json_int_t)id));
        admin_set(call, "what", json_string(order_what_name(what)));
        admin_set(call, "expires_ms", json_integer(wish.expires_ms));
    }
    return rc;
}

int cmd_fleet_reboot(struct admin_call *call, struct store_tx *tx)
{
    return order(call, tx, ORDER_REBOOT);
}

int cmd_fleet_ask_logs(struct admin_call *call, struct store_tx *tx)
{
    return order(call, tx, ORDER_LOGS);
}

/* A text for people: bytes that are none are shown as dots. */
static void make_plain(struct buffer *text, uint8_t last)
{
    for (size_t i = 0; i < text->len; i++) {
        uint8_t byte = text->data[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte > last)
            text->data[i] = '.';
    }
}

/* One letter that was cut must not cost the whole log. */
static json_t *log_text(struct buffer *text)
{
    make_plain(text, UINT8_MAX);
    json_t *log = json_stringn(buffer_text(text), text->len);
    if (log)
        return log;
    make_plain(text, 0x7e);
    return json_stringn(buffer_text(text), text->len);
}

int cmd_fleet_logs(struct admin_call *call, struct store_tx *tx)
{
    struct buffer text;
    int64_t heard_ms = 0, wanted = admin_number(call, "order", 0);
    uint64_t id = wanted > 0 ? (uint64_t)wanted : 0;
    buffer_init(&text, FLEET_LOG_BYTES_MAX);
    int rc = fleet_log_read(tx, admin_u32(call, "terminal"), &id, &heard_ms, &text);
    if (rc == 0) {
        admin_set(call, "order", json_integer((json_int_t)id));
        admin_set(call, "heard_ms", json_integer(heard_ms));
        admin_set(call, "log", log_text(&text));
    }
    buffer_finish(&text);
    return rc == -ENOENT ? admin_refuse(call, rc, "no log of it is here; `fleet ask-logs` asks for one") : rc;
}

/* A log is lines, not a value of a field. */
int client_fleet_logs(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    json_t *answer = NULL;
    (void)command;
    json_t *wish = json_pack("{s:O, s:O*}", "terminal", json_object_get(args, "terminal"), "order",
                             json_object_get(args, "order"));
    int code = admin_session_call(session, "fleet read-log", wish, &answer);
    json_t *result = json_object_get(answer, "result");
    if (code == ADMIN_OK && session->json) {
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
    } else if (code == ADMIN_OK) {
        fputs(json_string_value(json_object_get(result, "log")), stdout);
    }
    json_decref(answer);
    return code;
}
