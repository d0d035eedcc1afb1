#include "central/campaign/work.h"

#include "central/message/plan.h"
#include "central/store/campaign_message.h"
#include "central/store/wechat.h"
#include "platform/log.h"

#include <stdio.h>

#define ACCOUNTS_MAX 32
#define PIECE        1000 /* planned messages cancelled in one transaction */

struct planning {
    struct messaging messaging;
    struct campaign_entry entry;
    struct campaign_brief brief;
    wechat_account_name accounts[ACCOUNTS_MAX];
    size_t account_count;
    struct messaging_sieve sieve;
    struct message_plan plan; /* of one account */
};

static int read_planning(struct store_tx *tx, struct planning *p)
{
    int rc = campaign_message_due(tx, &p->messaging);
    rc = rc ? rc : catalogue_find_campaign(tx, p->messaging.campaign, &p->entry);
    rc = rc ? rc : campaign_find_brief(tx, p->messaging.campaign, &p->brief);
    return rc ? rc : wechat_brand_accounts(tx, p->entry.brand, p->accounts, ACCOUNTS_MAX, &p->account_count);
}

static void begin_plan(struct planning *p, const char *account)
{
    const struct campaign_message *message = &p->brief.messages[p->messaging.number - 1];
    bool mass = message->channel == MESSAGE_MASS;
    p->sieve = (struct messaging_sieve){
        .messaging = p->messaging,
        .brand = p->entry.brand,
        .held_permille = p->entry.rules.release == RELEASE_NONE ? p->entry.rules.holdout_permille : 0,
        .account = account};
    p->plan = (struct message_plan){.channel = mass ? PLAN_MASS : PLAN_CUSTOMER,
                                    .until_ms = (int64_t)p->entry.rules.valid_to_s * 1000,
                                    .urgent = !mass};
    snprintf(p->plan.account, sizeof(p->plan.account), "%s", account);
    snprintf(p->plan.text, sizeof(p->plan.text), "%s", message->text_zh);
    snprintf(p->plan.audience, sizeof(p->plan.audience), "campaign %u, message %u", p->messaging.campaign,
             p->messaging.number);
    snprintf(p->plan.made_by, sizeof(p->plan.made_by), "campaign %u", p->messaging.campaign);
}

static int note_begun(void *context, struct store_tx *tx, const struct message_plan *plan)
{
    const struct planning *p = context;
    return campaign_message_note_plan(tx, &p->messaging, plan);
}

static int sift(void *context, struct store_tx *tx, uint64_t identity, const char **out_why)
{
    struct planning *p = context;
    return campaign_message_sieve(&p->sieve, tx, identity, out_why);
}

/* Everybody in the audience, at their hour from that moment on. */
static int plan_mass(struct central *central, struct planning *p)
{
    struct store_tx tx;
    struct message_account account;
    struct plan_figures figures;
    uint64_t id = 0;
    const struct plan_owner owner = {p, note_begun, sift};
    struct plan_audience audience = {
        .account = p->plan.account, .segment = p->brief.segment, .all = p->brief.segment == 0, .owner = &owner};
    struct message_wish wish = {.channel = PLAN_MASS,
                                .from_ms = p->brief.messages[p->messaging.number - 1].at_ms,
                                .until_ms = p->plan.until_ms};
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = message_account_find(&tx, p->plan.account, &account);
    rc = rc ? rc : plan_wish_complete(&tx, &account, &wish);
    store_read_end(&tx);
    return rc ? rc : plan_make(central, &p->plan, &audience, &wish, &figures, &id);
}

/* Nobody yet: whoever acts is added then. */
static int run_listen(void *arg, struct store_tx *tx)
{
    struct planning *p = arg;
    int rc = message_plan_begin(tx, &p->plan, &p->plan.id);
    rc = rc ? rc : campaign_message_note_plan(tx, &p->messaging, &p->plan);
    rc = rc ? rc : campaign_message_listen(tx, &p->plan, &p->brief.messages[p->messaging.number - 1]);
    return rc ? rc : message_plan_set_state(tx, p->plan.id, PLAN_READY);
}

static int plan_account(struct central *central, struct planning *p, const char *account)
{
    struct store_tx tx;
    bool planned = false;
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = campaign_message_is_planned(&tx, &p->messaging, account, &planned);
    store_read_end(&tx);
    if (rc < 0 || planned) {
        return rc;
    }
    begin_plan(p, account);
    bool mass = p->plan.channel == PLAN_MASS;
    return mass ? plan_mass(central, p) : writer_call(central->writer, run_listen, p);
}

static int run_planned(void *arg, struct store_tx *tx)
{
    struct planning *p = arg;
    bool settled;
    return campaign_message_settle(tx, &p->messaging, MESSAGING_PLANNED, &settled); /* or it is to be cancelled now */
}

struct cancelling {
    struct messaging messaging;
    unsigned done;
};

static int run_sweep(void *arg, struct store_tx *tx)
{
    struct cancelling *c = arg;
    return campaign_message_sweep(tx, &c->messaging, PIECE, &c->done);
}

/* What was cancelled and not cleared away before it went live again. */
static int sweep_plans(struct central *central, const struct messaging *messaging)
{
    struct cancelling cancelling = {.messaging = *messaging};
    int rc;
    do {
        rc = writer_call(central->writer, run_sweep, &cancelling);
    } while (rc == 0 && cancelling.done == PIECE);
    return rc;
}

static int make_plans(struct central *central, struct planning *p)
{
    int rc = sweep_plans(central, &p->messaging);
    bool said = p->messaging.number <= p->brief.message_count; /* a change may have left it out */
    for (size_t i = 0; rc == 0 && said && i < p->account_count; i++) {
        rc = plan_account(central, p, p->accounts[i]);
    }
    rc = rc == -ENOENT ? 0 : rc; /* the segment is gone: nobody is in it */
    return rc ? rc : writer_call(central->writer, run_planned, p);
}

static int run_cancel(void *arg, struct store_tx *tx)
{
    struct cancelling *c = arg;
    bool settled;
    int rc = campaign_message_cancel(tx, &c->messaging, PIECE, &c->done);
    return rc || c->done == PIECE ? rc : campaign_message_settle(tx, &c->messaging, MESSAGING_CANCELLED, &settled);
}

static int cancel_plans(struct central *central, const struct messaging *messaging)
{
    struct cancelling cancelling = {.messaging = *messaging};
    int rc;
    do {
        rc = writer_call(central->writer, run_cancel, &cancelling);
    } while (rc == 0 && cancelling.done == PIECE);
    return rc;
}

static int do_next(struct central *central)
{
    struct store_tx tx;
    struct planning planning = {0};
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = read_planning(&tx, &planning);
    store_read_end(&tx);
    if (rc < 0) {
        return rc;
    }
    return planning.messaging.state == MESSAGING_TO_CANCEL ? cancel_plans(central, &planning.messaging)
                                                           : make_plans(central, &planning);
}

void campaign_plan_messages(struct central *central)
{
    int rc = 0;
    while (rc == 0) {
        rc = do_next(central);
    }
    if (rc != -ENOENT && rc != -EPIPE) {
        log_error("campaign", "messages could not be planned or cancelled errno=%d", -rc);
    }
}
