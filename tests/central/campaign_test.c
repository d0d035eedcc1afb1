#include "wechat_fixture.h"

#include "domain/compliance.h"
#include "platform/file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct people_fixture f;

static int open_shop(void **state)
{
    (void)state;
    people_open_store(&f);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

/* {"file": <the campaign's text>}, with changes made to it; the caller frees it. */
static char *args_of(const char *folder, const char *name, const char *changes)
{
    char path[512];
    snprintf(path, sizeof(path), CAMPAIGNS "/%s/%s", folder, name);
    json_t *campaign = json_load_file(path, 0, NULL), *change = json_loads(changes, 0, NULL);
    assert_non_null(campaign);
    json_object_update(campaign, change);
    char *text = json_dumps(campaign, JSON_COMPACT);
    json_t *args = json_pack("{s:s}", "file", text);
    char *packed = json_dumps(args, JSON_COMPACT);
    free(text);
    json_decref(args);
    json_decref(change);
    json_decref(campaign);
    return packed;
}

static json_int_t add_good(const char *name, const char *changes)
{
    char *args = args_of("good", name, changes);
    json_int_t id = number_of(admin_do(&f, "campaign add", args), "campaign");
    free(args);
    return id;
}

typedef void (*each_file)(const char *name);

static size_t for_each(const char *folder, each_file visit)
{
    char path[512];
    size_t count = 0;
    snprintf(path, sizeof(path), CAMPAIGNS "/%s", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            visit(entry->d_name);
            count++;
        }
    }
    closedir(dir);
    return count;
}

static bool has_finding(const json_t *rows, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "finding")), name) == 0) {
            return json_is_true(json_object_get(row, "blocks")) && json_object_get(row, "zh");
        }
    }
    return false;
}

static const json_t *rows_of(const json_t *answer)
{
    return json_object_get(json_object_get(answer, "result"), "rows");
}

/* The file's name up to its first dot is the rule that it breaks. */
static void check_refused(const char *name)
{
    char rule[64], number[64];
    snprintf(rule, sizeof(rule), "%.*s", (int)strcspn(name, "."), name);
    char *args = args_of("refused", name, "{\"state\":\"live\"}");
    const char *words = admin_refused(&f, "campaign add", args);
    if (!strstr(words, rule)) {
        fail_msg("%s: %s", name, words);
    }
    free(args);
    args = args_of("refused", name, "{}");
    json_int_t id = number_of(admin_do(&f, "campaign add", args), "campaign");
    free(args);
    snprintf(number, sizeof(number), "{\"campaign\":%lld}", (long long)id);
    json_t *answer = admin_do(&f, "campaign check", number);
    assert_true(has_finding(rows_of(answer), rule));
    json_decref(answer);
    snprintf(number, sizeof(number), "{\"campaign\":%lld,\"state\":\"checked\"}", (long long)id);
    assert_non_null(strstr(admin_refused(&f, "campaign set-state", number), rule));
    snprintf(number, sizeof(number), "{\"campaign\":%lld,\"state\":\"live\"}", (long long)id);
    admin_refused(&f, "campaign set-state", number);
}

static void each_campaign_that_breaks_a_rule_is_refused_with_its_reason(void **state)
{
    (void)state;
    assert_true(for_each("refused", check_refused) >= 15);
}

static void check_good(const char *name)
{
    char number[64];
    snprintf(number, sizeof(number), "{\"campaign\":%lld,\"state\":\"live\"}", (long long)add_good(name, "{}"));
    admin_refused(&f, "campaign set-state", number); /* not before it was checked */
    strcpy(strstr(number, "live"), "checked\"}");
    json_decref(admin_do(&f, "campaign set-state", number));
    strcpy(strstr(number, "checked"), "live\"}");
    json_decref(admin_do(&f, "campaign set-state", number));
}

static void good_campaigns_go_live(void **state)
{
    (void)state;
    assert_int_equal(for_each("good", check_good), 5);
}

static void a_check_that_passed_is_asked_again_when_it_goes_live(void **state)
{
    char number[64];
    (void)state;
    json_int_t id = add_good("offline-anywhere.json", "{\"state\":\"checked\"}");
    sim_clock_advance(&f.clock, INT64_C(60) * 86400 * 1000); /* its end passes */
    snprintf(number, sizeof(number), "{\"campaign\":%lld,\"state\":\"live\"}", (long long)id);
    assert_non_null(strstr(admin_refused(&f, "campaign set-state", number), "over_already"));
}

static void mass_messages_of_all_campaigns_count_together(void **state)
{
    static const char three[] = "{\"state\":\"checked\",\"messages\":["
                                "{\"channel\":\"mass\",\"at\":\"2026-12-02 10:00\",\"text_zh\":\"一\"},"
                                "{\"channel\":\"mass\",\"at\":\"2026-12-09 10:00\",\"text_zh\":\"二\"},"
                                "{\"channel\":\"mass\",\"at\":\"2026-12-16 10:00\",\"text_zh\":\"三\"}]}";
    (void)state;
    add_good("after-purchase.json", three);
    char *args = args_of("good", "after-purchase.json", three);
    assert_non_null(strstr(admin_refused(&f, "campaign add", args), "month_over_quota (5, message 2)"));
    free(args);
}

static void every_change_is_kept_with_who_when_why_and_what_was_found(void **state)
{
    char args[128];
    (void)state;
    json_int_t id = add_good("after-purchase.json", "{\"name_en\":\"\",\"state\":\"live\"}");
    snprintf(args, sizeof(args), "{\"campaign\":%lld,\"state\":\"paused\",\"why\":\"wrong price\"}", (long long)id);
    json_decref(admin_do(&f, "campaign set-state", args));
    snprintf(args, sizeof(args), "{\"campaign\":%lld}", (long long)id);
    json_t *answer = admin_do(&f, "campaign history", args);
    const json_t *rows = rows_of(answer), *live = json_array_get(rows, 2), *paused = json_array_get(rows, 3);
    assert_int_equal(json_array_size(rows), 4);
    assert_string_equal(json_string_value(json_object_get(live, "to")), "live");
    assert_string_equal(json_string_value(json_object_get(live, "findings")), "no_english");
    assert_string_equal(json_string_value(json_object_get(paused, "why")), "wrong price");
    assert_string_equal(json_string_value(json_object_get(paused, "who")), "admin");
    json_decref(answer);
    answer = admin_do(&f, "journal tail", "{\"limit\":10}");
    assert_true(json_array_size(rows_of(answer)) >= 4);
    json_decref(answer);
}

static void a_plan_is_changed_while_nobody_can_use_it(void **state)
{
    char args[2048];
    (void)state;
    json_int_t id = add_good("after-purchase.json", "{\"state\":\"live\"}");
    char *file = args_of(
        "good", "after-purchase.json",
        "{\"value\":\"12.00\",\"stores\":[1],\"weekdays\":[\"sat\",\"sun\"],\"lease_h\":48,\"hour_from\":\"09:30\","
        "\"hour_to\":\"21:00\"}");
    json_t *change = json_loads(file, 0, NULL);
    json_object_set_new(change, "campaign", json_integer(id));
    char *text = json_dumps(change, JSON_COMPACT);
    admin_refused(&f, "campaign change", text);
    snprintf(args, sizeof(args), "{\"campaign\":%lld,\"state\":\"paused\"}", (long long)id);
    json_decref(admin_do(&f, "campaign set-state", args));
    json_decref(admin_do(&f, "campaign change", text));
    snprintf(args, sizeof(args), "{\"campaign\":%lld}", (long long)id);
    json_t *answer = admin_do(&f, "campaign show", args);
    const json_t *shown = json_object_get(answer, "result");
    assert_int_equal(json_integer_value(json_object_get(shown, "value_minor")), 1200);
    assert_int_equal(json_integer_value(json_object_get(shown, "lease_h")), 48);
    assert_string_equal(json_string_value(json_object_get(shown, "state")), "paused");
    assert_string_equal(json_string_value(json_object_get(shown, "occasion")), "purchase");
    assert_string_equal(json_string_value(json_object_get(shown, "stores")), "1");
    assert_string_equal(json_string_value(json_object_get(shown, "weekdays")), "sat, sun");
    assert_string_equal(json_string_value(json_object_get(shown, "hours")), "09:30-21:00");
    json_decref(answer);
    json_decref(change);
    free(text);
    free(file);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(each_campaign_that_breaks_a_rule_is_refused_with_its_reason),
        SHOP_TEST(good_campaigns_go_live),
        SHOP_TEST(a_check_that_passed_is_asked_again_when_it_goes_live),
        SHOP_TEST(mass_messages_of_all_campaigns_count_together),
        SHOP_TEST(every_change_is_kept_with_who_when_why_and_what_was_found),
        SHOP_TEST(a_plan_is_changed_while_nobody_can_use_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
