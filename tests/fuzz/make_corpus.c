#include "make_corpus.h"

#include "domain/authority.h"
#include "domain/cbor.h"
#include "domain/enrolment.h"
#include "domain/export.h"
#include "domain/feed.h"
#include "platform/compress.h"
#include "platform/signature.h"

#include <stdio.h>
#include <sys/stat.h>

/*
 * make_corpus FOLDER: writes the seeds that this project's own encoders make, FOLDER/<fuzzer>/<name>. What is there
 * already is overwritten with the same bytes; finds and older seeds stay.
 */

#define API_SEEDS      24 /* more than there are routes: the fuzzer counts modulo */
#define TILL_TABLES    48 /* the same of tables */
#define CENTRAL_TABLES 128

static const char *root;

void seed(const char *fuzzer, const char *name, const void *data, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, fuzzer);
    MUST(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%s", root, fuzzer, name);
    FILE *file = fopen(path, "wb");
    MUST(file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

static void seed_text(const char *fuzzer, const char *name, const char *text)
{
    seed(fuzzer, name, text, strlen(text));
}

static void make_keysets(void)
{
    uint8_t sealed[KEYSET_ENCODED_MAX];
    struct keyset set = test_keyset();
    size_t len;
    MUST(keyset_seal(&set, test_key_make(99).secret, sealed, sizeof sealed, &len) == 0);
    seed("keyset", "four_keys", sealed, len);
    seed("keyset", "unsigned", sealed, len - SIGNATURE_LEN);
    set.count = 1;
    set.keys[0].campaign_from = 1000;
    set.keys[0].campaign_to = 1999;
    set.keys[0].valid_to_s = 1900000000;
    MUST(keyset_seal(&set, test_key_make(99).secret, sealed, sizeof sealed, &len) == 0);
    seed("keyset", "one_key_unsigned", sealed, len - SIGNATURE_LEN);
}

/* A batch of these bodies, signed; returns its length. */
static size_t make_batch(uint64_t first, unsigned count, uint8_t out[BATCH_BYTES_MAX])
{
    static uint8_t buffer[BATCH_BYTES_MAX];
    struct body bodies[TEST_BODIES];
    struct batch_writer writer;
    uint8_t hash[HASH_LEN] = {0}, bytes[RECORD_BODY_MAX];
    size_t len;
    test_bodies(bodies);
    batch_writer_init(&writer, buffer, sizeof buffer);
    for (unsigned i = 0; i < count; i++) {
        const struct body *body = &bodies[(first + i) % TEST_BODIES];
        MUST(body_encode(body, bytes, sizeof bytes, &len) == 0);
        struct record record = {.version = RECORD_VERSION,
                                .id = {5, 1, first + i},
                                .hlc = (1795000000000 + i) << 16,
                                .kind = body->kind,
                                .body = {bytes, len}};
        memcpy(record.prev_hash, hash, HASH_LEN);
        record_seal(&record);
        memcpy(hash, record.hash, HASH_LEN);
        MUST(batch_add(&writer, &record) == 0);
    }
    MUST(batch_finish(&writer, test_key_make(50).secret, out, BATCH_BYTES_MAX, &len) == 0);
    return len;
}

/* One of every kind that this version can write. */
static void make_bodies(void)
{
    struct body bodies[TEST_BODIES];
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    test_bodies(bodies);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        char name[48];
        MUST(body_encode(&bodies[i], bytes, sizeof bytes, &len) == 0);
        snprintf(name, sizeof name, "made_%s", record_kind_name(bodies[i].kind));
        seed("body", name, bytes, len);
    }
}

static void make_export(void)
{
    static uint8_t batch[BATCH_BYTES_MAX], file[BATCH_BYTES_MAX];
    size_t at = EXPORT_MAGIC_LEN;
    uint8_t hash[HASH_LEN];
    memcpy(file, EXPORT_MAGIC, EXPORT_MAGIC_LEN);
    for (unsigned i = 0; i < 2; i++) {
        size_t len = make_batch(1, 6, batch);
        export_length_put((uint32_t)len, file + at);
        memcpy(file + at + 4, batch, len);
        at += 4 + len;
    }
    export_length_put(0, file + at);
    at += 4;
    crypto_sha256(file, at, hash);
    crypto_sign_message(test_key_make(50).secret, hash, HASH_LEN, file + at);
    seed("export", "two_batches", file, at + SIGNATURE_LEN);
    seed("export", "cut_off", file, at);
}

static void make_signatures(void)
{
    struct key_pair pair;
    struct signature_headers headers;
    struct signature_params params = {.created_s = 1795000000, .nonce = "abcdefghijklmnopqrstuv", .tag = "tillside"};
    char text[1024];
    key_pair_from_seed(&pair, (const uint8_t[32]){7});
    snprintf(params.key_id, sizeof params.key_id, "t5");
    const struct signature_message message = {"POST", "/v1/journal?x=1", {(const uint8_t *)"body", 4}};
    MUST(signature_sign(&message, &params, &pair, &headers) == 0);
    int len = snprintf(text, sizeof text, "%s\n%s\n%s\nPOST\n/v1/journal?x=1\nbody", headers.content_digest,
                       headers.signature_input, headers.signature);
    seed("signature", "genuine", text, (size_t)len);
    len = snprintf(text, sizeof text, "%s\n%s\n%s\nGET\n/v1/journal?x=1\nbody", headers.content_digest,
                   headers.signature_input, headers.signature);
    seed("signature", "other_method", text, (size_t)len);
    seed_text("signature", "empty", "\n\n\nGET\n/\n");
}

static void make_report(void)
{
    struct device_report report = {.terminal = 11, .incarnation = 1};
    struct body bodies[TEST_BODIES];
    char text[DEVICE_REPORT_TEXT_MAX];
    test_bodies(bodies);
    for (size_t i = 0; i < TEST_BODIES; i++)
        if (bodies[i].kind == RECORD_SELF_TEST)
            report.test = bodies[i].self_test;
    MUST(device_report_encode(&report, test_key_make(7).secret, text) == 0);
    seed_text("text", "report", text);
}

static void make_texts(void)
{
    uint8_t packed[256];
    size_t len;
    struct compress *compress;
    const char words[] = "what what what what what what what what";
    MUST(compress_open(3, &compress) == 0);
    MUST(compress_pack(compress, (struct slice){(const uint8_t *)words, sizeof words}, packed, sizeof packed, &len) ==
         0);
    compress_close(compress);
    seed("text", "zstd", packed, len);
    seed_text("text", "hex", "00ff7f80");
    seed_text("text", "target", "/v1/touch%20point/7/?a=1&b=%E6%B0%B4+x&c");
    make_report();
    seed_text("text", "base64", "AAECAwQFBgc=");
    seed_text("text", "shortcode", "0000-0000-0000");
    seed_text("text", "scanner",
              "]Q3"
              "6901234567892"
              "\x1d"
              "10ABC\r");
    seed("text", "printer", "\x12\x12\x12\x12\x16\x32\x1a\x7e", 8);
}

/* A refusal; and a fact of central's own with a text, numbers and evidence. */
static void make_maps(void)
{
    uint8_t bytes[256], hash[HASH_LEN] = {9};
    struct cbor_writer w;
    size_t len;
    cbor_writer_init(&w, bytes, sizeof bytes);
    cbor_write_map(&w, 2);
    cbor_write_uint(&w, 0);
    cbor_write_text(&w, "not_ordered");
    cbor_write_uint(&w, 1);
    cbor_write_uint(&w, 1795000000000);
    MUST(cbor_writer_finish(&w, &len) == 0);
    seed("refusal", "not_ordered", bytes, len);
    cbor_writer_init(&w, bytes, sizeof bytes);
    cbor_write_map(&w, 1);
    cbor_write_uint(&w, 0);
    cbor_write_text(&w, "a reason that is longer than anybody has a name for, whoever may have said it");
    MUST(cbor_writer_finish(&w, &len) == 0);
    seed("refusal", "long", bytes, len);
    cbor_writer_init(&w, bytes, sizeof bytes);
    cbor_write_map(&w, 1);
    cbor_write_uint(&w, 15);
    cbor_write_bytes(&w, hash, 8);
    MUST(cbor_writer_finish(&w, &len) == 0);
    seed("fact", "short_evidence", bytes, len);
    cbor_writer_init(&w, bytes, sizeof bytes);
    cbor_write_map(&w, 5);
    cbor_write_uint(&w, 0);
    cbor_write_text(&w, "coupon 1001-12");
    cbor_write_uint(&w, 2);
    cbor_write_text(&w, "issued");
    cbor_write_uint(&w, 7);
    cbor_write_uint(&w, 700001);
    cbor_write_uint(&w, 14);
    cbor_write_int(&w, -500);
    cbor_write_uint(&w, 15);
    cbor_write_bytes(&w, hash, sizeof hash);
    MUST(cbor_writer_finish(&w, &len) == 0);
    seed("fact", "issued", bytes, len);
}

static void make_config(void)
{
    seed_text("config", "sim",
              "[board]\nname = sim\nrole = both\n[display]\nbackend = window\nwidth = 1280\nheight = 800\n"
              "[camera]\nbackend = sim\n[printer]\nbackend = tcp\ndevice = 10.0.0.9\n[gpio]\nbackend = sim\n");
    seed_text("config", "override", "printer=tcp:10.0.0.9:9100\n");
    seed_text("config", "key", "display.width=800\n");
    seed_text("config", "address", "[::1]:8443\n");
    seed_text("config", "address4", "127.0.0.1:0\n");
}

static void make_csv(void)
{
    seed_text("csv", "plain",
              "ean,sku,name_zh,name_en,price,member_price,unit\n"
              "6901234567892,A1,绿茶,Green tea,4.50,3.90,500ml\n6901234567892,,水,Water,2,,\n");
    seed_text("csv", "quoted", "\xef\xbb\xbfprice,\"name_zh\",ean\r\n\"1,20\",\"a \"\"b\"\"\n c\",6901234567892\r\n");
    seed_text("csv", "faults", "ean,name_zh,price\n1,,x\n6901234567892,茶,-1\n,,\n\"open,1,2\n");
}

static void make_wechat(void)
{
    seed_text("wechat", "subscribe",
              "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>"
              "<CreateTime>1795000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]>"
              "</Event><EventKey><![CDATA[qrscene_tp7]]></EventKey><Ticket><![CDATA[T]]></Ticket></xml>");
    seed_text("wechat", "text",
              "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1795000000000</CreateTime>"
              "<MsgType>text</MsgType><Content>&#27700; &lt;a&gt;</Content><MsgId>6054768590064713728</MsgId></xml>");
    seed_text("wechat", "doctype", "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><MsgType>&a;</MsgType></xml>");
    seed_text("wechat", "envelope",
              "<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
              "GBkaGxwdHh8=]]></Encrypt></xml>");
    seed_text("wechat", "form", "a=1&consent=2026-11&store=%E6%B0%B4+x");
}

static size_t make_enrol_request(uint8_t out[ENROL_REQUEST_MAX])
{
    struct test_key key = test_key_make(51);
    struct enrol_request request = {.nonce = {9}, .hardware = "TS-0001", .terminal = 3, .incarnation = 1};
    size_t len;
    memcpy(request.public_key, key.public_key, PUBLIC_KEY_LEN);
    enrol_request_seal(&request, (const uint8_t[ENROL_SECRET_LEN]){1}, key.secret);
    MUST(enrol_request_encode(&request, out, ENROL_REQUEST_MAX, &len) == 0);
    return len;
}

/* OTHER of api.c: the line names the route. */
static void seed_request(const char *name, uint8_t how, const char *line, struct slice body)
{
    static uint8_t input[256 + BATCH_BYTES_MAX];
    int len = snprintf((char *)input, 256, "\xff%c%s\n", how, line);
    input[1] = how;
    if (body.len > 0)
        memcpy(input + len, body.data, body.len);
    seed("api", name, input, (size_t)len + body.len);
}

/* Every route there may be: with the rest of a path, and with a query; a body or range that is nothing much. */
static void make_routes(void)
{
    static const char text[] = "1\nbytes=0-99";
    static const char query[] = "?order=1&store=0&brand=0&wait=0&epoch=1\n\x28\xb5\x2f\xfd";
    for (uint8_t route = 0; route < API_SEEDS; route++) {
        uint8_t input[80] = {route, 0};
        char name[16];
        memcpy(input + 2, text, sizeof text - 1);
        snprintf(name, sizeof name, "route_%02u", route);
        seed("api", name, input, 2 + sizeof text - 1);
        memcpy(input + 2, query, sizeof query - 1);
        snprintf(name, sizeof name, "query_%02u", route);
        seed("api", name, input, 2 + sizeof query - 1);
    }
}

static struct slice text_of(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

static void make_api(void)
{
    static const char *const whats[] = {"right", "credit", "code", "balance"};
    static uint8_t body[BATCH_BYTES_MAX];
    struct authority_request request = {.request_id = {1, 2, 3}, .coupon = {1001, 7}};
    size_t len = make_batch(1, 4, body);
    seed_request("journal", 0, "POST /v1/journal", (struct slice){body, len});
    MUST(authority_request_encode(&request, body, 512, &len) == 0);
    for (size_t i = 0; i < ARRAY_LEN(whats); i++) {
        char name[32], line[64];
        snprintf(name, sizeof name, "authority_%s", whats[i]);
        snprintf(line, sizeof line, "POST /v1/authority/%s", whats[i]);
        seed_request(name, 0, line, (struct slice){body, len});
    }
    seed_request("enrol", 1, "POST /v1/enrol", text_of("\xa0"));
    len = make_enrol_request(body);
    seed_request("enrol_signed", 1, "POST /v1/enrol", (struct slice){body, len});
    seed("enrol", "request_signed", body, len);
    seed_request("feed", 2, "GET /v1/feed?store=0&brand=0&wait=0&epoch=1&lan=10.0.0.9:7443", text_of(""));
    seed_request("enrol_state", 0, "GET /v1/enrol/k0011223344556677", text_of(""));
    seed_request("health", 1, "GET /healthz?x=%41", text_of(""));
    seed_request("unknown", 1, "GET /v1/../journal", text_of(""));
    seed_request("release", 0, "GET /v1/release/1", text_of("bytes=2400000-"));
    seed_request("release_beyond", 0, "GET /v1/release/1", text_of("bytes=9223372036854775806-9223372036854775807"));
    seed_request("logs", 0, "POST /v1/logs?order=1", text_of("what the device said\n"));
    seed_request("release_end", 0, "GET /v1/release/1", text_of("bytes=2400000-9999999"));
    make_routes();
}

static void put_item(uint8_t *input, size_t *at, uint8_t kind, struct slice body)
{
    input[(*at)++] = kind;
    input[(*at)++] = (uint8_t)(body.len >> 8);
    input[(*at)++] = (uint8_t)body.len;
    memcpy(input + *at, body.data, body.len);
    *at += body.len;
}

#define ADMIN_SEEDS 120 /* more than there are commands: the fuzzer counts modulo */

static void make_till_feed(void)
{
    uint8_t input[8192], body[FEED_BODY_MAX];
    size_t at = 0, len;
    const struct feed_coupon coupon = {
        .coupon = {1001, 55}, .shortcode = "ABCDEFGHJKMN", .home_store = 3, .store_epoch = 2};
    const struct feed_right right = {.coupon = {1001, 55}, .epoch = 1, .use_no = 1, .transfer = 9};
    const struct feed_share share = {.member = 700001, .owner = {OWNER_STORE, 3}, .amount_minor = 100, .transfer = 10};
    const struct feed_member member = {.member = 700001, .tier = 1, .home_store = 3};
    const struct feed_product product = {.ean = "6901234567892", .name_zh = "茶", .price_minor = 300};
    MUST(feed_coupon_encode(&coupon, body, sizeof body, &len) == 0);
    put_item(input, &at, FEED_COUPON, (struct slice){body, len});
    MUST(feed_right_encode(&right, body, sizeof body, &len) == 0);
    put_item(input, &at, FEED_RIGHT_GRANT, (struct slice){body, len});
    put_item(input, &at, FEED_RIGHT_REQUEST, (struct slice){body, len});
    MUST(feed_share_encode(&share, body, sizeof body, &len) == 0);
    put_item(input, &at, FEED_SHARE_GRANT, (struct slice){body, len});
    put_item(input, &at, FEED_SHARE_REQUEST, (struct slice){body, len});
    seed("till_feed", "authority", input, at);
    at = 0;
    MUST(feed_member_encode(&member, body, sizeof body, &len) == 0);
    put_item(input, &at, FEED_MEMBER, (struct slice){body, len});
    MUST(feed_product_encode(&product, body, sizeof body, &len) == 0);
    put_item(input, &at, FEED_PRODUCT, (struct slice){body, len});
    put_item(input, &at, 19, (struct slice){(const uint8_t *)"later", 5});
    seed("till_feed", "people", input, at);
}

/* One for each table there may be, another column and another change each. */
static void make_disk(const char *fuzzer, unsigned tables)
{
    for (unsigned table = 0; table < tables; table++) {
        char name[24];
        const uint8_t input[] = {(uint8_t)table, (uint8_t)(table * 7 / 3), 0, (uint8_t)table, 0xa1, 1, 2, 0xff, 5};
        snprintf(name, sizeof name, "table_%03u", table);
        seed(fuzzer, name, input, sizeof input);
    }
}

static void make_disks(void)
{
    static const uint8_t epoch[] = "\xff"
                                   "1 1234567890123456789\n";
    make_disk("till_disk", TILL_TABLES);
    make_disk("central_disk", CENTRAL_TABLES);
    seed("central_disk", "epoch", epoch, sizeof epoch - 1);
    seed("central_disk", "epoch_short", epoch, 9);
}

/* One for each command there may be: values of every kind, so that some fit. And a line and a form as they are. */
static void make_admin(void)
{
    static const char line[] = "\xfe{\"command\":\"store add\",\"args\":{\"zh\":\"x\",\"en\":\"y\"}}";
    static const char form[] = "\xff"
                               "consent=v1&ticket=%E5%92%8C+a";
    char long_form[100] = "\xff"
                          "consent=";
    memset(long_form + strlen(long_form), 'a', sizeof long_form - strlen(long_form) - 1);
    seed("admin", "line", (const uint8_t *)line, sizeof line - 1);
    seed("admin", "form", (const uint8_t *)form, sizeof form - 1);
    seed("admin", "form_long", (const uint8_t *)long_form, sizeof long_form - 1);
    for (uint8_t command = 0; command < ADMIN_SEEDS; command++) {
        uint8_t input[160];
        char name[16];
        size_t at = 0;
        input[at++] = command;
        for (uint8_t value = 0; value < 24; value++) {
            const char *text = value % 3 == 0 ? "2026-12-01" : value % 3 == 1 ? "home" : "1";
            bool number = (value ^ command) & 1;
            input[at++] = number ? 1 : 3;
            if (number)
                input[at++] = 1;
            else
                at += (size_t)snprintf((char *)input + at, sizeof input - at, "%s\n", text);
        }
        snprintf(name, sizeof name, "command_%03u", command);
        seed("admin", name, input, at);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: make_corpus FOLDER\n", stderr);
        return 2;
    }
    root = argv[1];
    MUST(crypto_start() == 0);
    make_keysets();
    make_bodies();
    make_export();
    make_signatures();
    make_texts();
    make_maps();
    make_config();
    make_csv();
    make_wechat();
    make_api();
    make_till_feed();
    make_disks();
    make_lan_door();
    make_admin();
    return 0;
}
