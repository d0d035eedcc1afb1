#include "server.h"

#include "platform/clock.h"
#include "platform/compress.h"
#include "platform/encoding.h"
#include "platform/http_signature.h"
#include "platform/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX     4096
#define WEEK_MS        INT64_C(604800000)
#define ACT_EVERY_MS   37000
#define RECORDS_AN_ACT 4 /* redemption, sale, earn, receipt */

struct message {
    const char *method, *path;
    struct slice body;
    bool unsigned_one; /* the first of an enrolment */
};

static int sign(const struct bench_uploader *u, const struct message *message, struct signature_headers *out_headers)
{
    /* One second on: central refuses what was signed before it started, by whole seconds, and it has just started. */
    struct signature_params params = {.created_s = clock_wall_ms(clock_real()) / 1000 + 1, .tag = "tillside"};
    signature_nonce_make(random_real(), params.nonce);
    snprintf(params.key_id, sizeof(params.key_id), "%s", u->key_id);
    struct signature_message whole = {message->method, message->path, message->body};
    return signature_sign(&whole, &params, &u->pair, out_headers);
}

/* 0 with the answer's body, or -EPROTO for any status but 200. */
static int exchange(struct bench_uploader *u, const struct message *message, uint8_t out_body[ANSWER_MAX],
                    size_t *out_len)
{
    char url[ENROL_URL_MAX + 64];
    struct signature_headers values;
    struct http_header headers[HTTP_SIGNATURE_HEADERS + 2] = {{"Content-Type", "application/cbor"},
                                                              {"Content-Encoding", "zstd"}};
    struct http_client_response response;
    int result = message->unsigned_one ? 0 : sign(u, message, &values);
    if (result != 0)
        return result;
    http_signature_headers(&values, headers + 2);
    snprintf(url, sizeof(url), "%s%s", u->url, message->path);
    struct http_client_request request = {.method = message->method,
                                          .url = url,
                                          .headers = headers,
                                          .header_count = HTTP_SIGNATURE_HEADERS + 2,
                                          .body = message->body,
                                          .pin = u->pin,
                                          .timeout_ms = 120000};
    if (message->unsigned_one)
        request.header_count = 1;
    else if (message->body.len == 0)
        headers[1] = (struct http_header){"Accept", "application/cbor"};
    buffer_init(&response.body, ANSWER_MAX);
    result = http_client_perform(u->client, &request, &response);
    if (result == 0 && response.status != 200) {
        fprintf(stderr, "tillside-bench: %s: %d\n", message->path, response.status);
        result = -EPROTO;
    }
    if (result == 0) {
        memcpy(out_body, response.body.data, response.body.len);
        *out_len = response.body.len;
    }
    buffer_finish(&response.body);
    return result;
}

static int ask_to_enrol(struct bench_uploader *u, const struct enrol_ticket *ticket)
{
    struct enrol_request request = {.hardware = "bench"};
    uint8_t body[512], answer[ANSWER_MAX];
    size_t len = 0;
    memcpy(request.public_key, u->pair.public_key, PUBLIC_KEY_LEN);
    enrol_request_seal(&request, ticket->secret, u->pair.secret_key);
    int result = enrol_request_encode(&request, body, sizeof(body), &len);
    struct message message = {"POST", "/v1/enrol", {body, len}, true};
    return result == 0 ? exchange(u, &message, answer, &len) : result;
}

static int read_number(struct bench_uploader *u)
{
    uint8_t body[ANSWER_MAX];
    char path[64];
    size_t len = 0;
    struct enrol_answer answer;
    snprintf(path, sizeof(path), "/v1/enrol/%s", u->key_id);
    int result = exchange(u, &(struct message){.method = "GET", .path = path}, body, &len);
    if (result == 0)
        result = enrol_answer_decode(body, len, &answer);
    if (result == 0 && answer.state != ENROL_CONFIRMED)
        result = -EPROTO;
    if (result != 0)
        return result;
    u->terminal = answer.terminal;
    u->store = answer.store;
    u->incarnation = answer.incarnation;
    snprintf(u->key_id, sizeof(u->key_id), "t%u", u->terminal);
    return 0;
}

static void waiting_key_id(struct bench_uploader *u)
{
    uint8_t hash[HASH_LEN];
    crypto_sha256(u->pair.public_key, PUBLIC_KEY_LEN, hash);
    u->key_id[0] = 'k';
    for (int i = 0; i < 8; i++)
        snprintf(u->key_id + 1 + 2 * i, 3, "%02x", hash[i]);
}

static int enrol(const struct bench_server *server, struct bench_uploader *u, uint32_t store)
{
    char text[ENROL_TEXT_MAX], digits[7];
    struct enrol_ticket ticket;
    int result = bench_server_ticket(server, store, text);
    if (result == 0)
        result = enrol_ticket_decode(text, &ticket);
    if (result != 0)
        return result;
    snprintf(u->url, sizeof(u->url), "%s", ticket.url);
    memcpy(u->pin, "sha256//", 8);
    base64_encode(ticket.server_pin, HASH_LEN, u->pin + 8, sizeof(u->pin) - 8);
    key_pair_make(&u->pair, random_real());
    waiting_key_id(u);
    result = ask_to_enrol(u, &ticket);
    crypto_confirm_code(u->pair.public_key, digits);
    if (result == 0)
        result = bench_server_confirm(server, digits);
    return result == 0 ? read_number(u) : result;
}

int bench_uploader_open(const struct bench_server *server, uint32_t store, struct bench_uploader *out)
{
    const struct http_client_options options = {0};
    struct bench_uploader uploader = {0};
    int result = http_client_open(&options, &uploader.client);
    if (result == 0)
        result = enrol(server, &uploader, store);
    if (result != 0) {
        bench_uploader_close(&uploader);
        return result;
    }
    *out = uploader;
    return 0;
}

void bench_uploader_close(struct bench_uploader *uploader)
{
    http_client_close(uploader->client);
    uploader->client = NULL;
}

/* The records of one coupon at the desk, in the order in which the till writes them. */
static struct body body_of(const struct bench_uploader *u, uint64_t group, int64_t now_ms)
{
    uint64_t random = bench_scatter((uint64_t)u->terminal << 32 | group), member = 1 + random % 5000;
    int64_t gross = 1000 + (int64_t)(random >> 8) % 19000;
    struct body body = {0};
    switch (u->seq % RECORDS_AN_ACT) {
    case 0:
        body.kind = RECORD_REDEMPTION;
        body.redemption = (struct body_redemption){.coupon = {1002, random >> 16},
                                                   .use_no = 1,
                                                   .mode = MODE_HOME,
                                                   .member = member,
                                                   .clerk = 1,
                                                   .discount_minor = 1000,
                                                   .sale_minor = gross,
                                                   .policy_version = 1,
                                                   .business_ms = now_ms,
                                                   .sync_age_s = 3600,
                                                   .offline = true};
        break;
    case 1:
        body.kind = RECORD_SALE;
        body.sale = (struct body_sale){.group = group,
                                       .clerk = 1,
                                       .member = member,
                                       .gross_minor = gross,
                                       .discount_minor = 1000,
                                       .paid_minor = gross - 1000,
                                       .tender = TENDER_CASH,
                                       .business_ms = now_ms};
        break;
    case 2:
        body.kind = RECORD_CREDIT_EARN;
        body.credit = (struct body_credit){.group = group,
                                           .member = member,
                                           .owner = {OWNER_STORE, u->store},
                                           .amount_minor = 1 + gross / 100,
                                           .clerk = 1,
                                           .business_ms = now_ms};
        break;
    default:
        body.kind = RECORD_RECEIPT;
        body.receipt = (struct body_receipt){.group = group, .outcome = RECEIPT_PRINTED};
        break;
    }
    return body;
}

static int64_t time_of(const struct bench_uploader *u, int64_t start_ms)
{
    uint64_t act = u->seq / RECORDS_AN_ACT;
    return start_ms + (int64_t)(act * ACT_EVERY_MS + bench_scatter(act) % ACT_EVERY_MS);
}

static int append(struct bench_uploader *u, struct batch_writer *writer, int64_t now_ms)
{
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len = 0;
    struct body body = body_of(u, u->seq - u->seq % RECORDS_AN_ACT + 1, now_ms);
    if (body.kind == RECORD_REDEMPTION) {
        uint8_t hash[HASH_LEN];
        crypto_sha256(&u->seq, sizeof(u->seq), hash);
        memcpy(body.redemption.token_hash, hash, sizeof(body.redemption.token_hash));
    }
    int result = body_encode(&body, bytes, sizeof(bytes), &len);
    if (result != 0)
        return result;
    struct record record = {.version = RECORD_VERSION,
                            .id = {u->terminal, u->incarnation, u->seq + 1},
                            .hlc = (uint64_t)now_ms << 16,
                            .kind = body.kind,
                            .body = {bytes, len}};
    memcpy(record.prev_hash, u->last_hash, HASH_LEN);
    record_seal(&record);
    result = batch_add(writer, &record);
    if (result == 0) {
        u->seq++;
        memcpy(u->last_hash, record.hash, HASH_LEN);
    }
    return result;
}

static int pack(const uint8_t *batch, size_t len, struct bench_parcel *out_parcel)
{
    struct compress *compress = NULL;
    struct bench_parcel parcel = {.data = malloc(compress_bound(len))};
    int result = parcel.data != NULL ? compress_open(3, &compress) : -ENOMEM;
    if (result == 0)
        result = compress_pack(compress, (struct slice){batch, len}, parcel.data, compress_bound(len), &parcel.len);
    compress_close(compress);
    if (result != 0) {
        free(parcel.data);
        return result;
    }
    uint8_t *fitting = realloc(parcel.data, parcel.len);
    parcel.data = fitting != NULL ? fitting : parcel.data;
    *out_parcel = parcel;
    return 0;
}

int bench_parcel_make(struct bench_uploader *u, unsigned records, struct bench_parcel *out_parcel)
{
    struct batch_writer writer;
    uint8_t *buffer = malloc(BATCH_BYTES_MAX), *batch = malloc(BATCH_BYTES_MAX);
    size_t len = 0;
    int64_t week_ago_ms = clock_wall_ms(clock_real()) - WEEK_MS;
    int result = buffer != NULL && batch != NULL ? 0 : -ENOMEM;
    if (result == 0)
        batch_writer_init(&writer, buffer, BATCH_BYTES_MAX);
    for (unsigned i = 0; i < records && result == 0; i++)
        result = append(u, &writer, time_of(u, week_ago_ms));
    if (result == 0)
        result = batch_finish(&writer, u->pair.secret_key, batch, BATCH_BYTES_MAX, &len);
    if (result == 0)
        result = pack(batch, len, out_parcel);
    free(batch);
    free(buffer);
    return result;
}

int bench_parcel_send(struct bench_uploader *u, const struct bench_parcel *parcel)
{
    uint8_t body[ANSWER_MAX];
    size_t len = 0;
    struct journal_answer answer;
    int result = exchange(
        u, &(struct message){.method = "POST", .path = "/v1/journal", .body = {parcel->data, parcel->len}}, body, &len);
    if (result == 0)
        result = journal_answer_decode(body, len, &answer);
    return result == 0 && answer.status != JOURNAL_STORED ? -EPROTO : result;
}
