#include "central/admin/command.h"
#include "central/message/plan.h"
#include "central/store/message_keyword.h"
#include "central/store/wechat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_LIMIT 1000

/* Nobody would ever ask a word of an account that is not there. */
static int known_account(struct admin_call *call, struct store_tx *tx, const char *name)
{
    bool known = false;
    int rc = wechat_has_account(tx, name, &known);
    return rc == 0 && !known ? admin_refuse(call, -ENOENT, "there is no account %s", name) : rc;
}

static int cmd_set(struct admin_call *call, struct store_tx *tx)
{
    struct keyword keyword = {.exact = admin_given(call, "exact"), .valid_to_ms = admin_moment_ms(call, "until")};
    uint64_t id = 0;
    int rc = admin_copy_text(call, "account", keyword.account, sizeof(keyword.account));
    rc = rc ? rc : admin_copy_text(call, "word", keyword.word, sizeof(keyword.word));
    rc = rc ? rc : admin_copy_text(call, "text", keyword.text, sizeof(keyword.text));
    rc = rc ? rc : known_account(call, tx, keyword.account);
    if (rc == 0 && (!keyword.word[0] || !keyword.text[0])) {
        return admin_refuse(call, -EINVAL, "a reply needs a word and a text");
    }
    if (rc == 0 && keyword.word[0] == '@' && strcmp(keyword.word, KEYWORD_FOLLOW) != 0 &&
        strncmp(keyword.word, KEYWORD_MENU_PREFIX, strlen(KEYWORD_MENU_PREFIX)) != 0) {
        return admin_refuse(call, -EINVAL, "words with @ are " KEYWORD_FOLLOW " and " KEYWORD_MENU_PREFIX "KEY");
    }
    rc = rc ? rc : keyword_set(tx, &keyword, admin_text(call, "by", "operator"), &id);
    rc = rc ? rc : keyword_find(tx, id, &keyword);
    if (rc == 0) {
        admin_set(call, "keyword", json_integer((json_int_t)id));
        admin_set(call, "version", json_integer(keyword.version));
    }
    return rc;
}

struct listing {
    struct admin_call *call;
    int64_t now_ms, left;
};

static int add_keyword(void *context, const struct keyword *keyword)
{
    const struct listing *listing = context;
    char why[256] = "on";
    if (keyword->off) {
        snprintf(why, sizeof(why), "off by %s: %s", keyword->off_by, keyword->off_why);
    }
    admin_add_row(listing->call,
                  json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "keyword", (json_int_t)keyword->id, "account",
                            keyword->account, "word", keyword->word, "match", keyword->exact ? "whole" : "part",
                            "version", (json_int_t)keyword->version, "state", why, "stale",
                            keyword_stale(keyword, listing->now_ms), "text", keyword->text));
    return 0;
}

static int cmd_list(struct admin_call *call, struct store_tx *tx)
{
    struct message_account account;
    struct listing listing = {.call = call, .now_ms = tx->now_ms};
    const char *name = admin_text(call, "account", "");
    int rc = message_account_find(tx, name, &account);
    if (rc == 0 && account.replies_off) {
        char words[256];
        snprintf(words, sizeof(words), "off by %s: %s", account.off_by, account.off_why);
        admin_set(call, "all_replies", json_string(words));
    }
    return rc ? rc : keyword_each(tx, name, add_keyword, &listing);
}

static int add_version(void *context, const struct keyword_version *version)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:I, s:I, s:s}", "version", (json_int_t)version->version, "by",
                                     version->made_by, "made_ms", (json_int_t)version->made_ms, "sent",
                                     (json_int_t)version->sent, "text", version->text));
    return 0;
}

static int cmd_versions(struct admin_call *call, struct store_tx *tx)
{
    return keyword_each_version(tx, (uint64_t)admin_number(call, "keyword", 0), add_version, call);
}

static int switch_one(struct admin_call *call, struct store_tx *tx, bool off)
{
    struct keyword keyword;
    int rc = keyword_find(tx, (uint64_t)admin_number(call, "keyword", 0), &keyword);
    keyword.off = off;
    snprintf(keyword.off_by, sizeof(keyword.off_by), "%s", off ? admin_text(call, "by", "operator") : "");
    snprintf(keyword.off_why, sizeof(keyword.off_why), "%s", off ? admin_text(call, "why", "") : "");
    return rc ? rc : keyword_switch(tx, &keyword);
}

static int cmd_off(struct admin_call *call, struct store_tx *tx)
{
    return switch_one(call, tx, true);
}

static int cmd_on(struct admin_call *call, struct store_tx *tx)
{
    return switch_one(call, tx, false);
}

static int switch_all(struct admin_call *call, struct store_tx *tx, bool off)
{
    struct message_account account;
    int rc = known_account(call, tx, admin_text(call, "account", ""));
    rc = rc ? rc : message_account_find(tx, admin_text(call, "account", ""), &account);
    if (rc < 0) {
        return rc;
    }
    account.replies_off = off;
    account.off_ms = off ? tx->now_ms : 0;
    snprintf(account.off_by, sizeof(account.off_by), "%s", off ? admin_text(call, "by", "operator") : "");
    snprintf(account.off_why, sizeof(account.off_why), "%s", off ? admin_text(call, "why", "") : "");
    return message_account_put(tx, &account);
}

static int cmd_stop(struct admin_call *call, struct store_tx *tx)
{
    return switch_all(call, tx, true);
}

static int cmd_resume(struct admin_call *call, struct store_tx *tx)
{
    return switch_all(call, tx, false);
}

static int cmd_looked(struct admin_call *call, struct store_tx *tx)
{
    return keyword_looked(tx, (uint64_t)admin_number(call, "keyword", 0));
}

/* ---- the affected */

static struct keyword_range range_of(const struct admin_call *call)
{
    return (struct keyword_range){.keyword = (uint64_t)admin_number(call, "keyword", 0),
                                  .version = admin_u32(call, "version"),
                                  .from_ms = admin_moment_ms(call, "from"),
                                  .to_ms = admin_moment_ms(call, "to")};
}

struct affected {
    struct admin_call *call;
    struct store_tx *tx;
    json_int_t count;
    uint64_t *identities; /* owned; NULL: rows are made instead */
    size_t cap;
};

static int add_affected(void *context, uint64_t identity, uint32_t version, int64_t at_ms)
{
    struct affected *affected = context;
    struct channel_identity known;
    int rc = wechat_find_identity(affected->tx, identity, &known);
    if (rc == 0 && affected->count++ < ROWS_LIMIT) {
        admin_add_row(affected->call,
                      json_pack("{s:I, s:I, s:I, s:I}", "follower", (json_int_t)identity, "member",
                                (json_int_t)known.member, "version", (json_int_t)version, "at_ms", (json_int_t)at_ms));
    }
    return rc == -ENOENT ? 0 : rc;
}

static int cmd_affected(struct admin_call *call, struct store_tx *tx)
{
    struct keyword_range range = range_of(call);
    struct affected affected = {.call = call, .tx = tx};
    int rc = keyword_each_affected(tx, &range, add_affected, &affected);
    admin_set(call, "people", json_integer(affected.count));
    return rc;
}

static int collect_affected(void *context, uint64_t identity, uint32_t version, int64_t at_ms)
{
    struct affected *affected = context;
    (void)version;
    (void)at_ms;
    if ((size_t)affected->count == affected->cap) {
        size_t cap = affected->cap ? 2 * affected->cap : 1024;
        uint64_t *grown = realloc(affected->identities, cap * sizeof(*grown));
        if (!grown) {
            return -ENOMEM;
        }
        affected->identities = grown;
        affected->cap = cap;
    }
    affected->identities[affected->count++] = identity;
    return 0;
}

struct correction {
    struct keyword keyword;
    struct message_account account;
    struct message_wish wish;
    struct affected affected;
};

static int read_affected(struct admin_call *call, struct correction *c)
{
    struct store_tx tx;
    struct keyword_range range = range_of(call);
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = keyword_find(&tx, range.keyword, &c->keyword);
    rc = rc ? rc : message_account_find(&tx, c->keyword.account, &c->account);
    rc = rc ? rc : plan_wish_complete(&tx, &c->account, &c->wish);
    rc = rc ? rc : keyword_each_affected(&tx, &range, collect_affected, &c->affected);
    store_read_end(&tx);
    return rc;
}

static int cmd_correct(struct admin_call *call)
{
    struct correction c = {
        .wish = {.channel = admin_given(call, "mass_too") ? PLAN_EITHER : PLAN_CUSTOMER, .at_once = true}};
    struct message_plan plan = {.urgent = true, .channel = c.wish.channel};
    struct plan_figures figures = {0};
    uint64_t id = 0;
    int rc = read_affected(call, &c);
    rc = rc ? rc : admin_copy_text(call, "text", plan.text, sizeof(plan.text));
    struct plan_audience audience = {
        .account = c.account.account, .identities = c.affected.identities, .identity_count = (size_t)c.affected.count};
    snprintf(plan.account, sizeof(plan.account), "%s", c.account.account);
    snprintf(plan.made_by, sizeof(plan.made_by), "%s", admin_text(call, "by", "operator"));
    snprintf(plan.audience, sizeof(plan.audience), "who got reply %llu", (unsigned long long)c.keyword.id);
    rc = rc ? rc : plan_make(call->central, &plan, &audience, &c.wish, &figures, &id);
    free(c.affected.identities);
    if (rc == 0) {
        admin_set(call, "plan", json_integer((json_int_t)id));
        admin_set(call, "people", json_integer((json_int_t)figures.people));
        admin_set(call, "reached", json_integer((json_int_t)figures.now + (json_int_t)figures.later));
        admin_set(call, "cannot",
                  json_integer((json_int_t)figures.people - (json_int_t)figures.now - (json_int_t)figures.later));
    }
    return rc == -ENOENT ? admin_refuse(call, rc, "no such reply") : rc;
}

static const struct admin_command commands[] = {
    {.name = "keyword set",
     .args = "ACCOUNT:t WORD:t --text!:t --exact:b --until:d --by:t",
     .help = "what is answered when WORD is written (--exact: and nothing else), at a follow (" KEYWORD_FOLLOW
             ") or a menu entry (" KEYWORD_MENU_PREFIX "KEY); again: its next version",
     .write = cmd_set},
    {.name = "keyword list",
     .args = "[ACCOUNT:t]",
     .help = "automatic replies, those that are stale or off with the reason",
     .read = cmd_list,
     .rows = true},
    {.name = "keyword versions",
     .args = "KEYWORD:n",
     .help = "every text it had, by whom, and how often it was sent",
     .read = cmd_versions,
     .rows = true},
    {.name = "keyword looked", .args = "KEYWORD:n", .help = "it is still right", .write = cmd_looked},
    {.name = "keyword off", .args = "KEYWORD:n --why!:t --by:t", .help = "not sent from now on", .write = cmd_off},
    {.name = "keyword on", .args = "KEYWORD:n", .help = "sent again", .write = cmd_on},
    {.name = "keyword stop",
     .args = "ACCOUNT:t --why!:t --by:t",
     .help = "no automatic reply of the account from now on",
     .write = cmd_stop},
    {.name = "keyword resume", .args = "ACCOUNT:t", .help = "they are sent again", .write = cmd_resume},
    {.name = "keyword affected",
     .args = "KEYWORD:n --version:n --from:d --to:d",
     .help = "who got it, and which version last",
     .read = cmd_affected,
     .rows = true},
    {.name = "keyword correct",
     .args = "KEYWORD:n --version:n --from:d --to:d --mass-too:b --by:t --text!:t",
     .help = "writes to all of them at once, within their windows (--mass-too: else as a mass message); message "
             "plan-show tells who cannot be reached and why",
     .run = cmd_correct},
};

const struct admin_group admin_keyword = {commands, ARRAY_LEN(commands)};
