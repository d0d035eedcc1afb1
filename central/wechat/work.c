#include "central/wechat/work.h"

#include "central/store/campaign_issue.h"
#include "central/store/campaign_message.h"
#include "central/store/identity.h"
#include "central/store/message_keyword.h"
#include "central/store/message_question.h"
#include "central/store/people_touchpoint.h"
#include "central/store/retention.h"
#include "central/wechat/order.h"
#include "domain/crypto.h"
#include "platform/encoding.h"
#include "platform/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_MAX 256 /* in one transaction; some 10 ms */

/* What cannot be read is kept all the same, known again by its content. */
static size_t raw_identity(struct slice verbatim, char *out, size_t cap)
{
    uint8_t hash[HASH_LEN];
    char hex[HEX_CAP(HASH_LEN)];
    crypto_sha256(verbatim.data, verbatim.len, hash);
    hex_encode(hash, sizeof(hash), hex, sizeof(hex));
    return (size_t)snprintf(out, cap, "raw/%s", hex);
}

/* What is answered in its own transaction and asks for nothing more does not wait. */
static enum inbox_state first_state(const struct wechat_message *message)
{
    if (!message->type[0]) {
        return INBOX_FAILED; /* it cannot be read */
    }
    switch (wechat_message_kind(message)) {
    case WECHAT_SUBSCRIBE:
    case WECHAT_SCAN:
    case WECHAT_UNSUBSCRIBE:
        return INBOX_WAITING;
    case WECHAT_TEXT:
    case WECHAT_CLICK:
    case WECHAT_MEDIA:
    case WECHAT_OTHER:
        return INBOX_DONE;
    }
    return INBOX_WAITING;
}

int wechat_work_prepare(const struct wechat_push *push, struct slice verbatim, struct random *random,
                        struct inbox_sealed *out_entry)
{
    char identity[WECHAT_IDENTITY_MAX];
    bool readable = push->message->type[0] != '\0';
    struct inbox_entry entry = {.account = push->account->name,
                                .identity = identity,
                                .kind = readable ? wechat_kind_name(wechat_message_kind(push->message)) : "unreadable",
                                .openid = push->message->from,
                                .created_s = push->message->created_s,
                                .message = verbatim,
                                .state = first_state(push->message)};
    if (readable) {
        wechat_message_identity(push->message, identity, sizeof(identity));
    } else {
        raw_identity(verbatim, identity, sizeof(identity));
    }
    return wechat_seal_message(push->keys, random, &entry, out_entry);
}

/* ---- the answer */

static int find_scene(struct store_tx *tx, const struct wechat_message *message, struct touchpoint *out_touchpoint)
{
    char scene[WECHAT_SCENE_MAX];
    struct touchpoint touchpoint = {0};
    wechat_message_scene(message, scene);
    int rc = scene[0] ? people_find_scene(tx, scene, &touchpoint) : 0;
    if (rc == 0 || rc == -ENOENT) {
        *out_touchpoint = touchpoint;
    }
    return rc == -ENOENT ? 0 : rc;
}

static int write_reply(struct store_tx *tx, const struct wechat_push *push, const struct channel_identity *identity,
                       char out_text[WECHAT_REPLY_MAX])
{
    struct brand brand;
    char ticket[PAGE_TICKET_CAP];
    const char *words = identity->member ? "会员码、优惠券和积分都在您的会员页："
                                         : "加入会员完全自愿，不加入也可以使用优惠券。点开即可查看会员权益：";
    int rc = identity_find_brand(tx, push->account->brand, &brand);
    if (rc < 0) {
        return rc;
    }
    channel_ticket_make(push->keys, identity->id, tx->now_ms, ticket);
    bool follows = wechat_message_kind(push->message) == WECHAT_SUBSCRIBE;
    snprintf(out_text, WECHAT_REPLY_MAX, "%s%s\n%s\n%s/m/%s", follows ? "欢迎关注" : "您好，这里是", brand.name_zh,
             words, push->public_url, ticket);
    return 0;
}

/* A push whose sender is known. news: it did not come before; a repeated one opens no window a second time. */
struct arrival {
    struct channel_identity identity;
    uint64_t inbox;
    bool news, answered; /* answered: by an automatic reply */
};

/* The reply window that an act of the sender opens. */
static enum window_kind window_of(enum wechat_kind kind)
{
    return kind == WECHAT_TEXT || kind == WECHAT_MEDIA ? WINDOW_MESSAGE : WINDOW_ACTION;
}

static int meet(struct store_tx *tx, const struct wechat_push *push, struct channel_identity *out_identity)
{
    struct touchpoint touchpoint;
    int rc = find_scene(tx, push->message, &touchpoint);
    struct channel_person person = {
        .account = push->account->name, .openid = push->message->from, .scene_touchpoint = touchpoint.id};
    return rc ? rc : wechat_meet(tx, push->keys, &person, out_identity);
}

/* What an automatic reply is looked up by; false: nothing of this kind is answered. */
static bool ask_of(const struct wechat_push *push, char event[KEYWORD_WORD_MAX], struct keyword_ask *out_ask)
{
    const struct wechat_message *message = push->message;
    *out_ask = (struct keyword_ask){.account = push->account->name, .text = event, .event = true};
    switch (wechat_message_kind(message)) {
    case WECHAT_TEXT:
        out_ask->text = message->content;
        out_ask->event = false;
        return true;
    case WECHAT_SUBSCRIBE:
        snprintf(event, KEYWORD_WORD_MAX, "%s", KEYWORD_FOLLOW);
        return true;
    case WECHAT_CLICK:
        snprintf(event, KEYWORD_WORD_MAX, "%s%.50s", KEYWORD_MENU_PREFIX, message->event_key);
        return true;
    case WECHAT_SCAN:
    case WECHAT_UNSUBSCRIBE:
    case WECHAT_MEDIA:
    case WECHAT_OTHER:
        return false;
    }
    return false;
}

/* *out_text is left as it is when no reply is set for it. After a follow the way to the member page comes too. */
static int reply_by_word(struct store_tx *tx, const struct wechat_push *push, struct arrival *arrival,
                         char out_text[WECHAT_REPLY_MAX])
{
    char event[KEYWORD_WORD_MAX] = "", page[WECHAT_REPLY_MAX - KEYWORD_TEXT_MAX - 2];
    struct keyword_ask ask;
    struct keyword keyword;
    int rc = ask_of(push, event, &ask) ? keyword_match(tx, &ask, &keyword) : -ENOENT;
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    bool follows = wechat_message_kind(push->message) == WECHAT_SUBSCRIBE;
    snprintf(page, sizeof(page), "%s", follows ? out_text : "");
    snprintf(out_text, WECHAT_REPLY_MAX, "%s%s%s", keyword.text, page[0] ? "\n" : "", page);
    arrival->answered = true;
    return arrival->news ? keyword_note_sent(tx, &keyword, arrival->identity.id) : 0;
}

/* The window it opens, the hour it counts for, the question it asks. */
static int note_act(struct store_tx *tx, const struct wechat_push *push, const struct arrival *arrival)
{
    struct message_person person;
    enum window_kind window = window_of(wechat_message_kind(push->message));
    int rc = message_person_load(tx, arrival->identity.id, &person);
    if (rc < 0) {
        return rc;
    }
    message_person_note(&person, window, push->message->created_s * 1000, tx->now_ms);
    if (window == WINDOW_MESSAGE && !arrival->answered) {
        rc = question_note(tx, push->account->name, arrival->inbox, &person);
    }
    rc = rc ? rc : message_person_save(tx, &person);
    struct follower_act act = {.identity = arrival->identity.id,
                               .member = arrival->identity.member,
                               .account = push->account->name,
                               .kind = window,
                               .at_ms = tx->now_ms};
    return rc ? rc : campaign_follower_acted(tx, &act);
}

static int take_in_act(struct store_tx *tx, const struct wechat_push *push, struct arrival *arrival,
                       char out_text[WECHAT_REPLY_MAX])
{
    enum wechat_kind kind = wechat_message_kind(push->message);
    int rc = meet(tx, push, &arrival->identity);
    if (rc == 0 && kind != WECHAT_CLICK && kind != WECHAT_MEDIA) {
        rc = write_reply(tx, push, &arrival->identity, out_text);
    }
    rc = rc ? rc : reply_by_word(tx, push, arrival, out_text);
    return rc || !arrival->news ? rc : note_act(tx, push, arrival);
}

int wechat_work_take_in(struct store_tx *tx, const struct wechat_push *push, char out_text[WECHAT_REPLY_MAX])
{
    enum wechat_kind kind = wechat_message_kind(push->message);
    struct arrival arrival = {0};
    int rc = wechat_store_message(tx, push->entry, &arrival.inbox);
    if (rc < 0 && rc != -EEXIST) {
        return rc;
    }
    arrival.news = rc == 0;
    out_text[0] = '\0';
    switch (kind) {
    case WECHAT_SUBSCRIBE:
    case WECHAT_SCAN:
    case WECHAT_TEXT:
    case WECHAT_CLICK:
    case WECHAT_MEDIA:
        return take_in_act(tx, push, &arrival, out_text);
    case WECHAT_UNSUBSCRIBE:
    case WECHAT_OTHER:
        return 0;
    }
    return 0;
}

/* ---- the work */

/* A member who scans gets what the touchpoint's campaigns give; a follow is never rewarded. */
static int greet_member(struct store_tx *tx, const struct touchpoint *touchpoint, uint64_t member, bool follows)
{
    struct greeting greeting = {
        .brand = touchpoint->brand, .store = touchpoint->store, .touchpoint = touchpoint->id, .member = member};
    struct campaign_arrival arrival = {touchpoint->brand, touchpoint->id, member};
    int rc = 0;
    if (touchpoint->id && member && !follows) {
        rc = campaign_at_touchpoint(tx, &arrival, &greeting.issued_coupons);
    }
    return rc == 0 && touchpoint->id && member ? people_greet(tx, &greeting) : rc;
}

/* EventKey can be missing although a QR was scanned: the platform is asked. One question a follow. */
static int ask_scene(struct store_tx *tx, const struct channel_keys *keys, const struct channel_identity *identity)
{
    char key[OUTBOX_KEY_MAX];
    struct wechat_account account;
    int rc = wechat_find_account(tx, keys, identity->account, &account);
    if (rc < 0 || !account.api[0]) {
        return rc == -ENOENT ? 0 : rc;
    }
    snprintf(key, sizeof(key), "info/%" PRIu64, identity->id);
    rc = wechat_order_info(tx, keys, &(struct wechat_order){.account = account.name, .key = key},
                           &(struct wechat_people){&identity->id, 1});
    return rc == -EEXIST ? 0 : rc;
}

static int work_arrival(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                        const struct wechat_message *message)
{
    struct touchpoint touchpoint;
    struct channel_identity identity;
    bool follows = wechat_message_kind(message) == WECHAT_SUBSCRIBE;
    int rc = find_scene(tx, message, &touchpoint);
    struct channel_person person = {.account = account, .openid = message->from};
    rc = rc ? rc : wechat_meet(tx, keys, &person, &identity);
    rc = rc ? rc : people_count_step(tx, touchpoint.id, follows ? FUNNEL_FOLLOW : FUNNEL_SCAN, 0);
    if (rc == 0 && follows && !identity.touchpoint) {
        rc = ask_scene(tx, keys, &identity);
    }
    return rc ? rc : greet_member(tx, &touchpoint, identity.member, follows);
}

/* They left when the platform says so, whenever it is worked off; a sender's clock is believed within what can be. */
static int64_t departed_ms(const struct store_tx *tx, const struct channel_identity *identity, int64_t created_s)
{
    int64_t left_ms = created_s < tx->now_ms / 1000 ? created_s * 1000 : tx->now_ms;
    return left_ms > identity->followed_ms ? left_ms : identity->followed_ms;
}

static int work_departure(struct store_tx *tx, const struct inbox_item *item, int64_t created_s)
{
    struct channel_identity identity;
    int rc = wechat_forget(tx, item->account, item->who, &identity);
    if (rc || identity.id == 0) {
        return rc;
    }
    rc = people_count_step(tx, identity.touchpoint, FUNNEL_UNFOLLOW, 0);
    int64_t stayed_ms = departed_ms(tx, &identity, created_s) - identity.followed_ms;
    return rc ? rc : retention_note_departure(tx, identity.touchpoint, identity.followed_ms, stayed_ms);
}

static int work_message(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_item *item,
                        struct slice verbatim)
{
    struct wechat_message message;
    int rc = wechat_message_parse(verbatim, &message);
    if (rc < 0) {
        return rc;
    }
    switch (wechat_message_kind(&message)) {
    case WECHAT_SUBSCRIBE:
    case WECHAT_SCAN:
        return work_arrival(tx, keys, item->account, &message);
    case WECHAT_UNSUBSCRIBE:
        return work_departure(tx, item, message.created_s);
    case WECHAT_TEXT:
    case WECHAT_CLICK:
    case WECHAT_MEDIA:
    case WECHAT_OTHER:
        return 0;
    }
    return 0;
}

static int work_one(struct store_tx *tx, const struct channel_keys *keys, uint64_t id)
{
    struct inbox_item item;
    struct buffer verbatim;
    buffer_init(&verbatim, WECHAT_BODY_MAX + 64);
    int rc = wechat_read_message(tx, keys, id, &item, &verbatim);
    rc = rc ? rc : work_message(tx, keys, &item, (struct slice){verbatim.data, verbatim.len});
    buffer_finish(&verbatim);
    if (rc == -EIO || rc == -ENOSPC || rc == -ENOMEM) {
        return rc;
    }
    return wechat_settle_message(tx, id, rc == 0 ? INBOX_DONE : INBOX_FAILED);
}

int wechat_work_sweep(struct store_tx *tx, const struct channel_keys *keys, unsigned limit, unsigned *out_done)
{
    uint64_t id = 0;
    unsigned done = 0;
    int rc = 0;
    while (rc == 0 && done < limit) {
        rc = wechat_next_waiting(tx, &id);
        rc = rc ? rc : work_one(tx, keys, id);
        done += rc == 0;
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_done = done;
    return 0;
}

struct sweep {
    struct wechat_service *service;
    struct channel_keys keys;
    unsigned wanted; /* how often a sweep was asked for when this one began */
    bool more;       /* it ended at its limit */
};

static int run_sweep(void *arg, struct store_tx *tx)
{
    struct sweep *sweep = arg;
    unsigned done = 0;
    sweep->wanted = sweep->service->sweeps_wanted;
    int rc = wechat_work_sweep(tx, &sweep->keys, SWEEP_MAX, &done);
    sweep->more = done == SWEEP_MAX;
    return rc;
}

static void submit_sweep(struct wechat_service *service);

/* Whoever asked while this one ran is served by another one. After a failure the clockwork asks again. */
static void finish_sweep(void *arg, int result)
{
    struct sweep *sweep = arg;
    struct wechat_service *service = sweep->service;
    if (result < 0) {
        log_error("wechat", "waiting messages could not be worked on errno=%d", -result);
    }
    unsigned settled = result == 0 && sweep->more ? sweep->wanted - 1 : sweep->wanted;
    channel_keys_finish(&sweep->keys);
    free(sweep);
    outbox_wake(service->outbox);
    if (atomic_fetch_sub(&service->sweeps_wanted, settled) != settled) {
        submit_sweep(service);
    }
}

static void submit_sweep(struct wechat_service *service)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));
    int rc = sweep ? wechat_work_keys(service->central, &sweep->keys) : -ENOMEM;
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_sweep, .done = finish_sweep, .arg = sweep};
    if (rc == 0) {
        sweep->service = service;
        rc = writer_submit(service->central->writer, &job);
    }
    if (rc < 0) {
        /* -EAGAIN and -EPIPE: the messages wait in the inbox, the clockwork comes back to them. */
        if (sweep) {
            channel_keys_finish(&sweep->keys);
        }
        free(sweep);
        atomic_store(&service->sweeps_wanted, 0);
    }
} // NOLINT(clang-analyzer-unix.Malloc): once submitted, finish_sweep frees it

void wechat_work_wake(struct central *central)
{
    struct wechat_service *service = wechat_service_of(central);
    if (service && atomic_fetch_add(&service->sweeps_wanted, 1) == 0) {
        submit_sweep(service);
    }
}
