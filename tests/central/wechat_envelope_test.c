#include "central/wechat/envelope.h"
#include "central/wechat/message.h"
#include "central/wechat/reply.h"
#include "central/wechat/signature.h"
#include "platform/encoding.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/data/wechat/vectors.json"

/* The envelope against vectors that three independent implementations agree on, and against everything near them. */

static json_t *vectors;
static struct envelope_key key;
static const char *appid;

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static int load(void **state)
{
    (void)state;
    vectors = json_load_file(VECTORS, 0, NULL);
    const json_t *callback = json_object_get(vectors, "wechat_callback");
    appid = text_of(callback, "appid");
    return envelope_key_parse(text_of(callback, "encoding_aes_key"), appid, &key);
}

static int unload(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

static const json_t *callback_vectors(void)
{
    return json_object_get(vectors, "wechat_callback");
}

/* The message in an envelope; fails unless opening answers rc. */
static void open_to(const char *encrypted, int rc, const char *message)
{
    struct buffer out;
    buffer_init(&out, WECHAT_BODY_MAX);
    assert_int_equal(envelope_open(&key, encrypted, &out), rc);
    assert_string_equal(buffer_text(&out), message);
    buffer_finish(&out);
}

static void the_key_is_what_others_make_of_it(void **state)
{
    char hex[HEX_CAP(32)];
    (void)state;
    hex_encode(key.key, sizeof(key.key), hex, sizeof(hex));
    assert_string_equal(hex, text_of(callback_vectors(), "aes_key_hex"));
}

static void a_key_has_43_letters_and_digits(void **state)
{
    static const char *const cases[] = {"",
                                        "short",
                                        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2",
                                        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2CC",
                                        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2 ",
                                        " WmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
                                        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B!C",
                                        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2="};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct envelope_key none;
        assert_int_equal(envelope_key_parse(cases[i], "wx1", &none), -EBADMSG);
    }
    struct envelope_key none;
    assert_int_equal(envelope_key_parse(text_of(callback_vectors(), "encoding_aes_key"), "", &none), -EBADMSG);
}

static void every_vector_opens_and_its_signature_is_right(void **state)
{
    const char *name;
    json_t *vector;
    (void)state;
    assert_true(json_object_size(json_object_get(callback_vectors(), "messages")) >= 5);
    json_object_foreach(json_object_get(callback_vectors(), "messages"), name, vector)
    {
        struct wechat_signature query = {.signature = text_of(vector, "msg_signature"),
                                         .timestamp = text_of(callback_vectors(), "timestamp"),
                                         .nonce = text_of(callback_vectors(), "nonce"),
                                         .encrypted = text_of(vector, "ciphertext_base64")};
        assert_true(wechat_signature_right(text_of(callback_vectors(), "token"), &query));
        open_to(query.encrypted, 0, text_of(vector, "plaintext_utf8"));
    }
}

static void sealing_gives_every_vector_byte_for_byte(void **state)
{
    const char *name;
    json_t *vector;
    (void)state;
    json_object_foreach(json_object_get(callback_vectors(), "messages"), name, vector)
    {
        uint8_t random[ENVELOPE_RANDOM_LEN];
        size_t len = 0;
        const char *text = text_of(vector, "plaintext_utf8"), *hex = text_of(vector, "random16_hex");
        struct buffer out;
        assert_int_equal(hex_decode(hex, strlen(hex), random, sizeof(random), &len), 0);
        buffer_init(&out, WECHAT_BODY_MAX);
        assert_int_equal(envelope_seal(&key, random, (struct slice){(const uint8_t *)text, strlen(text)}, &out), 0);
        assert_string_equal(buffer_text(&out), text_of(vector, "ciphertext_base64"));
        buffer_finish(&out);
    }
}

/* Every byte of every vector, flipped in each bit: CBC spoils a block and flips a bit of the next one. What is inside
 * the message the signature alone protects; the frame around it (length, AppID, padding) the envelope has to. */
static void a_tampered_signature_or_text_is_always_noticed(void **state)
{
    const char *name;
    json_t *vector;
    (void)state;
    json_object_foreach(json_object_get(callback_vectors(), "messages"), name, vector)
    {
        char *text = strdup(text_of(vector, "ciphertext_base64"));
        struct wechat_signature query = {.signature = text_of(vector, "msg_signature"),
                                         .timestamp = text_of(callback_vectors(), "timestamp"),
                                         .nonce = text_of(callback_vectors(), "nonce"),
                                         .encrypted = text};
        for (size_t i = 0; i < strlen(text); i++) {
            text[i] ^= 1;
            assert_false(wechat_signature_right(text_of(callback_vectors(), "token"), &query));
            text[i] ^= 1;
        }
        free(text);
    }
}

/* A plain text of ours, padded and encrypted as it is: what a forger who had the key's text could send. */
static char *encrypt_raw(const uint8_t *plain, size_t len)
{
    /* envelope_seal with an empty frame cannot be had, so the bytes travel as its random part and message; the AppID
     * is what the key says, and the padding follows. */
    struct envelope_key raw = key;
    struct buffer out;
    raw.appid = "";
    buffer_init(&out, WECHAT_BODY_MAX);
    assert_true(len >= ENVELOPE_RANDOM_LEN + 4);
    assert_int_equal(envelope_seal(&raw, plain, (struct slice){plain + 20, len - 20}, &out), 0);
    char *text = strdup(buffer_text(&out));
    buffer_finish(&out);
    return text;
}

static void a_wrong_appid_or_none_is_refused(void **state)
{
    static const char *const others[] = {"wx5823bf96d3bd56c8", "wx5823bf96d3bd56c", "wx5823bf96d3bd56c77", "",
                                         "xwx5823bf96d3bd56c7"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct envelope_key other = key;
        uint8_t random[ENVELOPE_RANDOM_LEN] = {1};
        struct buffer out;
        other.appid = others[i];
        buffer_init(&out, WECHAT_BODY_MAX);
        assert_int_equal(envelope_seal(&other, random, (struct slice){(const uint8_t *)"<xml/>", 6}, &out), 0);
        open_to(buffer_text(&out), -EBADMSG, "");
        buffer_finish(&out);
    }
}

static void a_length_that_lies_is_refused(void **state)
{
    uint8_t plain[60] = {0};
    (void)state;
    memcpy(plain + 20, "hello", 5);
    memcpy(plain + 25, appid, strlen(appid));
    char *honest = encrypt_raw(plain, 25 + strlen(appid));
    open_to(honest, -EBADMSG, ""); /* its length counts the AppID too: it was sealed as the message's */
    free(honest);
    assert_int_equal(wechat_envelope_parse((struct slice){(const uint8_t *)"<xml>", 5}, (char[8]){0}, 8), -EBADMSG);
}

static void what_is_no_envelope_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "A",
        "AAAA",
        "AAAA====",
        "not base64 at all!",
        "gF3wc2f2u1uxikxoffTl6A==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "ONp0IGCCIy+XmfOHKRboHr/ktj9G2VT+vAfZJ3RgCHSMTy5+9quYjX7mCbAl+RPydBrTYMz05q7zSPPECpmJug",
        "ONp0IGCCIy+XmfOHKRboHr/ktj9G2VT+vAfZJ3RgCHSMTy5+9quYjX7mCbAl+RPydBrTYMz05q7zSPPECpmJug== "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_to(cases[i], -EBADMSG, "");
    }
}

/* Cut to any number of whole AES blocks, or with the last bytes flipped: padding and AppID notice. */
static void a_cut_or_spoilt_tail_is_refused(void **state)
{
    const char *whole =
        text_of(json_object_get(json_object_get(callback_vectors(), "messages"), "text_cn"), "ciphertext_base64");
    uint8_t bytes[1024];
    char text[BASE64_CAP(1024)];
    size_t len = 0;
    (void)state;
    assert_int_equal(base64_decode(whole, strlen(whole), bytes, sizeof(bytes), &len), 0);
    for (size_t cut = 16; cut < len; cut += 16) {
        base64_encode(bytes, cut, text, sizeof(text));
        open_to(text, -EBADMSG, "");
    }
    for (size_t i = len - 60; i < len; i++) { /* AppID and padding are the last 44 bytes, a bit reaches 16 further */
        bytes[i] ^= 0x40;
        base64_encode(bytes, len, text, sizeof(text));
        open_to(text, -EBADMSG, "");
        bytes[i] ^= 0x40;
    }
}

static void a_sealed_reply_is_signed_over_what_it_holds(void **state)
{
    static const uint8_t random[ENVELOPE_RANDOM_LEN] = {7};
    struct wechat_seal seal = {.key = &key, .token = "tok", .random = random, .nonce = 42, .now_s = 1735689600};
    char encrypted[2048], expected[WECHAT_SIGNATURE_CAP];
    struct buffer xml;
    (void)state;
    buffer_init(&xml, 4096);
    assert_int_equal(wechat_reply_seal(&seal, (struct slice){(const uint8_t *)"<xml/>", 6}, &xml), 0);
    assert_int_equal(wechat_envelope_parse((struct slice){xml.data, xml.len}, encrypted, sizeof(encrypted)), 0);
    open_to(encrypted, 0, "<xml/>");
    struct wechat_signature query = {.timestamp = "1735689600", .nonce = "42", .encrypted = encrypted};
    assert_int_equal(wechat_signature_make("tok", &query, expected), 0);
    assert_non_null(strstr(buffer_text(&xml), expected));
    assert_non_null(strstr(buffer_text(&xml), "<TimeStamp>1735689600</TimeStamp>"));
    buffer_finish(&xml);
}

static void hostile_outer_documents_are_refused(void **state)
{
    static const char *const cases[] = {
        "<xml><ToUserName>gh</ToUserName></xml>",
        "<xml><Encrypt></Encrypt></xml>",
        "<xml><Deep><Encrypt>QUFB</Encrypt></Deep></xml>",
        "<!DOCTYPE xml [<!ENTITY a \"AAAA\">]><xml><Encrypt>&a;</Encrypt></xml>",
        "<xml><Encrypt>QUFB</xml>",
    };
    char out[64];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice xml = {(const uint8_t *)cases[i], strlen(cases[i])};
        assert_int_equal(wechat_envelope_parse(xml, out, sizeof(out)), -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_what_others_make_of_it),
        cmocka_unit_test(a_key_has_43_letters_and_digits),
        cmocka_unit_test(every_vector_opens_and_its_signature_is_right),
        cmocka_unit_test(sealing_gives_every_vector_byte_for_byte),
        cmocka_unit_test(a_tampered_signature_or_text_is_always_noticed),
        cmocka_unit_test(a_wrong_appid_or_none_is_refused),
        cmocka_unit_test(a_length_that_lies_is_refused),
        cmocka_unit_test(what_is_no_envelope_is_refused),
        cmocka_unit_test(a_cut_or_spoilt_tail_is_refused),
        cmocka_unit_test(a_sealed_reply_is_signed_over_what_it_holds),
        cmocka_unit_test(hostile_outer_documents_are_refused),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
