#include "wechat_fixture.h"

#include "central/wechat/envelope.h"
#include "central/wechat/message.h"
#include "central/wechat/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/data/wechat/vectors.json"
#define ONCE    INT64_C(1735689600) /* the vectors' own time */
#define AES_KEY "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
#define APPID   "wx5823bf96d3bd56c7"
#define VTOKEN  "qzStoreToken2025"
#define TEXT                                                                                                           \
    "<xml><ToUserName>gh_a</ToUserName><FromUserName>oOne</FromUserName><CreateTime>1735689600</CreateTime>"           \
    "<MsgType>text</MsgType><Content>hi</Content><MsgId>7</MsgId></xml>"

/* The three modes of the callback over HTTP: accounts "plain", "both" and "safe" of one token and key. */

static struct people_fixture f;
static json_t *vectors;

static int open_accounts(void **state)
{
    (void)state;
    vectors = json_load_file(VECTORS, 0, NULL);
    people_open(&f, true);
    sim_clock_set_wall(&f.clock, ONCE * 1000);
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"plain\",\"token\":\"" VTOKEN "\"}"));
    json_decref(admin_do(&f, "wechat account",
                         "{\"name\":\"both\",\"token\":\"" VTOKEN "\",\"appid\":\"" APPID "\",\"aes_key\":\"" AES_KEY
                         "\",\"compatible\":true}"));
    json_decref(admin_do(&f, "wechat account",
                         "{\"name\":\"safe\",\"token\":\"" VTOKEN "\",\"appid\":\"" APPID "\",\"aes_key\":\"" AES_KEY
                         "\"}"));
    return vectors ? 0 : -1;
}

static int close_accounts(void **state)
{
    (void)state;
    people_close(&f);
    json_decref(vectors);
    return 0;
}

static const json_t *vector_named(const char *name)
{
    return json_object_get(json_object_get(json_object_get(vectors, "wechat_callback"), "messages"), name);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* One push as it goes over the wire; NULL members take the vectors' values. */
struct wire {
    const char *account, *signature, *msg_signature, *timestamp, *nonce, *body;
};

static void send_wire(const struct wire *wire, struct phone_answer *out_answer)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "/wechat/%s?timestamp=%s&nonce=%s&openid=o1", wire->account,
                       wire->timestamp ? wire->timestamp : "1735689600", wire->nonce ? wire->nonce : "1372623149");
    if (wire->signature) {
        len += snprintf(path + len, sizeof(path) - (size_t)len, "&signature=%s", wire->signature);
    }
    if (wire->msg_signature) {
        snprintf(path + len, sizeof(path) - (size_t)len, "&encrypt_type=aes&msg_signature=%s", wire->msg_signature);
    }
    phone_call(&f, "POST", path, wire->body, out_answer);
}

static void expect_wire(const struct wire *wire, int status, const char *words)
{
    struct phone_answer answer;
    send_wire(wire, &answer);
    if (answer.status != status || !strstr(buffer_text(&answer.body), words)) {
        fail_msg("%s: %d %s, not %d %s", wire->account, answer.status, buffer_text(&answer.body), status, words);
    }
    phone_answer_finish(&answer);
}

static json_int_t messages_kept(void)
{
    return number_of(admin_do(&f, "wechat inbox", ""), "messages");
}

static char *envelope_of(const char *encrypted)
{
    size_t cap = strlen(encrypted) + 128;
    char *body = malloc(cap);
    snprintf(body, cap, "<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>",
             encrypted);
    return body;
}

static void push_vector(const char *account, const char *name, int status, const char *words)
{
    const json_t *vector = vector_named(name);
    char *body = envelope_of(text_of(vector, "ciphertext_base64"));
    expect_wire(&(struct wire){.account = account, .msg_signature = text_of(vector, "msg_signature"), .body = body},
                status, words);
    free(body);
}

/* Signs and seals a document of the test's own. */
static void push_sealed(const char *account, const char *document, const char *appid, struct phone_answer *out_answer)
{
    static const uint8_t random[ENVELOPE_RANDOM_LEN] = {9};
    struct envelope_key key;
    struct buffer encrypted;
    char signature[WECHAT_SIGNATURE_CAP];
    buffer_init(&encrypted, WECHAT_BODY_MAX);
    assert_int_equal(envelope_key_parse(AES_KEY, appid, &key), 0);
    assert_int_equal(
        envelope_seal(&key, random, (struct slice){(const uint8_t *)document, strlen(document)}, &encrypted), 0);
    struct wechat_signature query = {.timestamp = "1735689600", .nonce = "5", .encrypted = buffer_text(&encrypted)};
    assert_int_equal(wechat_signature_make(VTOKEN, &query, signature), 0);
    char *body = envelope_of(buffer_text(&encrypted));
    send_wire(&(struct wire){.account = account, .msg_signature = signature, .nonce = "5", .body = body}, out_answer);
    free(body);
    buffer_finish(&encrypted);
}

static void every_vector_is_taken_in_and_acknowledged(void **state)
{
    static const char *const names[] = {"subscribe_qr", "text_cn", "one_byte", "empty", "full_block_pad32"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        push_vector("safe", names[i], 200, i < 2 ? "<Encrypt>" : "success");
    }
    wechat_settle(&f);
    assert_int_equal(messages_kept(), ARRAY_LEN(names));
}

static void an_encrypted_push_gets_an_encrypted_reply(void **state)
{
    struct phone_answer answer;
    struct envelope_key key;
    struct buffer plain;
    char encrypted[8192];
    struct wechat_message reply;
    (void)state;
    push_sealed("safe", TEXT, APPID, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(
        wechat_envelope_parse((struct slice){answer.body.data, answer.body.len}, encrypted, sizeof(encrypted)), 0);
    buffer_init(&plain, WECHAT_BODY_MAX);
    assert_int_equal(envelope_key_parse(AES_KEY, APPID, &key), 0);
    assert_int_equal(envelope_open(&key, encrypted, &plain), 0);
    assert_int_equal(wechat_message_parse((struct slice){plain.data, plain.len}, &reply), 0);
    assert_string_equal(reply.to, "oOne");
    assert_string_equal(reply.from, "gh_a");
    assert_non_null(strstr(reply.content, "/m/"));
    buffer_finish(&plain);
    phone_answer_finish(&answer);
}

/* Each field in turn, each character of it. */
static void every_tampered_vector_is_refused_and_leaves_nothing(void **state)
{
    static const char *const names[] = {"subscribe_qr", "text_cn", "one_byte", "empty", "full_block_pad32"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *vector = vector_named(names[i]);
        char *encrypted = strdup(text_of(vector, "ciphertext_base64"));
        for (size_t at = 0; at < strlen(encrypted); at += 1 + strlen(encrypted) / 16) {
            encrypted[at] = encrypted[at] == 'A' ? 'B' : 'A';
            char *body = envelope_of(encrypted);
            expect_wire(
                &(struct wire){.account = "safe", .msg_signature = text_of(vector, "msg_signature"), .body = body}, 403,
                "wrong_signature");
            free(body);
            encrypted[at] = text_of(vector, "ciphertext_base64")[at];
        }
        char *body = envelope_of(encrypted);
        const char *right = text_of(vector, "msg_signature");
        const struct wire wrong[] = {
            {.account = "safe", .msg_signature = right, .nonce = "1372623148", .body = body},
            {.account = "safe", .msg_signature = right, .timestamp = "1735689601", .body = body},
            {.account = "safe", .msg_signature = "", .body = body},
            {.account = "safe", .msg_signature = "b3db7f615a884f02580092d0b9f3489916a67fa4", .body = body},
        };
        for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
            expect_wire(&wrong[w], 403, "wrong_signature");
        }
        free(body);
        free(encrypted);
    }
    assert_int_equal(messages_kept(), 0);
}

static void an_envelope_for_another_appid_is_refused(void **state)
{
    struct phone_answer answer;
    (void)state;
    push_sealed("safe", TEXT, "wx0000000000000000", &answer);
    assert_int_equal(answer.status, 403);
    assert_non_null(strstr(buffer_text(&answer.body), "wrong_envelope"));
    phone_answer_finish(&answer);
    assert_int_equal(messages_kept(), 0);
}

static void each_mode_takes_what_it_was_told_to(void **state)
{
    const char *plain =
        text_of(json_object_get(json_object_get(vectors, "wechat_callback"), "plain_url_verification"), "signature");
    (void)state;
    expect_wire(&(struct wire){.account = "safe", .signature = plain, .body = TEXT}, 403, "not_encrypted");
    push_vector("plain", "text_cn", 403, "wrong_envelope");
    expect_wire(&(struct wire){.account = "plain", .signature = plain, .body = TEXT}, 200, "/m/");
    expect_wire(&(struct wire){.account = "both", .signature = plain, .body = TEXT}, 200, "/m/");
    push_vector("both", "text_cn", 200, "<Encrypt>");
    wechat_settle(&f);
    assert_int_equal(messages_kept(), 3);
}

static void the_same_push_again_is_acknowledged_and_kept_once(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        push_vector("safe", "subscribe_qr", 200, "<Encrypt>");
        push_vector("safe", "one_byte", 200, "success");
    }
    assert_int_equal(messages_kept(), 2);
}

static void an_old_or_coming_push_is_refused(void **state)
{
    (void)state;
    sim_clock_set_wall(&f.clock, (ONCE + 601) * 1000);
    push_vector("safe", "text_cn", 403, "old_timestamp");
    sim_clock_set_wall(&f.clock, (ONCE - 601) * 1000);
    push_vector("safe", "text_cn", 403, "old_timestamp");
    sim_clock_set_wall(&f.clock, (ONCE + 599) * 1000);
    push_vector("safe", "text_cn", 200, "<Encrypt>");
}

static void a_plain_query_does_not_carry_a_second_message(void **state)
{
    const char *plain =
        text_of(json_object_get(json_object_get(vectors, "wechat_callback"), "plain_url_verification"), "signature");
    const char *forged = "<xml><ToUserName>gh_a</ToUserName><FromUserName>oTwo</FromUserName>"
                         "<CreateTime>1735689600</CreateTime><MsgType>event</MsgType><Event>unsubscribe</Event></xml>";
    (void)state;
    expect_wire(&(struct wire){.account = "plain", .signature = plain, .body = TEXT}, 200, "/m/");
    expect_wire(&(struct wire){.account = "plain", .signature = plain, .body = forged}, 403, "replayed");
    expect_wire(&(struct wire){.account = "plain", .signature = plain, .body = TEXT}, 200, "/m/");
    assert_int_equal(messages_kept(), 1);
}

static void the_url_check_returns_its_echo_plain_and_sealed(void **state)
{
    static const uint8_t random[ENVELOPE_RANDOM_LEN] = {3};
    const json_t *check = json_object_get(json_object_get(vectors, "wechat_callback"), "plain_url_verification");
    char path[1024], escaped[512], signature[WECHAT_SIGNATURE_CAP];
    struct envelope_key key;
    struct buffer encrypted;
    struct phone_answer answer;
    (void)state;
    snprintf(path, sizeof(path), "/wechat/safe?signature=%s&timestamp=1735689600&nonce=1372623149&echostr=%s",
             text_of(check, "signature"), text_of(check, "echostr"));
    phone_call(&f, "GET", path, "", &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(buffer_text(&answer.body), text_of(check, "echostr"));
    phone_answer_finish(&answer);

    buffer_init(&encrypted, 512);
    assert_int_equal(envelope_key_parse(AES_KEY, APPID, &key), 0);
    assert_int_equal(envelope_seal(&key, random, (struct slice){(const uint8_t *)"4711", 4}, &encrypted), 0);
    struct wechat_signature query = {.timestamp = "1735689600", .nonce = "8", .encrypted = buffer_text(&encrypted)};
    assert_int_equal(wechat_signature_make(VTOKEN, &query, signature), 0);
    size_t len = 0;
    for (const char *at = query.encrypted; *at; at++) {
        len += (size_t)snprintf(escaped + len, sizeof(escaped) - len, strchr("+/=", *at) ? "%%%02X" : "%c", *at);
    }
    snprintf(path, sizeof(path), "/wechat/safe?msg_signature=%s&timestamp=1735689600&nonce=8&echostr=%s", signature,
             escaped);
    phone_call(&f, "GET", path, "", &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(buffer_text(&answer.body), "4711");
    phone_answer_finish(&answer);
    buffer_finish(&encrypted);
}

static void a_hostile_document_in_a_right_envelope_is_kept_unread(void **state)
{
    struct phone_answer answer;
    (void)state;
    push_sealed("safe",
                "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><FromUserName>&b;</FromUserName>"
                "</xml>",
                APPID, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(buffer_text(&answer.body), "success");
    phone_answer_finish(&answer);
    wechat_settle(&f);
    assert_int_equal(messages_kept(), 1);
}

static void the_key_is_stored_sealed_and_a_wrong_one_is_refused(void **state)
{
    (void)state;
    assert_false(folder_holds(f.dir, AES_KEY));
    assert_non_null(strstr(
        admin_refused(&f, "wechat account", "{\"name\":\"x\",\"token\":\"t\",\"appid\":\"wx1\",\"aes_key\":\"short\"}"),
        "EncodingAESKey"));
    assert_non_null(strstr(
        admin_refused(&f, "wechat account", "{\"name\":\"x\",\"token\":\"t\",\"aes_key\":\"" AES_KEY "\"}"), "AppID"));
}

#define ACCOUNTS_TEST(name) cmocka_unit_test_setup_teardown(name, open_accounts, close_accounts)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(every_vector_is_taken_in_and_acknowledged),
        ACCOUNTS_TEST(an_encrypted_push_gets_an_encrypted_reply),
        ACCOUNTS_TEST(every_tampered_vector_is_refused_and_leaves_nothing),
        ACCOUNTS_TEST(an_envelope_for_another_appid_is_refused),
        ACCOUNTS_TEST(each_mode_takes_what_it_was_told_to),
        ACCOUNTS_TEST(the_same_push_again_is_acknowledged_and_kept_once),
        ACCOUNTS_TEST(an_old_or_coming_push_is_refused),
        ACCOUNTS_TEST(a_plain_query_does_not_carry_a_second_message),
        ACCOUNTS_TEST(the_url_check_returns_its_echo_plain_and_sealed),
        ACCOUNTS_TEST(a_hostile_document_in_a_right_envelope_is_kept_unread),
        ACCOUNTS_TEST(the_key_is_stored_sealed_and_a_wrong_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
