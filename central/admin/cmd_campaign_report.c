#include "central/admin/cmd_campaign.h"
#include "central/store/campaign_issue.h"
#include "central/store/campaign_message.h"

#include <stdio.h>

static json_t *percent(double share)
{
    char text[24];
    snprintf(text, sizeof(text), "%.1f %%", share * 100);
    return json_string(text);
}

static void add_arm(struct admin_call *call, const char *name, const struct campaign_arm_report *arm,
                    const struct lift_interval *rate)
{
    json_t *row = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "arm", name, "members", (json_int_t)arm->members,
                            "coupons", (json_int_t)arm->coupons, "coupons_used", (json_int_t)arm->coupons_used, "used",
                            (json_int_t)arm->used, "bought", (json_int_t)arm->bought);
    json_object_set_new(row, "rate", percent(rate->value));
    json_object_set_new(row, "rate_low", percent(rate->low));
    json_object_set_new(row, "rate_high", percent(rate->high));
    admin_add_row(call, row);
}

static void show_lift(struct admin_call *call, const struct campaign_report *report)
{
    const struct lift *lift = &report->lift;
    admin_set(call, "outcome", json_string(report->by_use ? "coupon used" : "bought something"));
    admin_set(call, "measured", json_boolean(lift->measured));
    if (lift->measured) {
        admin_set(call, "lift", percent(lift->difference.value));
        admin_set(call, "lift_low", percent(lift->difference.low));
        admin_set(call, "lift_high", percent(lift->difference.high));
    }
    admin_set(call, "proven", json_boolean(lift->proven));
}

void campaign_show_stand(struct admin_call *call, const struct campaign_stand *stand)
{
    admin_set(call, "given", json_integer((json_int_t)stand->given));
    admin_set(call, "open", json_integer((json_int_t)stand->open));
    admin_set(call, "used", json_integer((json_int_t)stand->used));
    admin_set(call, "expired", json_integer((json_int_t)stand->expired));
    admin_set(call, "revoked", json_integer((json_int_t)stand->revoked));
    admin_set(call, "released", json_integer((json_int_t)stand->released));
    admin_set(call, "claimed", json_integer((json_int_t)stand->claimed));
    admin_set(call, "committed_minor", json_integer(stand->committed_minor));
}

struct unmet_sum {
    uint64_t asked;
};

static int sum_unmet(void *context, const struct unmet_row *row)
{
    ((struct unmet_sum *)context)->asked += row->asked;
    return 0;
}

int cmd_campaign_report(struct admin_call *call, struct store_tx *tx)
{
    uint32_t id = admin_u32(call, "campaign");
    struct campaign_stand stand;
    struct campaign_report report;
    struct unmet_sum unmet = {0};
    int rc = campaign_report(tx, id, &report);
    rc = rc ? rc : campaign_stand(tx, id, &stand);
    rc = rc ? rc : campaign_each_unmet(tx, id, sum_unmet, &unmet);
    if (rc < 0) {
        return rc == -ENOENT ? admin_refuse(call, rc, "no such campaign") : rc;
    }
    campaign_show_stand(call, &stand);
    add_arm(call, "treated", &report.treated, &report.lift.treated);
    add_arm(call, "holdout", &report.holdout, &report.lift.holdout);
    show_lift(call, &report);
    admin_set(call, "unmet", json_integer((json_int_t)unmet.asked));
    return 0;
}

static int add_unmet_row(void *context, const struct unmet_row *row)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:I, s:I, s:I}", "campaign", (json_int_t)row->campaign, "reason",
                                     issue_verdict_name(row->reason), "members", (json_int_t)row->members, "asked",
                                     (json_int_t)row->asked, "last_ms", (json_int_t)row->last_ms));
    return 0;
}

struct messaging_sums {
    struct admin_call *call;
    json_int_t sent, waits, cannot;
};

static const char *messaging_name(const struct messaging_row *row)
{
    switch (row->state) {
    case MESSAGING_TO_PLAN:
        return "being planned";
    case MESSAGING_PLANNED:
        return "planned";
    case MESSAGING_TO_CANCEL:
    case MESSAGING_CANCELLED:
        return "cancelled";
    }
    return "?";
}

static int add_messaging_row(void *context, const struct messaging_row *row)
{
    struct messaging_sums *sums = context;
    sums->sent += (json_int_t)row->sent;
    sums->waits += (json_int_t)row->waits;
    sums->cannot += (json_int_t)row->cannot;
    admin_add_row(sums->call,
                  json_pack("{s:I, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:s}", "message", (json_int_t)row->number,
                            "account", row->account, "plan", (json_int_t)row->plan, "state", messaging_name(row),
                            "people", (json_int_t)row->people, "sent", (json_int_t)row->sent, "waits",
                            (json_int_t)row->waits, "cannot", (json_int_t)row->cannot, "why", row->why));
    return 0;
}

int cmd_campaign_messages(struct admin_call *call, struct store_tx *tx)
{
    struct messaging_sums sums = {.call = call};
    struct campaign_brief brief;
    int rc = campaign_find_brief(tx, admin_u32(call, "campaign"), &brief);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "no such campaign");
    }
    rc = rc ? rc : campaign_message_each(tx, admin_u32(call, "campaign"), add_messaging_row, &sums);
    admin_set(call, "sent", json_integer(sums.sent));
    admin_set(call, "waits", json_integer(sums.waits));
    admin_set(call, "cannot", json_integer(sums.cannot));
    return rc;
}

int cmd_campaign_unmet(struct admin_call *call, struct store_tx *tx)
{
    return campaign_each_unmet(tx, admin_u32(call, "campaign"), add_unmet_row, call);
}
