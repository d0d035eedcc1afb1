/* What keeps a campaign from going live, and what does not. */
#include "support.h"

#include "domain/compliance.h"

#define NOW_MS INT64_C(1795255200000) /* 2026-11-21 18:00 in China */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

struct good {
    struct campaign campaign;
    struct planned_message messages[2];
    struct campaign_plan plan;
};

/* Passes as it is: ten yuan off from fifty, for members, with a bound and words. */
static void make_good(struct good *good)
{
    *good = (struct good){0};
    good->campaign = (struct campaign){.id = 1,
                                       .version = 1,
                                       .state = CAMPAIGN_DRAFT,
                                       .mode = MODE_HOME,
                                       .discount = DISCOUNT_AMOUNT,
                                       .name_zh = "会员满50减10",
                                       .name_en = "Members: 10 off 50",
                                       .value_minor = 1000,
                                       .min_spend_minor = 5000,
                                       .valid_from_s = NOW_MS / 1000,
                                       .valid_to_s = NOW_MS / 1000 + 14 * 86400,
                                       .release = RELEASE_BEFORE_EXPIRY_48H,
                                       .holdout_permille = 100};
    good->messages[0] = (struct planned_message){
        .channel = MESSAGE_MASS, .at_ms = NOW_MS + DAY_MS, .mass_in_month = 3, .text_zh = "您有一张会员券待使用"};
    good->messages[1] = (struct planned_message){.channel = MESSAGE_CUSTOMER_SERVICE,
                                                 .after = WINDOW_ACTION,
                                                 .delay_ms = 1000,
                                                 .replies = 1,
                                                 .text_zh = "欢迎，点此查看会员权益"};
    good->plan = (struct campaign_plan){.campaign = &good->campaign,
                                        .occasion = ISSUE_ON_JOINING,
                                        .life_days = 7,
                                        .total_limit = 1000,
                                        .terms_zh = "满50元可用，每人限用一次，无需关注公众号即可使用。",
                                        .messages = good->messages,
                                        .message_count = 2,
                                        .now_ms = NOW_MS};
}

static bool has(const struct compliance_report *report, enum compliance_rule rule, uint32_t message)
{
    for (uint32_t i = 0; i < report->count; i++) {
        if (report->findings[i].rule == rule && report->findings[i].message == message)
            return true;
    }
    return false;
}

#define BREAKS(name, change, wanted, at)                                                                               \
    static void breaks_##name(struct good *good)                                                                       \
    {                                                                                                                  \
        change;                                                                                                        \
    }
#include "compliance_rows.h"
#undef BREAKS

static void each_fault_is_refused_for_its_reason_alone(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*change)(struct good *good);
        enum compliance_rule rule;
        uint32_t message;
    } rows[] = {
#define BREAKS(name, change, wanted, at) {#name, breaks_##name, wanted, at},
#include "compliance_rows.h"
#undef BREAKS
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct good good;
        struct compliance_report report;
        make_good(&good);
        rows[i].change(&good);
        compliance_check(&good.plan, &report);
        if (!report.blocked || report.count != 1 || !has(&report, rows[i].rule, rows[i].message))
            fail_msg("%s: %u findings, the first is %s", rows[i].name, report.count,
                     report.count > 0 ? compliance_rule_name(report.findings[0].rule) : "none");
        assert_true(strlen(compliance_rule_text(rows[i].rule, true)) > 10);
        assert_true(strlen(compliance_rule_text(rows[i].rule, false)) > 10);
    }
    assert_true(ARRAY_LEN(rows) >= 30);
}

static void good_campaigns_pass(void **state)
{
    (void)state;
    for (int variant = 0; variant < 6; variant++) {
        struct good good;
        struct compliance_report report;
        make_good(&good);
        switch (variant) {
        case 1: /* a gift after a purchase, without an end but with a life */
            good.plan.occasion = ISSUE_AFTER_PURCHASE;
            good.campaign.discount = DISCOUNT_GIFT;
            memcpy(good.campaign.gift_zh, "咖啡一杯", sizeof "咖啡一杯");
            good.campaign.valid_to_s = 0;
            break;
        case 2: /* everything off, within a budget */
            good.campaign.discount = DISCOUNT_PERCENT;
            good.campaign.percent_off = 100;
            good.plan.budget_minor = 100000;
            break;
        case 3: /* offline within a bound */
            good.campaign.mode = MODE_BUDGET;
            good.campaign.offline_budget_count = 20;
            break;
        case 4: /* says that following is not needed, in both languages */
            good.plan.terms_zh = "不必关注即可领取；请关注送货时间。欢迎关注我们，了解新品。诚邀您到店领取会员券。";
            good.plan.terms_en = "No need to follow to get it. Please follow the signs.";
            break;
        case 5: /* contact details with a consent text; nothing is sent */
            good.plan.needs_contact = true;
            good.plan.consent_version = 3;
            good.plan.message_count = 0;
            break;
        default:
            break;
        }
        compliance_check(&good.plan, &report);
        if (report.count != 0)
            fail_msg("variant %d: %s %s", variant, compliance_rule_name(report.findings[0].rule),
                     report.findings[0].detail);
    }
}

static void warnings_do_not_block(void **state)
{
    (void)state;
    struct good good;
    struct compliance_report report;
    make_good(&good);
    good.campaign.name_en[0] = '\0';
    good.messages[0].at_ms = NOW_MS + INT64_C(5) * 3600 * 1000; /* 23:00 */
    good.campaign.lease_h = 7 * 24;                             /* which is a coupon's whole life */
    compliance_check(&good.plan, &report);
    assert_int_equal(report.count, 3);
    assert_false(report.blocked);
    assert_true(has(&report, RULE_NO_ENGLISH, 0) && has(&report, RULE_SENT_AT_NIGHT, 1));
    assert_true(has(&report, RULE_LEASE_ENDLESS, 0));
    good.campaign.lease_h--;
    compliance_check(&good.plan, &report);
    assert_int_equal(report.count, 2);
}

static void more_findings_than_fit_still_block(void **state)
{
    (void)state;
    struct good good;
    struct compliance_report report;
    struct planned_message many[COMPLIANCE_FINDINGS_MAX + 3];
    make_good(&good);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = good.messages[0];
        many[i].text_zh = i < COMPLIANCE_FINDINGS_MAX ? "会员券" : "";
        many[i].at_ms = NOW_MS + INT64_C(5) * 3600 * 1000;
    }
    good.plan.messages = many;
    good.plan.message_count = ARRAY_LEN(many);
    compliance_check(&good.plan, &report);
    assert_int_equal(report.count, COMPLIANCE_FINDINGS_MAX);
    assert_true(report.blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_refused_for_its_reason_alone),
        cmocka_unit_test(good_campaigns_pass),
        cmocka_unit_test(warnings_do_not_block),
        cmocka_unit_test(more_findings_than_fit_still_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
