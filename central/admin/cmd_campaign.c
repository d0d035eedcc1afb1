#include "central/admin/cmd_campaign.h"

#include "central/admin/campaign_json.h"
#include "central/store/identity.h"
#include "central/store/people_touchpoint.h"
#include "central/store/segment.h"
#include "domain/time.h"

#include <stdio.h>
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

static const char *release_name(uint8_t release)
{
    return release == RELEASE_BEFORE_EXPIRY_48H ? "before_expiry_48h"
           : release == RELEASE_AFTER_ISSUE_24H ? "after_issue_24h"
                                                : "none";
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

static int cmd_list(struct admin_call *call, struct store_tx *tx)
{
    return catalogue_each_campaign(tx, add_campaign_row, call);
}

/* ---- the linter's findings */

static void add_findings(struct admin_call *call, const struct compliance_report *report)
{
    for (uint32_t i = 0; i < report->count; i++) {
        const struct compliance_finding *f = &report->findings[i];
        admin_add_row(call, json_pack("{s:s, s:b, s:I, s:s, s:s, s:s}", "finding", compliance_rule_name(f->rule),
                                      "blocks", f->blocks, "message", (json_int_t)f->message, "detail", f->detail, "zh",
                                      compliance_rule_text(f->rule, false), "en", compliance_rule_text(f->rule, true)));
    }
}

static int refuse_blocked(struct admin_call *call, const char *wanted, const struct compliance_report *report)
{
    char findings[CAMPAIGN_FINDINGS_CAP];
    const struct compliance_finding *first = report->findings;
    campaign_findings_text(report, findings, sizeof(findings));
    for (uint32_t i = 0; i < report->count && !first->blocks; i++) {
        first = &report->findings[i];
    }
    return admin_refuse(call, -EACCES, "may not become %s: %s. %s", wanted, findings,
                        compliance_rule_text(first->rule, true));
}

static int cmd_check(struct admin_call *call, struct store_tx *tx)
{
    struct compliance_report report;
    int rc = campaign_lint(tx, admin_u32(call, "campaign"), &report);
    if (rc == 0) {
        add_findings(call, &report);
        admin_set(call, "may_go_live", json_boolean(!report.blocked));
    }
    return rc;
}

/* ---- adding, changing, stepping */

static int read_file(struct admin_call *call, struct campaign_file *out_file)
{
    char fault[CAMPAIGN_FAULT_CAP];
    int rc = campaign_from_json(admin_text(call, "file", ""), out_file, fault);
    if (rc < 0) {
        return admin_refuse(call, rc, "%s", fault);
    }
    out_file->entry.brand = call->central->brand;
    const char *wrong = catalogue_campaign_fault(&out_file->entry);
    wrong = wrong ? wrong : campaign_brief_fault(&out_file->entry, &out_file->brief);
    return wrong ? admin_refuse(call, -EINVAL, "%s", wrong) : 0;
}

static int explain_missing(struct admin_call *call, int rc)
{
    return rc == -ENOENT ? admin_refuse(call, rc, "no such campaign, or it names a touchpoint or product there is not")
                         : rc;
}

/* What a campaign names and there is not, told by its number now and not when it goes live. */
static int refuse_missing(struct admin_call *call, struct store_tx *tx, const struct campaign_file *file)
{
    const struct campaign *rules = &file->entry.rules;
    const struct campaign_brief *brief = &file->brief;
    struct shop shop;
    struct segment segment;
    struct touchpoint touchpoint;
    struct feed_product product;
    int rc = 0;
    for (uint32_t i = 0; i < rules->store_count; i++) {
        rc = identity_find_shop(tx, rules->stores[i], &shop);
        if (rc < 0) {
            return rc == -ENOENT ? admin_refuse(call, rc, "stores: there is no store %u", rules->stores[i]) : rc;
        }
    }
    rc = brief->segment ? segment_find(tx, brief->segment, &segment) : 0;
    if (rc == -ENOENT || (rc == 0 && brief->segment && segment.gone)) {
        return admin_refuse(call, -ENOENT, "segment: there is no segment %u", brief->segment);
    }
    for (uint32_t i = 0; rc == 0 && i < brief->touchpoint_count; i++) {
        rc = people_find_touchpoint(tx, brief->touchpoints[i], &touchpoint);
        if (rc == -ENOENT) {
            return admin_refuse(call, rc, "touchpoints: there is no touchpoint %u", brief->touchpoints[i]);
        }
    }
    rc = rc == 0 && brief->ean[0] ? catalogue_find_product(tx, file->entry.brand, brief->ean, &product) : rc;
    return rc == -ENOENT ? admin_refuse(call, rc, "clearance_ean: there is no product %s", brief->ean) : rc;
}

static int step_to(struct admin_call *call, struct store_tx *tx, uint32_t id, enum campaign_state state)
{
    struct compliance_report report = {0};
    struct campaign_step step = {id, state, OPERATOR, admin_text(call, "why", "")};
    int rc = campaign_set_state(tx, &step, &report);
    if (rc == -EPERM) {
        return admin_refuse(call, rc, "campaign %u cannot become %s from its present state", id,
                            campaign_state_name(state));
    }
    if (rc == -EACCES) {
        return refuse_blocked(call, campaign_state_name(state), &report);
    }
    if (rc == 0) {
        json_object_del(call->result, "rows"); /* of an earlier step: the last one's findings count */
        add_findings(call, &report);
        admin_set(call, "campaign", json_integer(id));
        admin_set(call, "state", json_string(campaign_state_name(state)));
    }
    return explain_missing(call, rc);
}

/* The file may ask for a later state: it gets there step by step, as any other. */
static int cmd_add(struct admin_call *call, struct store_tx *tx)
{
    struct campaign_file file;
    uint32_t id = 0;
    int rc = read_file(call, &file);
    rc = rc ? rc : refuse_missing(call, tx, &file);
    rc = rc ? rc : explain_missing(call, campaign_add(tx, &file.entry, &file.brief, OPERATOR, &id));
    if (rc == 0) {
        admin_set(call, "campaign", json_integer(id));
        admin_set(call, "state", json_string("draft"));
    }
    for (int state = CAMPAIGN_CHECKED; rc == 0 && state <= file.entry.rules.state; state++) {
        rc = step_to(call, tx, id, (enum campaign_state)state);
    }
    return rc;
}

static int cmd_change(struct admin_call *call, struct store_tx *tx)
{
    struct campaign_file file;
    int rc = read_file(call, &file);
    rc = rc ? rc : refuse_missing(call, tx, &file);
    if (rc < 0) {
        return rc;
    }
    file.entry.rules.id = admin_u32(call, "campaign");
    rc = campaign_change(tx, &file.entry, &file.brief, OPERATOR);
    return rc == -EPERM ? admin_refuse(call, rc, "only a draft or a paused campaign can be changed")
                        : explain_missing(call, rc);
}

static int cmd_set_state(struct admin_call *call, struct store_tx *tx)
{
    const char *wanted = admin_text(call, "state", "");
    for (int state = CAMPAIGN_DRAFT; state <= CAMPAIGN_ENDED; state++) {
        if (strcmp(wanted, campaign_state_name((enum campaign_state)state)) == 0) {
            return step_to(call, tx, admin_u32(call, "campaign"), (enum campaign_state)state);
        }
    }
    return admin_refuse(call, -EINVAL, "STATE is draft, checked, live, paused or ended, not \"%s\"", wanted);
}

/* ---- looking */

/* "mon, tue", "1, 7"; what is not limited is said to be so. */
static void show_when_and_where(struct admin_call *call, const struct campaign *c)
{
    char text[160] = "", hours[16];
    size_t at = 0;
    for (unsigned day = 0; day < 7; day++) {
        if (c->weekday_mask & 1U << day) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? ", " : "", campaign_weekday_name(day));
        }
    }
    admin_set(call, "weekdays", json_string(at ? text : "every day"));
    snprintf(hours, sizeof(hours), "%02u:%02u-%02u:%02u", c->hour_from_min / 60U, c->hour_from_min % 60U,
             c->hour_to_min / 60U, c->hour_to_min % 60U);
    admin_set(call, "hours", json_string(c->hour_from_min || c->hour_to_min ? hours : "all day"));
    at = 0;
    for (uint32_t i = 0; i < c->store_count; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u", at ? ", " : "", c->stores[i]);
    }
    admin_set(call, "stores", json_string(at ? text : "all"));
    admin_set(call, "valid_from_s", json_integer(c->valid_from_s));
    admin_set(call, "valid_to_s", json_integer(c->valid_to_s));
}

static void show_rules(struct admin_call *call, const struct campaign_entry *entry)
{
    const struct campaign *c = &entry->rules;
    admin_set(call, "zh", json_string(c->name_zh));
    admin_set(call, "en", json_string(c->name_en));
    admin_set(call, "state", json_string(campaign_state_name((enum campaign_state)c->state)));
    admin_set(call, "version", json_integer(c->version));
    admin_set(call, "mode", json_string(mode_name(c->mode)));
    admin_set(call, "discount", json_string(discount_name(c->discount)));
    admin_set(call, "value_minor", json_integer(c->value_minor));
    admin_set(call, "percent_off", json_integer(c->percent_off));
    admin_set(call, "min_spend_minor", json_integer(c->min_spend_minor));
    show_when_and_where(call, c);
    admin_set(call, "life_days", json_integer(entry->life_s / TIME_DAY_S));
    admin_set(call, "per_member_limit", json_integer(c->per_member_limit));
    admin_set(call, "lease_h", json_integer(c->lease_h));
    admin_set(call, "release", json_string(release_name(c->release)));
    admin_set(call, "holdout_permille", json_integer(c->holdout_permille));
}

static void show_brief(struct admin_call *call, const struct campaign_brief *b)
{
    admin_set(call, "occasion", json_string(campaign_occasion_name(b->occasion)));
    admin_set(call, "total_limit", json_integer(b->total_limit));
    admin_set(call, "budget_minor", json_integer(b->budget_minor));
    admin_set(call, "cost_minor", json_integer(b->cost_minor));
    admin_set(call, "consent_version", json_integer(b->consent_version));
    admin_set(call, "segment", json_integer(b->segment));
    admin_set(call, "stock", json_integer(b->stock));
    admin_set(call, "terms_zh", json_string(b->terms_zh));
    admin_set(call, "terms_en", json_string(b->terms_en));
    for (uint32_t i = 0; i < b->message_count; i++) {
        const struct campaign_message *m = &b->messages[i];
        admin_add_row(call,
                      json_pack("{s:I, s:s, s:I, s:I, s:s, s:s}", "message", (json_int_t)i + 1, "channel",
                                m->channel == MESSAGE_MASS ? "mass" : "customer_service", "at_ms", (json_int_t)m->at_ms,
                                "delay_ms", (json_int_t)m->delay_ms, "zh", m->text_zh, "en", m->text_en));
    }
}

static int cmd_show(struct admin_call *call, struct store_tx *tx)
{
    struct campaign_entry entry;
    struct campaign_brief brief;
    struct campaign_stand stand;
    int rc = catalogue_find_campaign(tx, admin_u32(call, "campaign"), &entry);
    rc = rc ? rc : campaign_find_brief(tx, entry.rules.id, &brief);
    rc = rc ? rc : campaign_stand(tx, entry.rules.id, &stand);
    if (rc == 0) {
        campaign_show_stand(call, &stand);
        show_rules(call, &entry);
        show_brief(call, &brief);
    }
    return explain_missing(call, rc);
}

static int add_change_row(void *context, const struct campaign_change_row *change)
{
    struct local_time at = time_local(change->at_ms);
    char when[32];
    snprintf(when, sizeof(when), "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day, at.hour, at.minute);
    admin_add_row(context, json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "when", when, "from",
                                     change->from ? campaign_state_name((enum campaign_state)change->from) : "", "to",
                                     campaign_state_name((enum campaign_state)change->to), "version",
                                     (json_int_t)change->version, "who", change->who, "why", change->why, "findings",
                                     change->findings));
    return 0;
}

static int cmd_history(struct admin_call *call, struct store_tx *tx)
{
    return campaign_each_change(tx, admin_u32(call, "campaign"), add_change_row, call);
}

static const struct admin_command commands[] = {
    {.name = "campaign add",
     .args = "FILE:f",
     .help = "rules and plan as JSON (docs/campaigns.md); live only if the linter lets it",
     .write = cmd_add},
    {.name = "campaign change",
     .args = "CAMPAIGN:n FILE:f",
     .help = "new rules and plan for a draft or paused one",
     .write = cmd_change},
    {.name = "campaign list", .args = "", .help = "the campaigns", .read = cmd_list, .rows = true},
    {.name = "campaign show", .args = "CAMPAIGN:n", .help = "its rules and its plan", .read = cmd_show},
    {.name = "campaign check",
     .args = "CAMPAIGN:n",
     .help = "what the linter finds, each with its reason",
     .read = cmd_check,
     .rows = true},
    {.name = "campaign history",
     .args = "CAMPAIGN:n",
     .help = "every change: when, who, why, what the linter found",
     .read = cmd_history,
     .rows = true},
    {.name = "campaign report",
     .args = "CAMPAIGN:n",
     .help = "given and used in both arms, and the lift with its 95 % interval",
     .read = cmd_campaign_report},
    {.name = "campaign messages",
     .args = "CAMPAIGN:n",
     .help = "its messages as plans, per account: who got them, who will, who cannot and why (each member: message "
             "plan-show)",
     .read = cmd_campaign_messages,
     .rows = true},
    {.name = "campaign pool",
     .args = "--store:n",
     .help = "what is public now, as that store sees it",
     .read = cmd_campaign_pool,
     .rows = true},
    {.name = "campaign claim",
     .args = "CAMPAIGN:n MEMBER:n",
     .help = "a member takes one out of the public pool",
     .write = cmd_campaign_claim},
    {.name = "campaign unmet",
     .args = "[CAMPAIGN:n]",
     .help = "who asked when there was nothing: reason, members, times",
     .read = cmd_campaign_unmet,
     .rows = true},
    {.name = "campaign set-state",
     .args = "CAMPAIGN:n STATE:t --why:t",
     .help = "draft, checked, live, paused, ended; checked and live only if the linter lets it",
     .write = cmd_set_state},
};

const struct admin_group admin_campaign = {commands, ARRAY_LEN(commands)};
