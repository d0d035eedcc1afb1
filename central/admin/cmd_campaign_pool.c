#include "central/admin/cmd_campaign.h"
#include "central/store/campaign_pool.h"

static int add_pool_row(void *context, const struct public_offer *offer)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:I, s:I, s:I}", "campaign", (json_int_t)offer->rules.id, "zh",
                                     offer->rules.name_zh, "en", offer->rules.name_en, "here", (json_int_t)offer->here,
                                     "elsewhere", (json_int_t)offer->elsewhere, "until_s", (json_int_t)offer->until_s));
    return 0;
}

int cmd_campaign_pool(struct admin_call *call, struct store_tx *tx)
{
    return campaign_each_public(tx, call->central->brand, admin_u32(call, "store"), add_pool_row, call);
}

/* A refusal is an answer here, and stays in the books as demand. */
int cmd_campaign_claim(struct admin_call *call, struct store_tx *tx)
{
    struct claim claim = {admin_u32(call, "campaign"), (uint64_t)admin_number(call, "member", 0)};
    struct claimed claimed;
    char id[ID_TEXT_MAX];
    int rc = campaign_claim(tx, &claim, &claimed);
    if (rc < 0) {
        return rc == -ENOENT ? admin_refuse(call, rc, "no such campaign") : rc;
    }
    admin_set(call, "verdict", json_string(issue_verdict_name(claimed.verdict)));
    if (claimed.verdict == ISSUE_GIVEN) {
        coupon_id_format(claimed.coupon.id, id, sizeof(id));
        admin_set(call, "coupon", json_string(id));
        admin_set(call, "held_by_store", json_integer(claimed.coupon.right_store));
        admin_set(call, "ready", json_boolean(claimed.ready));
    }
    return 0;
}
