#include "members_desk.h"

#include "central/phone/member_export.h"
#include "central/store/people_privacy.h"
#include "central/store/query.h"
#include "central/wechat/work.h"
#include "platform/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPENID "oErasedPersonNumberOne0000001"
#define PHONE  "13800138000"
#define CARD   "VIP20261122"
#define WORDS  "请问什么时候有货"
#define FOLLOW                                                                                                         \
    "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_t1]]>"         \
    "</EventKey>"
#define WRITE "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" WORDS "]]></Content><MsgId>7001</MsgId>"
#define LEAVE "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[unsubscribe]]></Event>"

static struct members_desk d;
static char page[128];

static void push(const char *fields, int64_t created_s)
{
    struct phone_answer answer;
    wechat_push(&d.people, &(struct push){.openid = OPENID, .fields = fields, .created_s = created_s}, &answer);
    assert_int_equal(answer.status, 200);
    if (!page[0]) {
        page_path(&answer, page);
    }
    phone_answer_finish(&answer);
    wechat_settle(&d.people);
}

/* A follower who joined, wrote, gave a phone and a card, chose a tag, and bought something. */
static json_int_t make_known(void)
{
    char target[160];
    struct phone_answer answer;
    json_decref(admin_do(&d.people, "clerk add", "{\"store\":1,\"name\":\"王强\",\"pin\":\"1357\"}"));
    json_decref(admin_do(&d.people, "wechat account", "{\"name\":\"shop\",\"token\":\"" TOKEN "\"}"));
    json_decref(admin_do(&d.people, "touchpoint add", "{\"store\":1,\"terminal\":1,\"clerk\":1}"));
    json_decref(admin_do(&d.people, "tag add", "{\"name\":\"coffee\",\"self\":true}"));
    push(FOLLOW, 1795000001);
    snprintf(target, sizeof(target), "%s/join", page);
    phone_call(&d.people, "POST", target, "consent=2026-11-22", &answer);
    assert_int_equal(answer.status, 303);
    phone_answer_finish(&answer);
    push(WRITE, 1795000002);
    json_t *list = admin_do(&d.people, "member list", "");
    json_t *row = json_array_get(json_object_get(json_object_get(list, "result"), "rows"), 0);
    json_int_t member = json_integer_value(json_object_get(row, "member"));
    json_decref(list);
    members_admin(&d, "member identify", "{\"member\":%lld,\"phone\":\"+86 138-0013-8000\"}", member);
    members_admin(&d, "member identify", "{\"member\":%lld,\"card\":\"" CARD "\"}", member);
    members_admin(&d, "member tag", "{\"member\":%lld,\"tag\":\"coffee\"}", member);
    members_sell(&d, member, 1990);
    return member;
}

static int setup(void **state)
{
    (void)state;
    page[0] = '\0';
    members_open(&d, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    members_close(&d);
    return 0;
}

/* ---- what an HMAC of somebody's leaves behind */

struct traces {
    uint8_t openid[WHO_LEN], phone[WHO_LEN], card[WHO_LEN];
};

static void find_traces(struct traces *out)
{
    struct channel_keys keys;
    assert_int_equal(wechat_work_keys(d.people.central, &keys), 0);
    channel_who(&keys, "shop", OPENID, out->openid);
    channel_who(&keys, "phone", PHONE, out->phone);
    channel_who(&keys, "card", CARD, out->card);
    channel_keys_finish(&keys);
}

static bool file_has(const char *path, const void *needle, size_t len)
{
    struct buffer content;
    buffer_init(&content, 64 * 1024 * 1024);
    int rc = file_read(path, &content);
    bool found = rc == 0 && content.len > 0 && memmem(content.data, content.len, needle, len) != NULL;
    assert_true(rc == 0 || rc == -ENOENT);
    buffer_finish(&content);
    return found;
}

/* In the books' file, used pages or free ones, or in their log. */
static bool books_hold(const void *needle, size_t len)
{
    char log[STORE_PATH_MAX + 8];
    const char *path = store_path(d.people.central->store);
    snprintf(log, sizeof(log), "%s-wal", path);
    return file_has(path, needle, len) || file_has(log, needle, len);
}

static int nothing(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

static bool scrub_waits(void)
{
    struct store_tx tx;
    int64_t since_ms = 0;
    assert_int_equal(store_read_begin(d.people.central->store, &tx), 0);
    assert_int_equal(people_scrub_due(&tx, &since_ms), 0);
    store_read_end(&tx);
    return since_ms != 0;
}

static void let_it_be_scrubbed(void)
{
    sim_clock_advance(&d.people.clock, 2 * SCRUB_EVERY_MS);
    for (int i = 0; i < 1000 && scrub_waits(); i++) {
        central_people.tick(d.people.central);
        assert_int_equal(writer_call(d.people.central->writer, nothing, NULL), 0);
    }
    assert_false(scrub_waits());
}

static void nothing_names_the_person(const struct traces *traces)
{
    static const char *const words[] = {OPENID, PHONE, CARD, WORDS};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        assert_false(folder_holds(d.people.dir, words[i]));
        assert_false(file_has(d.people.log, words[i], strlen(words[i])));
    }
    assert_false(books_hold(traces->openid, WHO_LEN));
    assert_false(books_hold(traces->phone, WHO_LEN));
    assert_false(books_hold(traces->card, WHO_LEN));
}

static bool says(const char *text, const char *words)
{
    return strstr(text, words) != NULL;
}

struct scrubbing {
    int result;
    int64_t patience_ms; /* afterwards */
};

/* On the writer's thread, where it belongs. A wait for the reader would last ten minutes: the test would not end. */
static void scrub_there(void *arg, int result)
{
    struct scrubbing *scrubbing = arg;
    struct db *db = store_writer_db(d.people.central->store);
    assert_int_equal(result, 0);
    assert_int_equal(db_exec(db, "PRAGMA busy_timeout=600000"), 0);
    scrubbing->result = people_scrub(d.people.central->store);
    assert_int_equal(query_number(db, "PRAGMA busy_timeout", QUERY_NONE, &scrubbing->patience_ms), 0);
}

static void scrub(struct scrubbing *out)
{
    struct writer_job job = {.lane = WRITER_LIVE, .run = nothing, .done = scrub_there, .arg = out};
    assert_int_equal(writer_submit(d.people.central->writer, &job), 0);
    assert_int_equal(writer_call(d.people.central->writer, nothing, NULL), 0);
}

static void while_somebody_reads_scrubbing_holds_up_nobody(void **state)
{
    (void)state;
    struct scrubbing scrubbing = {0};
    struct store_tx reader;
    struct member member;
    json_int_t id = make_known();
    assert_int_equal(store_read_begin(d.people.central->store, &reader), 0);
    assert_int_equal(people_find_member(&reader, (uint64_t)id, &member), 0); /* the snapshot stands */
    members_admin(&d, "member erase", "{\"member\":%lld,\"why\":\"asked\"}", id);
    scrub(&scrubbing);
    assert_int_equal(scrubbing.result, -EBUSY);
    assert_int_equal(scrubbing.patience_ms, 600000);
    assert_int_equal(people_find_member(&reader, (uint64_t)id, &member), 0);
    assert_false(member.erased);
    store_read_end(&reader);
    scrub(&scrubbing);
    assert_int_equal(scrubbing.result, 0);
    let_it_be_scrubbed();
}

static void everything_that_is_kept_of_a_member_can_be_handed_out(void **state)
{
    (void)state;
    json_int_t member = make_known();
    char args[64];
    snprintf(args, sizeof(args), "{\"member\":%lld}", member);
    json_t *all = admin_do(&d.people, "member export", args);
    char *text = json_dumps(json_object_get(all, "result"), JSON_COMPACT);
    assert_true(says(text, OPENID));
    assert_true(says(text, PHONE));
    assert_true(says(text, CARD));
    assert_true(says(text, WORDS));
    assert_true(says(text, "\"tag\":\"coffee\""));
    assert_true(says(text, "\"gross_minor\":1990"));
    assert_true(says(text, "\"version\":\"2026-11-22\""));
    assert_true(says(text, "\"clerk\":1"));
    free(text);
    json_decref(all);
    assert_non_null(strstr(admin_refused(&d.people, "member export", "{\"member\":5}"), "no such member"));
}

static void before_it_is_erased_the_person_can_be_found_but_not_read(void **state)
{
    (void)state;
    struct traces traces;
    make_known();
    find_traces(&traces);
    assert_true(books_hold(traces.openid, WHO_LEN)); /* else the test beneath proves nothing */
    assert_true(books_hold(traces.phone, WHO_LEN));
    assert_true(books_hold(traces.card, WHO_LEN));
    assert_false(folder_holds(d.people.dir, OPENID));
    assert_false(folder_holds(d.people.dir, PHONE));
}

static void after_erasure_books_and_log_hold_nothing_that_names_the_member(void **state)
{
    (void)state;
    struct traces traces;
    json_int_t member = make_known();
    find_traces(&traces);
    members_admin(&d, "member erase", "{\"member\":%lld,\"why\":\"asked\"}", member);
    let_it_be_scrubbed();
    nothing_names_the_person(&traces);
    members_admin(&d, "books", "{\"verify\":true}"); /* the ledger stands, under a random number */
    assert_int_equal(members_activity(&d, member).purchases, 0);
    members_sell(&d, member, 500); /* a till that has not heard of it yet */
    assert_int_equal(members_activity(&d, member).purchases, 0);
    assert_non_null(strstr(admin_refused(&d.people, "member find", "{\"phone\":\"" PHONE "\"}"), "nobody"));
}

static void whoever_unfollows_leaves_no_openid_and_no_message(void **state)
{
    (void)state;
    struct traces traces;
    make_known();
    find_traces(&traces);
    push(LEAVE, 1795000009);
    let_it_be_scrubbed();
    assert_false(folder_holds(d.people.dir, OPENID));
    assert_false(books_hold(traces.openid, WHO_LEN));
}

static void a_backup_made_after_the_erasure_holds_nothing_either(void **state)
{
    (void)state;
    struct traces traces;
    char path[STORE_PATH_MAX + 64];
    json_int_t member = make_known();
    find_traces(&traces);
    members_admin(&d, "member erase", "{\"member\":%lld,\"why\":\"asked\"}", member);
    assert_int_equal(central_backup(d.people.central, path, sizeof(path)), 0);
    assert_false(file_has(path, traces.openid, WHO_LEN));
    assert_false(file_has(path, traces.phone, WHO_LEN));
}

static void a_number_is_one_members(void **state)
{
    (void)state;
    char args[96];
    json_int_t member = make_known(), other = members_add(&d, 1);
    assert_int_equal(number_of(admin_do(&d.people, "member find", "{\"phone\":\"138 0013 8000\"}"), "member"), member);
    snprintf(args, sizeof(args), "{\"member\":%lld,\"phone\":\"" PHONE "\"}", other);
    assert_non_null(strstr(admin_refused(&d.people, "member identify", args), "it is member"));
    snprintf(args, sizeof(args), "{\"member\":%lld,\"card\":\"4111111111111111\"}", other);
    assert_non_null(strstr(admin_refused(&d.people, "member identify", args), "no member card"));
    snprintf(args, sizeof(args), "{\"member\":%lld,\"phone\":\"call me\"}", other);
    assert_non_null(strstr(admin_refused(&d.people, "member identify", args), "no phone number"));
}

static void what_was_agreed_to_is_logged_and_choosing_can_be_refused(void **state)
{
    (void)state;
    char args[64];
    json_int_t member = make_known();
    snprintf(args, sizeof(args), "{\"member\":%lld}", member);
    assert_int_equal(members_count(&d, "tag coffee"), 1);
    members_admin(&d, "consent personal", "{\"member\":%lld,\"on\":\"off\"}", member);
    members_admin(&d, "consent personal", "{\"member\":%lld,\"on\":\"off\"}", member);
    assert_int_equal(members_count(&d, "tag coffee"), 0);
    assert_int_equal(row_count(admin_do(&d.people, "consent log", args)), 2);
    assert_int_equal(row_count(admin_do(&d.people, "consent list", "")), 2);
    members_admin(&d, "consent personal", "{\"member\":%lld,\"on\":\"on\"}", member);
    assert_int_equal(members_count(&d, "tag coffee"), 1);
    assert_true(row_count(admin_do(&d.people, "consent show", "{\"version\":\"2026-11\"}")) > 0);
    assert_non_null(strstr(admin_refused(&d.people, "consent show", "{\"version\":\"1999\"}"), "never"));
}

/* A clerk who is credited later by a correction starts waiting for retention like any other. */
static void a_corrected_attribution_starts_its_clerks_credit(void **state)
{
    (void)state;
    make_known();
    json_int_t loose = members_add(&d, 1);
    members_admin(&d, "member attribute", "{\"member\":%lld,\"touchpoint\":1,\"why\":\"the clerk's own card\"}", loose);
    json_t *report = admin_do(&d.people, "acquisition report", "");
    json_t *row = json_array_get(json_object_get(json_object_get(report, "result"), "rows"), 0);
    assert_int_equal(json_integer_value(json_object_get(row, "pending")), 2);
    json_decref(report);
}

/* ---- from the member's own page */

static void submit(const char *what, const char *form, int status, const char *location)
{
    char target[160];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/%s", page, what);
    phone_call(&d.people, "POST", target, form, &answer);
    assert_int_equal(answer.status, status);
    if (location) {
        snprintf(target, sizeof(target), "%s%s", page, location);
        assert_string_equal(answer.location, target);
    }
    phone_answer_finish(&answer);
}

static bool page_says(const char *what, const char *words)
{
    char target[160];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s%s", page, what);
    phone_call(&d.people, "GET", target, "", &answer);
    bool found = says(buffer_text(&answer.body), words);
    assert_string_equal(answer.cache, "no-store");
    phone_answer_finish(&answer);
    return found;
}

static void members_say_themselves_what_they_like(void **state)
{
    (void)state;
    json_int_t member = make_known();
    members_admin(&d, "member untag", "{\"member\":%lld,\"tag\":\"coffee\"}", member);
    members_admin(&d, "tag add", "{\"name\":\"regular\"}");
    assert_true(page_says("", "name=\"t1\" value=\"1\"><span>coffee"));
    assert_false(page_says("", "regular")); /* is head office's word alone */
    submit("tags", "t1=1&t2=1", 303, "?done=tags");
    assert_true(page_says("", "value=\"1\" checked"));
    assert_int_equal(members_count(&d, "tag coffee"), 1);
    assert_int_equal(members_count(&d, "tag regular"), 0);
    submit("tags", "", 303, "?done=tags");
    assert_int_equal(members_count(&d, "tag coffee"), 0);
}

static void the_page_shows_what_the_tier_gives_and_where_stores_are(void **state)
{
    (void)state;
    make_known();
    members_admin(&d, "tier privilege", "{\"tier\":\"new\",\"zh\":\"新人礼\",\"en\":\"Welcome gift\"}");
    members_admin(&d, "tier privilege", "{\"tier\":\"keep\",\"zh\":\"老友价\",\"en\":\"Regulars\"}");
    members_admin(&d, "store place", "{\"store\":2,\"latitude\":\"31.230416\",\"longitude\":\"-0.5\"}");
    assert_true(page_says("", "新人礼"));
    assert_false(page_says("", "老友价"));
    assert_true(page_says("", "data-a=\"31230416\" data-o=\"-500000\""));
    assert_true(page_says("", "积分由 松江路店 承担"));
    assert_non_null(strstr(
        admin_refused(&d.people, "store place", "{\"store\":2,\"latitude\":\"91\",\"longitude\":\"0\"}"), "degrees"));
}

static void a_question_is_answered_with_one_tap(void **state)
{
    (void)state;
    make_known();
    members_admin(&d, "survey add", "{\"zh\":\"为何没用券\",\"answers_zh\":\"忘了|太远\"}");
    assert_true(page_says("", "name=\"answer\" value=\"2\">太远"));
    submit("answer", "survey=1&answer=2", 303, "?done=thanks");
    submit("answer", "survey=1&answer=1", 303, "?done=thanks"); /* the first one counts */
    assert_true(page_says("?done=thanks", "谢谢您的回答"));
    assert_false(page_says("", "太远"));
}

/* Each form is a transaction and may be a record of the journal, which is kept for ever. */
static void a_page_may_not_go_on_and_on(void **state)
{
    static const char *const words[] = {"personal=0", "personal=1"};
    (void)state;
    make_known();
    for (int i = 0; i < 12; i++) {
        submit("privacy", words[i % 2], 303, "/privacy");
    }
    submit("privacy", words[0], 429, NULL);
    submit("tags", "t1=1", 429, NULL);
    members_pass(&d, 60000);
    submit("tags", "t1=1", 303, "?done=tags");
}

static void words_that_are_no_text_are_handed_out_too(void **state)
{
    json_t *row = json_object();
    (void)state;
    assert_int_equal(member_export_words(row, "message", (struct slice){(const uint8_t *)"\xff\xfe!", 3}), 0);
    assert_int_equal(member_export_words(row, "other", (struct slice){(const uint8_t *)"\xe4\xbd\xa0", 3}), 0);
    assert_string_equal(json_string_value(json_object_get(row, "message_base64")), "//4h");
    assert_string_equal(json_string_value(json_object_get(row, "other")), "你");
    json_decref(row);
}

/* What other rooms keep of a member, and credit by its owner. */
static void what_staff_answered_and_surveys_are_handed_out(void **state)
{
    char args[64];
    json_int_t member = make_known();
    (void)state;
    members_admin(&d, "survey add", "{\"zh\":\"为何没用券\",\"answers_zh\":\"忘了|太远\"}");
    submit("answer", "survey=1&answer=2", 303, "?done=thanks");
    members_admin(&d, "question answer", "{\"question\":1,\"text\":\"明天到货\",\"by\":\"anna\"}");
    snprintf(args, sizeof(args), "{\"member\":%lld}", member);
    json_t *all = admin_do(&d.people, "member export", args);
    char *text = json_dumps(json_object_get(all, "result"), JSON_COMPACT);
    assert_true(says(text, "\"answer\":\"明天到货\""));
    assert_true(says(text, "\"survey\":1,\"answer\":2"));
    assert_true(says(text, "\"campaign_arms\":["));
    assert_true(says(text, "\"sent_messages\":["));
    assert_true(says(text, "\"credit\":["));
    free(text);
    json_decref(all);
}

/* As the books were before the switch's step: everybody could be chosen. */
static int age(void *arg, struct store_tx *tx)
{
    const struct store_schema *schema = &store_schema_people;
    const char *step = NULL;
    for (size_t i = 0; i < schema->count; i++) {
        step = strncmp(schema->steps[i], "UPDATE member SET personal = 0", 30) == 0 ? schema->steps[i] : step;
    }
    assert_non_null(step);
    int rc = query_run(store_tx_write(tx), "UPDATE consent SET version = ? WHERE version = '2026-11-22'",
                       QUERY(Q_TEXT(CONSENT_WITHOUT_PERSONAL)));
    (void)arg;
    return rc ? rc : db_exec(store_tx_write(tx), step);
}

static void who_agreed_to_the_first_notice_is_asked_before_being_chosen(void **state)
{
    (void)state;
    make_known();
    json_int_t paper = members_add(&d, 1);
    members_admin(&d, "member tag", "{\"member\":%lld,\"tag\":\"coffee\"}", paper);
    assert_int_equal(members_count(&d, "tag coffee"), 2);
    assert_false(page_says("", "可以根据您的消费和兴趣挑选优惠吗"));
    assert_int_equal(writer_call(d.people.central->writer, age, NULL), 0);
    assert_int_equal(members_count(&d, "tag coffee"), 1);
    assert_true(page_says("", "可以根据您的消费和兴趣挑选优惠吗"));
    submit("privacy", "personal=0", 303, "/privacy"); /* a no is an answer */
    assert_false(page_says("", "可以根据您的消费和兴趣挑选优惠吗"));
    assert_int_equal(members_count(&d, "tag coffee"), 1);
    submit("privacy", "personal=1", 303, "/privacy");
    assert_int_equal(members_count(&d, "tag coffee"), 2);
    assert_int_equal(writer_call(d.people.central->writer, age, NULL), 0); /* said is said */
    submit("privacy", "personal=1", 303, "/privacy");
    assert_int_equal(members_count(&d, "tag coffee"), 2);
}

static void an_old_page_joins_without_being_chosen(void **state)
{
    struct phone_answer answer;
    char target[160];
    (void)state;
    json_decref(admin_do(&d.people, "wechat account", "{\"name\":\"shop\",\"token\":\"" TOKEN "\"}"));
    push(FOLLOW, 1795000001);
    snprintf(target, sizeof(target), "%s/join", page);
    phone_call(&d.people, "POST", target, "consent=" CONSENT_WITHOUT_PERSONAL "&store=1", &answer);
    assert_int_equal(answer.status, 303);
    phone_answer_finish(&answer);
    assert_int_equal(members_count(&d, "store 1"), 0);
    submit("privacy", "personal=1", 303, "/privacy");
    assert_int_equal(members_count(&d, "store 1"), 1);
}

static int page_status(void)
{
    struct phone_answer answer;
    phone_call(&d.people, "GET", page, "", &answer);
    int status = answer.status;
    assert_true(status == 200 || says(buffer_text(&answer.body), "重新获取您的会员页"));
    phone_answer_finish(&answer);
    return status;
}

/* As the chat's answer makes one now, for the one follower. */
static void take_new_link(void)
{
    struct channel_keys keys;
    char ticket[PAGE_TICKET_CAP];
    assert_int_equal(wechat_work_keys(d.people.central, &keys), 0);
    channel_ticket_make(&keys, 1, clock_wall_ms(&d.people.clock.base), ticket);
    channel_keys_finish(&keys);
    snprintf(page, sizeof(page), "/m/%s", ticket);
}

/* A link in a picture of the chat, or passed on, opens nothing for ever. */
static void a_link_ends_and_another_opens_the_page_again(void **state)
{
    char old[sizeof(page)];
    (void)state;
    make_known();
    members_pass(&d, 2 * DAY_MS - 3600000);
    assert_true(page_says("/data.json", OPENID));
    members_pass(&d, 3 * 3600000);
    assert_true(page_says("/data.json", "重新获取您的会员页"));
    submit("erase", "sure=yes", 404, NULL);
    assert_int_equal(page_status(), 200); /* what a day in the shop needs lasts longer */
    members_pass(&d, 58 * DAY_MS);
    assert_int_equal(page_status(), 404);
    memcpy(old, page, sizeof(old));
    take_new_link();
    assert_string_not_equal(page, old);
    assert_true(page_says("/data.json", OPENID));
    page[strlen("/m/") + 14] ^= 1; /* the hour is under the MAC */
    assert_int_equal(page_status(), 404);
}

static void the_page_hands_out_everything_and_ends_it(void **state)
{
    (void)state;
    struct traces traces;
    struct phone_answer answer;
    json_int_t member = make_known();
    find_traces(&traces);
    assert_true(page_says("/privacy", "2026-11-22"));
    assert_true(page_says("/data.json", OPENID));
    assert_true(page_says("/data.json", "try again in a minute"));
    members_pass(&d, 60000);
    assert_true(page_says("/data.json", PHONE));
    submit("privacy", "personal=0", 303, "/privacy");
    assert_int_equal(members_count(&d, "tag coffee"), 0);
    submit("privacy", "personal=9", 400, NULL);
    submit("erase", "", 400, NULL); /* not without the tick */
    submit("erase", "sure=yes", 200, NULL);
    phone_call(&d.people, "GET", page, "", &answer);
    assert_int_equal(answer.status, 404);
    phone_answer_finish(&answer);
    let_it_be_scrubbed();
    nothing_names_the_person(&traces);
    assert_int_equal(members_tier(&d, member), TIER_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(while_somebody_reads_scrubbing_holds_up_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(everything_that_is_kept_of_a_member_can_be_handed_out, setup, teardown),
        cmocka_unit_test_setup_teardown(before_it_is_erased_the_person_can_be_found_but_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(after_erasure_books_and_log_hold_nothing_that_names_the_member, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(whoever_unfollows_leaves_no_openid_and_no_message, setup, teardown),
        cmocka_unit_test_setup_teardown(a_backup_made_after_the_erasure_holds_nothing_either, setup, teardown),
        cmocka_unit_test_setup_teardown(members_say_themselves_what_they_like, setup, teardown),
        cmocka_unit_test_setup_teardown(the_page_shows_what_the_tier_gives_and_where_stores_are, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_is_answered_with_one_tap, setup, teardown),
        cmocka_unit_test_setup_teardown(the_page_hands_out_everything_and_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_may_not_go_on_and_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_ends_and_another_opens_the_page_again, setup, teardown),
        cmocka_unit_test_setup_teardown(who_agreed_to_the_first_notice_is_asked_before_being_chosen, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_page_joins_without_being_chosen, setup, teardown),
        cmocka_unit_test(words_that_are_no_text_are_handed_out_too),
        cmocka_unit_test_setup_teardown(what_staff_answered_and_surveys_are_handed_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_is_one_members, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_agreed_to_is_logged_and_choosing_can_be_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_corrected_attribution_starts_its_clerks_credit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
