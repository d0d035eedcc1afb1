#include "members_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the till's line to a central that works on threads of its own */

struct waiting_answer {
    struct answer *answer;
    _Atomic bool given;
};

static void take_answer(void *context, const struct central_reply *reply)
{
    struct waiting_answer *waiting = context;
    struct answer *answer = waiting->answer;
    assert_true(reply->body.len <= sizeof(answer->body));
    answer->status = reply->status;
    answer->len = reply->body.len;
    memcpy(answer->body, reply->body.data, reply->body.len);
    waiting->given = true;
}

static int nothing(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

/* What was handed in before is answered when the writer comes to what was handed in after it. */
static void send_and_wait(void *context, const struct exchange *exchange, struct answer *out_answer)
{
    static const struct signature_headers none;
    const struct signature_headers *headers = exchange->headers ? exchange->headers : &none;
    struct members_desk *d = context;
    struct waiting_answer waiting = {.answer = out_answer};
    struct central_request request = {.method = exchange->method,
                                      .target = exchange->target,
                                      .content_digest = headers->content_digest,
                                      .signature_input = headers->signature_input,
                                      .signature = headers->signature,
                                      .content_encoding = exchange->encoding,
                                      .body = exchange->body};
    central_handle(d->people.central, &request, take_answer, &waiting);
    for (int i = 0; i < 1000 && !waiting.given; i++) {
        assert_int_equal(writer_call(d->people.central->writer, nothing, NULL), 0);
    }
    assert_true(waiting.given);
}

void members_open(struct members_desk *d, bool serve)
{
    memset(d, 0, sizeof(*d));
    people_open(&d->people, serve);
    json_decref(admin_do(&d->people, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    json_decref(admin_do(&d->people, "store add", "{\"zh\":\"望海街店\",\"en\":\"Wanghai\"}"));
    d->core = (struct fixture){.central = d->people.central, .brand = d->people.central->brand, .shops = {1, 2}};
    sim_clock_init(&d->core.clock, PEOPLE_START_MS);
    members_pass(d, 2000); /* what is signed from now on is later than the start */
    terminal_make(&d->till, &d->core, 1);
    d->till.send = send_and_wait;
    d->till.context = d;
    terminal_enrol(&d->till, &d->core, 1);
}

void members_close(struct members_desk *d)
{
    people_close(&d->people);
}

void members_pass(struct members_desk *d, int64_t ms)
{
    sim_clock_advance(&d->people.clock, ms);
    sim_clock_advance(&d->core.clock, ms);
    if (d->people.central->inline_jobs) {
        central_tick(d->people.central);
    }
}

json_int_t members_add(struct members_desk *d, int store)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"store\":%d}", store);
    return number_of(admin_do(&d->people, "member add", args), "member");
}

struct record_id members_sell(struct members_desk *d, json_int_t member, int64_t gross_minor)
{
    struct body sale = {.kind = RECORD_SALE,
                        .sale = {.group = d->till.seq + 1,
                                 .clerk = 1,
                                 .member = (uint64_t)member,
                                 .gross_minor = gross_minor,
                                 .paid_minor = gross_minor,
                                 .tender = TENDER_CASH,
                                 .business_ms = clock_wall_ms(&d->people.clock.base)}};
    return terminal_record(&d->till, &sale);
}

void members_void(struct members_desk *d, struct record_id sale)
{
    struct body voided = {.kind = RECORD_VOID,
                          .voided = {.target = sale,
                                     .target_kind = RECORD_SALE,
                                     .group = d->till.seq + 1,
                                     .clerk = 1,
                                     .reason = "wrong item",
                                     .business_ms = clock_wall_ms(&d->people.clock.base)}};
    terminal_record(&d->till, &voided);
}

json_int_t members_put_segment(struct members_desk *d, const char *text)
{
    json_t *args = json_pack("{s:s, s:s}", "name", "one", "text", text);
    char *line = json_dumps(args, JSON_COMPACT);
    json_int_t id = number_of(admin_do(&d->people, "segment add", line), "segment");
    free(line);
    json_decref(args);
    return id;
}

json_int_t members_count(struct members_desk *d, const char *text)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"segment\":%" JSON_INTEGER_FORMAT "}", members_put_segment(d, text));
    return number_of(admin_do(&d->people, "segment count", args), "members");
}

struct activity members_activity(struct members_desk *d, json_int_t member)
{
    struct store_tx tx;
    struct activity activity;
    assert_int_equal(store_read_begin(d->people.central->store, &tx), 0);
    assert_int_equal(people_find_activity(&tx, (uint64_t)member, &activity), 0);
    store_read_end(&tx);
    return activity;
}

struct wanted {
    uint64_t member;
    int tier;
};

static void look_for_member(void *context, const struct feed_item *item)
{
    struct wanted *wanted = context;
    struct feed_member member;
    if (item->kind == FEED_MEMBER && feed_member_decode(item->body, &member) == 0 && member.member == wanted->member) {
        wanted->tier = member.tier;
    }
}

int members_tier(struct members_desk *d, json_int_t member)
{
    struct wanted wanted = {(uint64_t)member, -1};
    d->till.cursor = (struct feed_cursor){0};
    terminal_read_feed(&d->till, look_for_member, &wanted);
    return wanted.tier;
}

void members_admin(struct members_desk *d, const char *command, const char *format, ...)
{
    char args[512];
    va_list list;
    va_start(list, format);
    vsnprintf(args, sizeof(args), format, list);
    va_end(list);
    json_decref(admin_do(&d->people, command, args));
}
