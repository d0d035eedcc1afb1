#include "wechat_fixture.h"
#include "wechat_platform.h"

#include "central/outbox/outbox.h"
#include "central/store/message.h"
#include "central/wechat/order.h"
#include "central/wechat/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE  3
#define HOUR_MS INT64_C(3600000)

/* Orders for WeChat on their way through the outbox, against a platform that does what the test says. No threads: what
 * is due leaves in central_tick, time is the simulated clock. */

static struct people_fixture f;
static struct platform p;
static uint64_t identities[PEOPLE + 1];
static const char *const openids[PEOPLE + 1] = {"oNobody", "oPersonOneOfTheOutboxTest0001",
                                                "oPersonTwoOfTheOutboxTest0002", "oPersonThreeOfTheOutboxTest03"};

static int meet_people(void *arg, struct store_tx *tx)
{
    (void)arg;
    struct channel_keys keys;
    int rc = wechat_work_keys(f.central, &keys);
    for (int i = 1; rc == 0 && i <= PEOPLE; i++) {
        struct channel_identity identity;
        rc = wechat_meet(tx, &keys, &(struct channel_person){.account = "shop", .openid = openids[i]}, &identity);
        identities[i] = identity.id;
        rc = rc ? rc : message_note(tx, identity.id, WINDOW_PAYMENT, tx->now_ms);
    }
    return rc;
}

static int open_all(void **state)
{
    (void)state;
    platform_open_shop(&p, &f);
    assert_int_equal(writer_call(f.central->writer, meet_people, NULL), 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    platform_close_shop(&p, &f);
    return 0;
}

struct text_job {
    const char *key, *text;
    int person;
    int64_t expires_ms;
};

static int run_text(void *arg, struct store_tx *tx)
{
    const struct text_job *job = arg;
    struct channel_keys keys;
    int rc = wechat_work_keys(f.central, &keys);
    struct wechat_order order = {
        .account = "shop", .key = job->key, .identity = identities[job->person], .expires_ms = job->expires_ms};
    return rc ? rc : wechat_order_text(tx, &keys, &order, job->text);
}

static int try_text(const char *key, int person, const char *text)
{
    struct text_job job = {.key = key, .text = text, .person = person};
    return writer_call(f.central->writer, run_text, &job);
}

static void send_text(const char *key, int person, const char *text)
{
    assert_int_equal(try_text(key, person, text), 0);
}

static void wait_ms(int64_t ms)
{
    sim_clock_advance(&f.clock, ms);
    central_tick(f.central);
}

static json_int_t status(const char *name)
{
    return number_of(admin_do(&f, "outbox status", ""), name);
}

/* The reason in the list of one state; there must be exactly one such item. */
static void expect_reason(const char *wanted, const char *words)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"state\":\"%s\"}", wanted);
    json_t *answer = admin_do(&f, "outbox list", args);
    json_t *rows = json_object_get(json_object_get(answer, "result"), "rows");
    assert_int_equal(json_array_size(rows), 1);
    const char *reason = json_string_value(json_object_get(json_array_get(rows, 0), "reason"));
    if (!strstr(reason, words)) {
        fail_msg("%s: \"%s\", not \"%s\"", wanted, reason, words);
    }
    json_decref(answer);
}

static void an_order_leaves_once_in_utf8_to_the_right_person(void **state)
{
    (void)state;
    send_text("answer/1", 1, "您好 & <谢谢>");
    assert_int_equal(try_text("answer/1", 1, "another text"), -EEXIST);
    central_tick(f.central);
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "message/custom/send"), 1);
    assert_int_equal(platform_saw(&p, "\"touser\":\"oPersonOneOfTheOutboxTest0001\""), 1);
    assert_int_equal(platform_saw(&p, "您好 & <谢谢>"), 1);
    assert_int_equal(status("sent"), 1);
    assert_int_equal(try_text("answer/1", 1, "later, again"), -EEXIST);
}

static void nothing_personal_stands_in_the_books(void **state)
{
    (void)state;
    p.down = true;
    send_text("answer/1", 1, "secret words of an answer");
    central_tick(f.central);
    assert_false(folder_holds(f.dir, openids[1]));
    assert_false(folder_holds(f.dir, "secret words"));
}

static void a_busy_platform_costs_no_attempt_and_no_order(void **state)
{
    static const int busy[] = {-1, -1, -1};
    (void)state;
    platform_script(&p, busy, 3);
    send_text("a", 1, "first");
    send_text("b", 1, "second");
    send_text("c", 2, "third");
    central_tick(f.central);
    assert_int_equal(p.calls, 1); /* the whole account rests after one refusal */
    for (int i = 0; i < 60 && status("waiting"); i++) {
        wait_ms(1000);
    }
    assert_int_equal(status("sent"), 3);
    assert_true(platform_saw_in_order(&p, "first", "second"));
    assert_true(platform_saw_in_order(&p, "second", "third"));
}

static void a_person_s_messages_keep_their_order_while_others_go_on(void **state)
{
    static const int strange[] = {99999, 0, 99999};
    (void)state;
    platform_script(&p, strange, 3);
    send_text("a", 1, "one-first");
    send_text("b", 1, "one-second");
    send_text("c", 2, "two-only");
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "two-only"), 1);
    assert_int_equal(platform_saw(&p, "one-"), 0);
    for (int i = 0; i < 20; i++) {
        wait_ms(1000);
    }
    assert_true(platform_saw_in_order(&p, "one-first", "one-second"));
}

static void what_can_never_arrive_is_dead_with_its_reason(void **state)
{
    static const struct {
        int code;
        const char *words;
    } cases[] = {
        {45015, "window is shut"}, {45047, "window's messages"}, {43004, "does not follow"},
        {40003, "does not know"},  {43101, "refused"},           {47003, "fit the template"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char key[8];
        snprintf(key, sizeof(key), "%zu", i);
        platform_script(&p, &cases[i].code, 1);
        send_text(key, 1, "gone");
        central_tick(f.central);
        json_t *answer = admin_do(&f, "outbox list", "{\"limit\":1}");
        json_t *row = json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0);
        assert_string_equal(json_string_value(json_object_get(row, "state")), "dead");
        assert_non_null(strstr(json_string_value(json_object_get(row, "reason")), cases[i].words));
        json_decref(answer);
    }
    send_text("after", 1, "the dead do not stand in the way");
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "the dead do not"), 1);
}

static void a_dead_item_is_tried_again_at_the_operator_s_word(void **state)
{
    static const int code = 43004;
    (void)state;
    platform_script(&p, &code, 1);
    send_text("a", 1, "again");
    central_tick(f.central);
    expect_reason("dead", "does not follow");
    json_decref(admin_do(&f, "outbox retry", "{\"item\":1}"));
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "again"), 1);
    assert_non_null(strstr(admin_refused(&f, "outbox retry", "{\"item\":1}"), "only a dead item"));
}

static void an_order_the_platform_has_already_counts_as_sent(void **state)
{
    static const int code = 45065;
    (void)state;
    platform_script(&p, &code, 1);
    send_text("a", 1, "twice");
    central_tick(f.central);
    assert_int_equal(status("sent"), 1);
}

static void a_used_quota_holds_its_interface_until_tomorrow(void **state)
{
    static const int code = 45009;
    (void)state;
    platform_script(&p, &code, 1);
    send_text("a", 1, "tomorrow");
    send_text("b", 2, "tomorrow too");
    central_tick(f.central);
    wait_ms(HOUR_MS);
    assert_int_equal(p.calls, 1); /* not asked again today, for nobody */
    assert_int_equal(row_count(admin_do(&f, "outbox status", "")), 1);
    wait_ms(24 * HOUR_MS);
    assert_int_equal(status("sent"), 2);
}

static void our_own_count_of_the_day_is_kept(void **state)
{
    (void)state;
    send_text("a", 1, "first");
    central_tick(f.central);
    json_decref(admin_do(&f, "outbox quota", "{\"account\":\"shop\",\"api\":\"custom\",\"per_day\":2}"));
    send_text("b", 2, "second");
    send_text("c", 3, "third");
    central_tick(f.central);
    assert_int_equal(status("sent"), 2);
    assert_int_equal(p.calls, 2);
    wait_ms(24 * HOUR_MS);
    assert_int_equal(status("sent"), 3);
    assert_int_equal(number_of(admin_do(&f, "outbox quota", "{\"account\":\"shop\",\"api\":\"custom\"}"), "used"), 1);
}

static void a_message_out_of_date_does_not_leave(void **state)
{
    struct text_job job = {.key = "a", .text = "too late", .person = 1, .expires_ms = PEOPLE_START_MS + 60000};
    (void)state;
    p.down = true;
    assert_int_equal(writer_call(f.central->writer, run_text, &job), 0);
    central_tick(f.central);
    p.down = false;
    wait_ms(120000);
    assert_int_equal(platform_saw(&p, "too late"), 0);
    expect_reason("dead", "out of date");
}

static int forget_first(void *arg, struct store_tx *tx)
{
    struct channel_keys keys;
    uint8_t who[WHO_LEN];
    struct channel_identity gone;
    (void)arg;
    int rc = wechat_work_keys(f.central, &keys);
    channel_who(&keys, "shop", openids[1], who);
    return rc ? rc : wechat_forget(tx, "shop", who, &gone);
}

static void who_leaves_is_not_written_to(void **state)
{
    (void)state;
    send_text("a", 1, "for one");
    send_text("b", 2, "for two");
    assert_int_equal(writer_call(f.central->writer, forget_first, NULL), 0);
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "for one"), 0);
    assert_int_equal(platform_saw(&p, "for two"), 1);
}

static int claim_one(void *arg, struct store_tx *tx)
{
    struct channel_keys keys;
    struct buffer body;
    (void)arg;
    int rc = wechat_work_keys(f.central, &keys);
    struct outbox_item item;
    buffer_init(&body, OUTBOX_BODY_MAX + 64);
    rc = rc ? rc : outbox_claim(tx, &keys, &item, &body);
    buffer_finish(&body);
    return rc;
}

static void what_a_kill_cut_off_is_sent_after_the_start(void **state)
{
    (void)state;
    send_text("a", 1, "cut off");
    send_text("b", 1, "behind it");
    assert_int_equal(writer_call(f.central->writer, claim_one, NULL), 0);
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "message"), 0); /* it is being sent: the next of its lane waits */
    people_restart(&f);
    central_tick(f.central);
    assert_true(platform_saw_in_order(&p, "cut off", "behind it"));
}

/* ---- an hour of trouble: nothing lost, nothing doubled, no quota burnt, afterwards everything in order */

#define EVERY_MINUTES 5
#define ROUNDS        (60 / EVERY_MINUTES)

static void write_text(int person, int round, char out[48])
{
    snprintf(out, 48, "to %d no %02d.", person, round);
}

static void send_for_an_hour(void)
{
    char key[32], text[48];
    for (int round = 0; round < ROUNDS; round++) {
        for (int person = 1; person <= PEOPLE; person++) {
            snprintf(key, sizeof(key), "%d/%d", person, round);
            write_text(person, round, text);
            send_text(key, person, text);
        }
        for (int s = 0; s < EVERY_MINUTES * 60; s += 10) {
            wait_ms(10000);
        }
    }
}

static int count_counted(void *arg, struct store_tx *tx)
{
    uint32_t *counted = arg;
    int rc = 0;
    for (int person = 1; rc == 0 && person <= PEOPLE; person++) {
        struct message_facts facts;
        rc = message_facts(tx, identities[person], &facts);
        *counted += rc == 0 ? facts.windows[WINDOW_PAYMENT].sent : 0;
    }
    return rc;
}

static uint32_t counted_at_the_door(void)
{
    uint32_t counted = 0;
    assert_int_equal(writer_call(f.central->writer, count_counted, &counted), 0);
    return counted;
}

static void catch_up(void)
{
    for (int i = 0; i < 600 && status("waiting"); i++) {
        wait_ms(60000);
    }
    assert_int_equal(status("sent"), ROUNDS * PEOPLE);
    assert_int_equal(status("dead"), 0);
    assert_int_equal(counted_at_the_door(), ROUNDS * PEOPLE);
    for (int person = 1; person <= PEOPLE; person++) {
        for (int round = 0; round < ROUNDS; round++) {
            char text[48], next[48];
            write_text(person, round, text);
            write_text(person, round + 1, next);
            assert_int_equal(platform_saw(&p, text), 1);
            assert_true(round == ROUNDS - 1 || platform_saw_in_order(&p, text, next));
        }
    }
}

static json_int_t used_today(void)
{
    return number_of(admin_do(&f, "outbox quota", "{\"account\":\"shop\",\"api\":\"custom\"}"), "used");
}

static void an_hour_without_the_platform_loses_and_doubles_nothing(void **state)
{
    (void)state;
    p.down = true;
    send_for_an_hour();
    assert_true(p.tokens + p.calls < 400); /* it is asked now and then, not for each message */
    assert_int_equal(used_today(), 0);
    assert_int_equal(counted_at_the_door(), 0);
    p.down = false;
    catch_up();
}

static void an_hour_of_a_used_up_quota_waits_for_the_next_day(void **state)
{
    (void)state;
    p.always = 45009;
    send_for_an_hour();
    assert_int_equal(p.calls, 1);
    assert_int_equal(used_today(), 0);
    assert_int_equal(counted_at_the_door(), 0);
    p.always = 0;
    catch_up();
}

static void an_hour_of_refused_tokens_forces_few_new_ones(void **state)
{
    (void)state;
    p.stubborn = true;
    send_for_an_hour();
    assert_true(p.forced <= 20); /* the platform's limit of a day */
    assert_int_equal(used_today(), 0);
    assert_int_equal(counted_at_the_door(), 0);
    p.stubborn = false;
    catch_up();
}

static void an_hour_of_slow_answers_sends_all_the_same(void **state)
{
    (void)state;
    p.slow = &f.clock;
    p.slow_ms = 5000;
    send_for_an_hour();
    p.slow = NULL;
    catch_up();
    assert_int_equal(p.calls, ROUNDS * PEOPLE); /* each once */
}

#define OUTBOX_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(an_order_leaves_once_in_utf8_to_the_right_person),
        OUTBOX_TEST(nothing_personal_stands_in_the_books),
        OUTBOX_TEST(a_busy_platform_costs_no_attempt_and_no_order),
        OUTBOX_TEST(a_person_s_messages_keep_their_order_while_others_go_on),
        OUTBOX_TEST(what_can_never_arrive_is_dead_with_its_reason),
        OUTBOX_TEST(a_dead_item_is_tried_again_at_the_operator_s_word),
        OUTBOX_TEST(an_order_the_platform_has_already_counts_as_sent),
        OUTBOX_TEST(a_used_quota_holds_its_interface_until_tomorrow),
        OUTBOX_TEST(our_own_count_of_the_day_is_kept),
        OUTBOX_TEST(a_message_out_of_date_does_not_leave),
        OUTBOX_TEST(who_leaves_is_not_written_to),
        OUTBOX_TEST(what_a_kill_cut_off_is_sent_after_the_start),
        OUTBOX_TEST(an_hour_without_the_platform_loses_and_doubles_nothing),
        OUTBOX_TEST(an_hour_of_a_used_up_quota_waits_for_the_next_day),
        OUTBOX_TEST(an_hour_of_refused_tokens_forces_few_new_ones),
        OUTBOX_TEST(an_hour_of_slow_answers_sends_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
