#include "central/wechat/message.h"
#include "central/wechat/reply.h"
#include "central/wechat/signature.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/data/wechat/vectors.json"

static struct slice text_slice(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

static int load_vectors(void **state)
{
    *state = json_load_file(VECTORS, 0, NULL);
    return *state ? 0 : -1;
}

static int free_vectors(void **state)
{
    json_decref(*state);
    return 0;
}

static const char *message_of(void **state, const char *name)
{
    const json_t *messages = json_object_get(json_object_get(*state, "wechat_callback"), "messages");
    return json_string_value(json_object_get(json_object_get(messages, name), "plaintext_utf8"));
}

static void a_follow_by_qr_names_its_scene(void **state)
{
    struct wechat_message message;
    char scene[WECHAT_SCENE_MAX];
    assert_int_equal(wechat_message_parse(text_slice(message_of(state, "subscribe_qr")), &message), 0);
    wechat_message_scene(&message, scene);
    assert_int_equal(wechat_message_kind(&message), WECHAT_SUBSCRIBE);
    assert_string_equal(message.from, "oia2TjuEGTNoeX76QEjQNrcURxG8");
    assert_string_equal(message.to, "gh_7f083739789a");
    assert_int_equal(message.created_s, 1735689600);
    assert_string_equal(scene, "st:0042:till:3");
}

static void a_text_comes_through_with_its_markup(void **state)
{
    struct wechat_message message;
    assert_int_equal(wechat_message_parse(text_slice(message_of(state, "text_cn")), &message), 0);
    assert_int_equal(wechat_message_kind(&message), WECHAT_TEXT);
    assert_string_equal(message.content, "查询积分 & <余额>");
    assert_string_equal(message.msg_id, "24872563478126543");
}

static void the_signature_of_an_independent_package_is_accepted(void **state)
{
    const json_t *callback = json_object_get(*state, "wechat_callback");
    const json_t *plain = json_object_get(callback, "plain_url_verification");
    const char *token = json_string_value(json_object_get(callback, "token"));
    struct wechat_signature query = {.signature = json_string_value(json_object_get(plain, "signature")),
                                     .timestamp = json_string_value(json_object_get(callback, "timestamp")),
                                     .nonce = json_string_value(json_object_get(callback, "nonce"))};
    assert_true(wechat_signature_right(token, &query));
    assert_false(wechat_signature_right("qzStoreToken2026", &query));
    query.nonce = "1372623148";
    assert_false(wechat_signature_right(token, &query));
    query.signature = "";
    assert_false(wechat_signature_right(token, &query));
    query.signature = NULL;
    assert_false(wechat_signature_right(token, &query));
}

#define HEAD "<xml><ToUserName>gh_a</ToUserName><FromUserName>o1</FromUserName><CreateTime>1735689600</CreateTime>"

static void events_are_told_apart(void **state)
{
    static const struct {
        const char *xml;
        enum wechat_kind kind;
        const char *scene;
    } cases[] = {
        {HEAD "<MsgType>event</MsgType><Event>subscribe</Event></xml>", WECHAT_SUBSCRIBE, ""},
        {HEAD "<MsgType>event</MsgType><Event>subscribe</Event><EventKey></EventKey></xml>", WECHAT_SUBSCRIBE, ""},
        {HEAD "<MsgType>event</MsgType><Event>subscribe</Event><EventKey>t7</EventKey></xml>", WECHAT_SUBSCRIBE, ""},
        {HEAD "<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_t7</EventKey></xml>", WECHAT_SUBSCRIBE,
         "t7"},
        {HEAD "<MsgType>event</MsgType><Event>SCAN</Event><EventKey>t7</EventKey></xml>", WECHAT_SCAN, "t7"},
        {HEAD "<MsgType>event</MsgType><Event>unsubscribe</Event></xml>", WECHAT_UNSUBSCRIBE, ""},
        {HEAD "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>menu</EventKey></xml>", WECHAT_CLICK, ""},
        {HEAD "<MsgType>image</MsgType><PicUrl>http://x</PicUrl></xml>", WECHAT_MEDIA, ""},
        {HEAD "<MsgType>event</MsgType><Event>brand_new</Event><Deep><A>1</A></Deep></xml>", WECHAT_OTHER, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wechat_message message;
        char scene[WECHAT_SCENE_MAX];
        assert_int_equal(wechat_message_parse(text_slice(cases[i].xml), &message), 0);
        wechat_message_scene(&message, scene);
        assert_int_equal(wechat_message_kind(&message), cases[i].kind);
        assert_string_equal(scene, cases[i].scene);
    }
}

static void milliseconds_are_understood_as_such(void **state)
{
    struct wechat_message message;
    const char *xml = "<xml><ToUserName>gh_a</ToUserName><FromUserName>o1</FromUserName>"
                      "<CreateTime>1735689600123</CreateTime><MsgType>text</MsgType></xml>";
    (void)state;
    assert_int_equal(wechat_message_parse(text_slice(xml), &message), 0);
    assert_int_equal(message.created_s, 1735689600);
}

static void hostile_documents_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "x",
        "<xml>",
        "<xml></xml>",
        "<xml/>trailing",
        HEAD "</xml>",
        HEAD "<MsgType>text</MsgType></xml2>",
        "<xml><ToUserName>gh_a</ToUserName><FromUserName>o1</FromUserName><CreateTime>soon</CreateTime>"
        "<MsgType>text</MsgType></xml>",
        "<xml><ToUserName>gh_a</ToUserName><FromUserName>o1</FromUserName><CreateTime>-1</CreateTime>"
        "<MsgType>text</MsgType></xml>",
        /* billion laughs */
        "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>" HEAD
        "<MsgType>text</MsgType><Content>&c;</Content></xml>",
        /* a file of the server */
        "<!DOCTYPE xml [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>" HEAD
        "<MsgType>text</MsgType><Content>&f;</Content></xml>",
        "<!DOCTYPE xml SYSTEM \"http://example.com/x.dtd\">" HEAD "<MsgType>text</MsgType></xml>",
        "<!DOCTYPE xml>" HEAD "<MsgType>text</MsgType></xml>",
        HEAD "<MsgType>text</MsgType><Content>&undefined;</Content></xml>",
        HEAD "<MsgType>text</MsgType><a><b><c><d><e><f><g><h><i/></h></g></f></e></d></c></b></a></xml>",
        HEAD "<MsgType>text</MsgType><Content>\xff\xfe</Content></xml>",
        "<?xml version=\"1.0\" encoding=\"x-unknown\"?>" HEAD "<MsgType>text</MsgType></xml",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wechat_message message = {.created_s = 42};
        assert_int_equal(wechat_message_parse(text_slice(cases[i]), &message), -EBADMSG);
        assert_int_equal(message.created_s, 42);
    }
}

static void an_oversized_push_is_not_even_parsed(void **state)
{
    struct wechat_message message;
    char *big = malloc(WECHAT_BODY_MAX + 2);
    (void)state;
    memset(big, ' ', WECHAT_BODY_MAX + 1);
    assert_int_equal(wechat_message_parse((struct slice){(uint8_t *)big, WECHAT_BODY_MAX + 1}, &message), -E2BIG);
    free(big);
}

static void a_field_that_is_too_long_is_cut_between_characters(void **state)
{
    char xml[8192], *at = xml;
    struct wechat_message message;
    (void)state;
    at += sprintf(at, HEAD "<MsgType>text</MsgType><Content>");
    for (int i = 0; i < 1000; i++) {
        at += sprintf(at, "汉");
    }
    sprintf(at, "</Content></xml>");
    assert_int_equal(wechat_message_parse(text_slice(xml), &message), 0);
    assert_int_equal(strlen(message.content) % 3, 0);
    assert_in_range(strlen(message.content), WECHAT_CONTENT_MAX - 4, WECHAT_CONTENT_MAX - 1);
}

static void a_repeated_push_has_the_same_identity_and_another_has_not(void **state)
{
    struct wechat_message first, second;
    char a[WECHAT_IDENTITY_MAX], b[WECHAT_IDENTITY_MAX];
    (void)state;
    assert_int_equal(wechat_message_parse(text_slice(HEAD "<MsgType>event</MsgType><Event>SCAN</Event>"
                                                          "<EventKey>t1</EventKey></xml>"),
                                          &first),
                     0);
    second = first;
    wechat_message_identity(&first, a, sizeof(a));
    wechat_message_identity(&second, b, sizeof(b));
    assert_string_equal(a, b);
    snprintf(second.event_key, sizeof(second.event_key), "t2");
    wechat_message_identity(&second, b, sizeof(b));
    assert_string_not_equal(a, b);
    snprintf(second.msg_id, sizeof(second.msg_id), "99");
    wechat_message_identity(&second, b, sizeof(b));
    assert_string_equal(b, "id/gh_a/99");
}

static void a_reply_swaps_the_two_ends_and_survives_the_end_of_cdata(void **state)
{
    struct wechat_message message = {.to = "gh_a", .from = "o1", .type = "text"}, parsed;
    struct buffer xml;
    (void)state;
    buffer_init(&xml, 4096);
    assert_int_equal(wechat_reply_text(&message, 1735689600, "a]]>b<c>&]]>", &xml), 0);
    assert_int_equal(wechat_message_parse((struct slice){xml.data, xml.len}, &parsed), 0);
    assert_string_equal(parsed.to, "o1");
    assert_string_equal(parsed.from, "gh_a");
    assert_string_equal(parsed.content, "a]]>b<c>&]]>");
    buffer_finish(&xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_follow_by_qr_names_its_scene),
        cmocka_unit_test(a_text_comes_through_with_its_markup),
        cmocka_unit_test(the_signature_of_an_independent_package_is_accepted),
        cmocka_unit_test(events_are_told_apart),
        cmocka_unit_test(milliseconds_are_understood_as_such),
        cmocka_unit_test(hostile_documents_are_refused),
        cmocka_unit_test(an_oversized_push_is_not_even_parsed),
        cmocka_unit_test(a_field_that_is_too_long_is_cut_between_characters),
        cmocka_unit_test(a_repeated_push_has_the_same_identity_and_another_has_not),
        cmocka_unit_test(a_reply_swaps_the_two_ends_and_survives_the_end_of_cdata),
    };
    return cmocka_run_group_tests(tests, load_vectors, free_vectors);
}
