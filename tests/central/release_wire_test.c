#include "bundle_maker.h"
#include "release_rig.h"

#include "platform/compress.h"
#include "platform/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- over the wire */

struct reply {
    int status;
    char content_range[64];
    uint8_t body[RELEASE_PART_MAX];
    size_t len;
};

static void take(void *context, const struct central_reply *reply)
{
    struct reply *out = context;
    out->status = reply->status;
    out->len = reply->body.len;
    assert_true(reply->body.len <= sizeof(out->body));
    if (reply->body.len > 0)
        memcpy(out->body, reply->body.data, reply->body.len);
    snprintf(out->content_range, sizeof(out->content_range), "%s", reply->content_range ? reply->content_range : "");
}

static struct reply *send(uint32_t terminal, const struct central_request *wish)
{
    static struct reply reply;
    static unsigned nonce;
    struct signature_headers headers;
    struct signature_params params = {.created_s = clock_wall_ms(&f.clock.base) / 1000, .tag = "tillside"};
    struct central_request request = *wish;
    snprintf(params.nonce, sizeof(params.nonce), "nonce-%08u", ++nonce);
    snprintf(params.key_id, sizeof(params.key_id), "t%u", terminal);
    assert_int_equal(signature_sign(&(struct signature_message){wish->method, wish->target, wish->body}, &params,
                                    &keys[terminal], &headers),
                     0);
    request.content_digest = headers.content_digest;
    request.signature_input = headers.signature_input;
    request.signature = headers.signature;
    if (!request.content_encoding)
        request.content_encoding = "";
    reply.status = 0;
    central_handle(f.central, &request, take, &reply);
    return &reply;
}

static struct reply *fetch(uint32_t terminal, const char *target, const char *range)
{
    return send(terminal, &(struct central_request){.method = "GET", .target = target, .range = range});
}

static void begin_download(void)
{
    sim_clock_advance(&f.clock, 3000); /* what is signed now is later than the start */
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"store\":1}");
    a_round();
}

static void a_file_comes_whole_by_parts_whatever_their_size(void **state)
{
    static uint8_t whole[3000000];
    static const size_t steps[] = {RELEASE_PART_MAX, 65536, 999983};
    struct feed_order item;
    uint8_t hash[HASH_LEN];
    char range[48], wanted[64];
    (void)state;
    begin_download();
    assert_true(feed_of(1, &item));
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        for (size_t at = 0; at < item.size;) {
            snprintf(range, sizeof(range), "bytes=%zu-%zu", at, at + steps[i] - 1);
            const struct reply *part = fetch(1, "/v1/release/1", range);
            assert_int_equal(part->status, 206);
            size_t left = item.size - at, due = left < steps[i] ? left : steps[i];
            snprintf(wanted, sizeof(wanted), "bytes %zu-%zu/%zu", at, at + due - 1, (size_t)item.size);
            assert_string_equal(part->content_range, wanted);
            assert_int_equal(part->len, due);
            memcpy(whole + at, part->body, part->len);
            at += part->len;
        }
        crypto_sha256(whole, item.size, hash);
        assert_memory_equal(hash, item.sha256, HASH_LEN);
        memset(whole, 0, sizeof(whole));
    }
}

static void strange_ranges_are_refused_and_large_ones_cut(void **state)
{
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"", 400},
        {"bytes=-5", 400},
        {"bytes=5-4", 400},
        {"bytes=0-1,3-4", 400},
        {"items=0-1", 400},
        {"bytes=x-1", 400},
        {"bytes=0-1x", 400},
        {"bytes=99999999999999999999-", 400},
        {"bytes=", 400},
        {"bytes=--1", 400},
        {"bytes=99999999-", 416},
        {"bytes=0-", 206},
        {"bytes=5-5", 206},
        {"bytes= 1-2", 400},
        {"bytes=2000000-99999999999", 206},
    };
    (void)state;
    begin_download();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct reply *part = fetch(1, "/v1/release/1", rows[i].text);
        if (part->status != rows[i].status)
            fail_msg("%s: %d", rows[i].text, part->status);
    }
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=0-")->len, RELEASE_PART_MAX);
    assert_int_equal(fetch(1, "/v1/release/1", NULL)->status, 400);
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=99999999-")->status, 416);
    assert_memory_equal(fetch(1, "/v1/release/1", "bytes=99999999-")->content_range, "bytes */", 8);
}

static void who_has_no_order_gets_no_file(void **state)
{
    (void)state;
    begin_download();
    assert_int_equal(fetch(5, "/v1/release/1", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/2", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/1x", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/0", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/../1", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/4294967297", "bytes=0-9")->status, 404);
    says_end(1, ORDER_DONE, "");
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=0-9")->status, 404);
    say("release withdraw", "{\"release\":1}");
    assert_int_equal(fetch(2, "/v1/release/1", "bytes=0-9")->status, 404);
}

static struct reply *send_logs(uint32_t terminal, uint64_t order, const char *text)
{
    char target[64];
    uint8_t packed[1024];
    size_t len = 0;
    struct compress *compress = NULL;
    snprintf(target, sizeof(target), "/v1/logs?order=%llu", (unsigned long long)order);
    assert_int_equal(compress_open(3, &compress), 0);
    assert_int_equal(
        compress_pack(compress, (struct slice){(const uint8_t *)text, strlen(text)}, packed, sizeof(packed), &len), 0);
    compress_close(compress);
    return send(terminal, &(struct central_request){
                              .method = "POST", .target = target, .content_encoding = "zstd", .body = {packed, len}});
}

static void logs_are_taken_for_an_order_and_read_again(void **state)
{
    struct fleet_order order;
    (void)state;
    sim_clock_advance(&f.clock, 3000);
    assert_non_null(admin_refused(&f, "fleet read-log", "{\"terminal\":1}"));
    for (int i = 0; i < FLEET_LOGS_MAX + 2; i++) {
        char text[64];
        say("fleet ask-logs", "{\"terminal\":1}");
        assert_true(order_of(1, &order));
        snprintf(text, sizeof(text), "line of log %d\x1b[31m\nand more\n", i);
        assert_int_equal(send_logs(1, order.id, text)->status, 200);
        says_end(1, ORDER_DONE, "");
    }
    assert_int_equal(send_logs(1, order.id, "twice")->status, 200); /* its answer was lost */
    assert_int_equal(send_logs(2, order.id, "of another")->status, 404);
    assert_int_equal(send_logs(1, 7, "never asked")->status, 404);
    json_t *answer = admin_do(&f, "fleet read-log", "{\"terminal\":1}");
    assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "result"), "log")),
                        "line of log 6.[31m\nand more\n");
    json_decref(answer);
}

/* ---- bundles */

static const char *refusal_of(const struct bundle_wish *wish, bool with_authorities)
{
    json_t *args = json_pack("{s:s}", "path", bundle_path);
    static const char *said;
    if (wish)
        bundle_make(bundle_path, wish);
    if (with_authorities)
        json_object_set_new(args, "ca", json_string(bundle_authorities()));
    char *text = json_dumps(args, 0);
    said = admin_refused(&f, "release register", text);
    free(text);
    json_decref(args);
    assert_non_null(said);
    return said;
}

static void a_bundle_says_itself_what_it_is(void **state)
{
    char args[2048];
    (void)state;
    bundle_make(bundle_path, &(struct bundle_wish){.compatible = "tillside-qemu-arm64", .version = "1.2.3~rc1"});
    json_t *with = json_pack("{s:s, s:s}", "path", bundle_path, "ca", bundle_authorities());
    char *text = json_dumps(with, 0);
    snprintf(args, sizeof(args), "%s", text);
    free(text);
    json_decref(with);
    json_t *answer = admin_do(&f, "release register", args);
    const json_t *result = json_object_get(answer, "result");
    assert_string_equal(json_string_value(json_object_get(result, "board")), "tillside-qemu-arm64");
    assert_string_equal(json_string_value(json_object_get(result, "version")), "1.2.3~rc1");
    assert_string_equal(json_string_value(json_object_get(result, "signature")), "checked");
    json_decref(answer);
    assert_non_null(strstr(refusal_of(NULL, true), "already"));
}

static void bundles_that_are_none_are_refused_with_a_reason(void **state)
{
    static const struct {
        struct bundle_wish wish;
        bool checked;
        const char *words;
    } rows[] = {
        {{.other_signer = true}, true, "nobody of those authorities"},
        {{.detached = true}, false, "verity"},
        {{.compatible = "other-board"}, false, "no board"},
        {{.compatible = "tillside-rk3399; rm"}, false, "no board"},
        {{.compatible = "tillside-../../etc"}, false, "no board"},
        {{.version = "latest"}, false, "no version"},
        {{.version = "1.0 beta"}, false, "no version"},
        {{.version = "1.00000000000000000000000"}, false, "too long"},
        {{.manifest = "[bundle]\nformat=verity\n"}, false, "no board"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\n"}, false, "verity"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\ncompatible=tillside-y\n[bundle]\nformat=verity\n"},
         false,
         "no board"},
        {{.manifest = "compatible=tillside-x\nversion=1\n[bundle]\nformat=verity\n"}, false, "no board"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\n[bundle]\nformat=plain\n"}, false, "verity"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *said = refusal_of(&rows[i].wish, rows[i].checked);
        if (!strstr(said, rows[i].words))
            fail_msg("row %zu: %s", i, said);
    }
    assert_int_equal(row_count(admin_do(&f, "release list", "")), 0);
}

/* A cut is never taken in. A bit turned over may stand where nobody signed it (the payload has hashes of its own, which
 * the device checks); what the manifest says is never another. */
static void a_damaged_bundle_says_nothing_else(void **state)
{
    static char whole[8192], damaged[8192];
    const char *text = bundle_authorities();
    struct slice authorities = {(const uint8_t *)text, strlen(text)};
    unsigned refused = 0;
    (void)state;
    bundle_make(bundle_path, &(struct bundle_wish){.payload = 200});
    FILE *file = fopen(bundle_path, "r");
    size_t len = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    for (size_t i = 0; i < 2 * len; i++) {
        char reason[BUNDLE_REASON_MAX] = "";
        struct bundle_facts facts = {0};
        size_t at = i / 2;
        memcpy(damaged, whole, len);
        damaged[at] ^= 0x40;
        file = fopen(bundle_path, "w+");
        fwrite(damaged, 1, i % 2 ? len : at, file);
        fflush(file);
        int rc = bundle_read(fileno(file), authorities, -1, &facts, reason);
        fclose(file);
        refused += rc < 0;
        assert_true(rc == 0 || reason[0]);
        if (rc == 0 && (i % 2 == 0 || strcmp(facts.compatible, "tillside-rk3399") || strcmp(facts.version, "0.2.0")))
            fail_msg("byte %zu", at);
    }
    assert_true(refused > len + (len - 200) / 2);
}

static void what_is_no_file_is_no_bundle(void **state)
{
    (void)state;
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/dev/zero\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/nowhere\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"\"}"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fleet, close_fleet)
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_whole_by_parts_whatever_their_size),
        TEST(strange_ranges_are_refused_and_large_ones_cut),
        TEST(who_has_no_order_gets_no_file),
        TEST(logs_are_taken_for_an_order_and_read_again),
        TEST(a_bundle_says_itself_what_it_is),
        TEST(bundles_that_are_none_are_refused_with_a_reason),
        TEST(a_damaged_bundle_says_nothing_else),
        TEST(what_is_no_file_is_no_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
