#include "central/admin/campaign_json.h"
#include "central/admin/groups.h"

#include <string.h>

#define OPERATOR "admin"

static const char *mode_name(uint8_t mode)
{
    return mode == MODE_STRICT ? "strict" : mode == MODE_HOME ? "home" : "budget";
}

static const char *discount_name(uint8_t discount)
{
    static const char *const names[] = {[DISCOUNT_AMOUNT] = "amount",
                                        [DISCOUNT_PERCENT] = "percent",
                                        [DISCOUNT_FIXED_PRICE] = "fixed_price",
                                        [DISCOUNT_GIFT] = "gift"};
    return discount >= DISCOUNT_AMOUNT && discount <= DISCOUNT_GIFT ? names[discount] : "unknown";
}

static int add_campaign_row(void *context, const struct campaign_entry *entry)
{
    const struct campaign *c = &entry->rules;
    json_t *row = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "campaign", (json_int_t)c->id, "zh", c->name_zh, "en",
                            c->name_en, "state", campaign_state_name((enum campaign_state)c->state), "mode",
                            mode_name(c->mode), "discount", discount_name(c->discount));
    json_object_set_new(row, "value_minor", json_integer(c->value_minor));
    json_object_set_new(row, "percent_off", json_integer(c->percent_off));
    json_object_set_new(row, "min_spend_minor", json_integer(c->min_spend_minor));
    json_object_set_new(row, "joining", json_boolean(entry->joining));
    json_object_set_new(row, "version", json_integer(c->version));
    admin_add_row(context, row);
    return 0;
}

int cmd_campaign_list(struct admin_call *call, struct store_tx *tx)
{
    return catalogue_each_campaign(tx, add_campaign_row, call);
}

int cmd_campaign_add(struct admin_call *call, struct store_tx *tx)
{
    struct campaign_entry entry;
    uint32_t id = 0;
    char fault[CAMPAIGN_FAULT_CAP];
    int rc = campaign_from_json(admin_text(call, "file", ""), &entry, fault);
    if (rc < 0) {
        return admin_refuse(call, rc, "%s", fault);
    }
    entry.brand = call->central->brand;
    const char *wrong = catalogue_campaign_fault(&entry);
    if (wrong) {
        return admin_refuse(call, -EINVAL, "%s", wrong);
    }
    rc = catalogue_add_campaign(tx, &entry, OPERATOR, &id);
    admin_set(call, "campaign", json_integer(id));
    admin_set(call, "state", json_string(campaign_state_name((enum campaign_state)entry.rules.state)));
    return rc;
}

int cmd_campaign_set_state(struct admin_call *call, struct store_tx *tx)
{
    const char *wanted = admin_text(call, "state", "");
    for (int state = CAMPAIGN_DRAFT; state <= CAMPAIGN_ENDED; state++) {
        if (strcmp(wanted, campaign_state_name((enum campaign_state)state)) == 0) {
            uint32_t id = admin_u32(call, "campaign");
            int rc = catalogue_set_campaign_state(tx, id, (enum campaign_state)state, OPERATOR);
            return rc == -EPERM
                       ? admin_refuse(call, rc, "campaign %u cannot become %s from its present state", id, wanted)
                       : rc;
        }
    }
    return admin_refuse(call, -EINVAL, "STATE is draft, checked, live, paused or ended, not \"%s\"", wanted);
}
