#include "make_corpus.h"

#include "domain/lan.h"
#include "domain/token.h"

#include <stdio.h>

/* Seeds of lan_door.c: its kinds of messages, and the shop of tests/app/till/shop.h that they are sent to. */

enum { RAW_HELLO, RAW_ACT, RAW_JOURNAL, PACKED_JOURNAL, HELLO, RECORDS, STRANGE_HEAD, RAW_PATH };

#define BRAND       7
#define STORE       3
#define STORE_EPOCH 2
#define TERMINAL    11
#define PEER        12
#define CLERK       21
#define CAMPAIGN    1001
#define MEMBER      UINT64_C(700001)
#define EXPIRY_S    1800000000u
#define START_MS    INT64_C(1795000000000)

struct input {
    size_t len;
    uint8_t bytes[16384];
};

static void put_number(struct input *input, uint64_t number, int bytes)
{
    while (bytes-- > 0)
        input->bytes[input->len++] = (uint8_t)(number >> 8 * bytes);
}

static void put_bytes(struct input *input, const void *data, size_t len)
{
    put_number(input, len, 2);
    memcpy(input->bytes + input->len, data, len);
    input->len += len;
}

static void put_message(struct input *input, uint8_t kind, const struct input *message)
{
    put_number(input, kind, 1);
    put_bytes(input, message->bytes, message->len);
}

static void put_record(struct input *records, const struct body *body)
{
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    MUST(body_encode(body, bytes, sizeof bytes, &len) == 0);
    put_number(records, body->kind, 2);
    put_bytes(records, bytes, len);
}

static void put_hello(struct input *input, uint8_t kind, const struct lan_hello *hello)
{
    struct input message = {.len = 0};
    MUST(lan_hello_encode(hello, message.bytes, sizeof message.bytes, &message.len) == 0);
    put_message(input, kind, &message);
}

static void put_act(struct input *input, const struct lan_act *act)
{
    struct input message = {.len = 0};
    MUST(lan_act_encode(act, message.bytes, sizeof message.bytes, &message.len) == 0);
    put_message(input, RAW_ACT, &message);
}

static void make_hellos(void)
{
    struct input input = {.len = 0};
    struct lan_hello hello = {.terminal = PEER,
                              .incarnation = 1,
                              .store = STORE,
                              .store_epoch = STORE_EPOCH,
                              .primary = TERMINAL,
                              .lan_address = "10.0.0.12:7443",
                              .now_ms = START_MS,
                              .end_count = 2,
                              .ends = {{TERMINAL, 1, 1, 2, {1}}, {PEER, 1, 1, 0, {0}}}};
    put_hello(&input, RAW_HELLO, &hello);
    hello.deposes = TERMINAL;
    hello.act_epoch = STORE_EPOCH;
    hello.ends[0].through = 0;
    put_hello(&input, HELLO, &hello);
    hello.store = STORE + 1;
    put_hello(&input, RAW_HELLO, &hello);
    seed("lan_door", "hellos", input.bytes, input.len);
}

static void make_acts(void)
{
    const struct coupon_token token = {.brand = BRAND,
                                       .kid = 1,
                                       .coupon = {CAMPAIGN, 41},
                                       .home_store = STORE,
                                       .store_epoch = STORE_EPOCH,
                                       .expiry_s = EXPIRY_S};
    struct input input = {.len = 0};
    struct lan_act redeem = {.request_id = {1}, .op = LAN_REDEEM, .clerk = CLERK, .sale_minor = 3000};
    struct lan_act sale = {
        .request_id = {2}, .op = LAN_SALE, .clerk = CLERK, .sale_minor = 1000, .credit_minor = 50, .member = MEMBER};
    const struct lan_act undo = {.request_id = {3},
                                 .op = LAN_VOID,
                                 .clerk = CLERK,
                                 .group = 1,
                                 .group_terminal = TERMINAL,
                                 .reason = "wrong item"};
    const struct lan_act member = {.request_id = {4}, .op = LAN_MEMBER, .clerk = CLERK, .text = "700001"};
    const struct lan_act recent = {.request_id = {5}, .op = LAN_RECENT, .clerk = CLERK};
    MUST(token_coupon_sign(&token, test_key_make(1).secret, redeem.text) == 0);
    memcpy(sale.pin, "1357", 5);
    put_act(&input, &redeem);
    put_act(&input, &redeem); /* asked again */
    redeem = (struct lan_act){.request_id = {6}, .op = LAN_REDEEM, .clerk = CLERK, .pool = CAMPAIGN};
    put_act(&input, &redeem);
    put_act(&input, &sale);
    put_act(&input, &undo);
    put_act(&input, &member);
    put_act(&input, &recent);
    seed("lan_door", "acts", input.bytes, input.len);
}

/* Each kind alone, so that a change of one does not hide the rest; and all of them in one batch. */
static void make_records(void)
{
    struct body bodies[TEST_BODIES];
    struct input all = {.len = 0}, both = {.len = 0};
    test_bodies(bodies);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        struct input one = {.len = 0}, input = {.len = 0};
        char name[48];
        put_record(&one, &bodies[i]);
        put_record(&all, &bodies[i]);
        put_message(&input, RECORDS, &one);
        snprintf(name, sizeof name, "record_%s", record_kind_name(bodies[i].kind));
        seed("lan_door", name, input.bytes, input.len);
    }
    put_message(&both, RECORDS, &all);
    seed("lan_door", "record_all", both.bytes, both.len);
}

/* A sale, and its void, that name an act behind them as the one that they belong to. */
static void make_forward(void)
{
    const struct body sale = {.kind = RECORD_SALE,
                              .sale = {.group = 3,
                                       .clerk = CLERK,
                                       .gross_minor = 3000,
                                       .discount_minor = 500,
                                       .paid_minor = 2500,
                                       .tender = TENDER_CASH,
                                       .business_ms = START_MS}};
    const struct body undo = {
        .kind = RECORD_VOID,
        .voided = {{PEER, 1, 1}, RECORD_SALE, 3, CLERK, "wrong item", 0, START_MS, 0, {0}, {0}, 0}};
    struct body bodies[TEST_BODIES];
    struct input records = {.len = 0}, input = {.len = 0};
    test_bodies(bodies);
    for (int voided = 0; voided < 2; voided++) {
        records.len = input.len = 0;
        put_record(&records, &sale);
        put_record(&records, voided ? &undo : &sale);
        put_record(&records, &bodies[3]); /* a redemption */
        put_message(&input, RECORDS, &records);
        seed("lan_door", voided ? "forward_void" : "forward_sale", input.bytes, input.len);
    }
}

/* The peer was promoted over the journal of this terminal as far as it held it. */
static void make_promotion(void)
{
    const struct body promotion = {.kind = RECORD_PROMOTION,
                                   .promotion = {.old_terminal = TERMINAL,
                                                 .old_incarnation = 1,
                                                 .copy_through = 1,
                                                 .store_epoch = STORE_EPOCH + 1,
                                                 .clerk = CLERK,
                                                 .copy_complete = true,
                                                 .business_ms = START_MS}};
    struct input records = {.len = 0}, input = {.len = 0};
    put_record(&records, &promotion);
    put_message(&input, RECORDS, &records);
    seed("lan_door", "promotion", input.bytes, input.len);
}

static void make_strange(void)
{
    struct body bodies[TEST_BODIES];
    struct input head = {.len = 0}, input = {.len = 0}, garbage = {.len = 0};
    test_bodies(bodies);
    for (uint8_t terminal = 0; terminal < 4; terminal++) {
        head.len = 0;
        put_number(&head, terminal, 1);
        put_number(&head, terminal == 0 ? 2 : 1, 1);
        put_number(&head, terminal == 3 ? UINT64_C(1) << 44 : 7, 8);
        put_record(&head, &bodies[1]);
        put_message(&input, STRANGE_HEAD, &head);
    }
    seed("lan_door", "strange_heads", input.bytes, input.len);
    input.len = 0;
    memcpy(garbage.bytes, "/v1/lan/act\n\xa0", 13);
    garbage.len = 13;
    for (uint8_t kind = RAW_HELLO; kind <= RAW_PATH; kind++)
        put_message(&input, kind, &garbage);
    seed("lan_door", "garbage", input.bytes, input.len);
}

void make_lan_door(void)
{
    make_hellos();
    make_acts();
    make_records();
    make_forward();
    make_promotion();
    make_strange();
}
