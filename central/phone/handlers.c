#include "central/phone/handlers.h"

#include "central/people.h"
#include "central/phone/codes.h"
#include "central/phone/form.h"
#include "central/phone/page.h"
#include "central/phone/qr_picture.h"
#include "central/store/ledger.h"
#include "central/store/merge_credit.h"
#include "central/store/wechat_acquisition.h"
#include "central/wechat/work.h"
#include "domain/time.h"
#include "platform/encoding.h"
#include "platform/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void phone_answer(struct http_request *request, int status, const char *type, struct slice body, const char *policy)
{
    const struct http_header headers[] = {{"Cache-Control", "no-store"},
                                          {"Referrer-Policy", "no-referrer"},
                                          {"X-Content-Type-Options", "nosniff"},
                                          {"Content-Security-Policy", policy}};
    struct http_reply reply = {
        .status = status, .content_type = type, .body = body, .headers = headers, .header_count = ARRAY_LEN(headers)};
    http_request_answer(request, &reply);
}

bool phone_is_english(const struct http_request *request)
{
    const char *languages = http_request_header(request, "Accept-Language");
    return languages && strncasecmp(languages, "en", 2) == 0;
}

void phone_answer_words(struct http_request *request, int status, int (*write)(bool english, struct buffer *out_html))
{
    struct buffer html;
    buffer_init(&html, PAGE_HTML_MAX);
    if (write(phone_is_english(request), &html) == 0) {
        phone_answer(request, status, "text/html; charset=utf-8", (struct slice){html.data, html.len},
                     "default-src 'none'; style-src 'unsafe-inline'");
    } else {
        http_request_answer_error(request, 503, "try_later");
    }
    buffer_finish(&html);
}

static void answer_gone(struct http_request *request)
{
    phone_answer_words(request, 404, page_write_gone);
}

void phone_answer_failed(struct http_request *request, int rc)
{
    if (rc == -ENOENT || rc == -EBADMSG || rc == -ESTALE) {
        answer_gone(request);
        return;
    }
    if (rc == -EDQUOT) {
        static const char wait[] = "太频繁了，请一分钟后再试。\nThat was often: try again in a minute.\n";
        phone_answer(request, 429, "text/plain; charset=utf-8", (struct slice){(const uint8_t *)wait, sizeof(wait) - 1},
                     "default-src 'none'");
        return;
    }
    log_error("phone", "member page failed errno=%d", -rc);
    http_request_answer_error(request, 503, "try_later");
}

/* Forms and the export cost the writer and the reader something; a page that goes on and on is told to wait. */
int phone_take_allowance(struct central *central, uint64_t identity, enum phone_effort effort)
{
    struct phone_limits *limits = central_state(central, &central_people);
    return !limits || phone_limits_take(limits, identity, effort, clock_mono_ms(central->clock)) ? 0 : -EDQUOT;
}

/* Whose page the ticket in the path is. */
int phone_open_ticket(struct http_request *request, struct central *central, int days, uint64_t *out_identity)
{
    struct channel_keys keys;
    int rc = wechat_work_keys(central, &keys);
    rc = rc ? rc
            : channel_ticket_open(&keys, http_request_path_param(request, "ticket"),
                                  clock_wall_ms(central->clock) - days * TIME_DAY_MS, out_identity);
    channel_keys_finish(&keys);
    return rc;
}

/* ---- the page */

struct collector {
    struct store_tx *tx;
    struct page_view *view;
};

static int collect_shop(void *context, const struct shop *shop)
{
    struct collector *collector = context;
    struct page_view *view = collector->view;
    if (shop->brand != view->brand.id || view->shop_count == PAGE_SHOPS_MAX) {
        return 0;
    }
    uint32_t index = view->shop_count++;
    view->shops[index] = *shop;
    int rc = people_find_place(collector->tx, shop->id, &view->places[index]);
    view->placed[index] = rc == 0;
    return rc == -ENOENT ? 0 : rc;
}

static int read_home(struct store_tx *tx, const struct channel_identity *identity, struct page_view *view)
{
    struct touchpoint touchpoint;
    struct member member;
    uint32_t store = 0;
    int rc = 0;
    if (identity->member) {
        rc = people_find_member(tx, identity->member, &member);
        store = rc == 0 ? member.home_store : 0;
        rc = rc == 0 && member.erased ? -ENOENT : rc;
    } else if (identity->touchpoint) {
        rc = people_find_touchpoint(tx, identity->touchpoint, &touchpoint);
        store = rc == 0 ? touchpoint.store : 0;
    }
    rc = rc || !store ? rc : identity_find_shop(tx, store, &view->shop);
    return rc ? rc : identity_each_shop(tx, collect_shop, &(struct collector){tx, view});
}

static int collect_coupon(void *context, const struct coupon *coupon)
{
    struct collector *collector = context;
    struct page_view *view = collector->view;
    struct page_coupon *item = &view->coupons[view->coupon_count];
    item->coupon = *coupon;
    int rc = catalogue_find_campaign(collector->tx, coupon->id.campaign, &item->campaign);
    view->coupon_count += rc == 0;
    return rc == -ENOENT ? 0 : rc;
}

static int collect_give(void *context, const struct privilege *privilege)
{
    struct page_view *view = context;
    if (view->give_count < PAGE_GIVES_MAX) {
        view->gives[view->give_count++] = *privilege;
    }
    return 0;
}

static int collect_tag(void *context, const struct tag *tag)
{
    struct page_view *view = context;
    if (tag->self && !tag->gone_version && view->tag_count < PAGE_TAGS_MAX) {
        view->tags[view->tag_count++].tag = *tag;
    }
    return 0;
}

static int mark_tag(void *context, const struct member_tag *tag)
{
    struct page_view *view = context;
    for (uint32_t i = 0; i < view->tag_count; i++) {
        view->tags[i].on |= tag->source == TAG_BY_SELF && view->tags[i].tag.id == tag->tag.id;
    }
    return 0;
}

static int collect_offer(void *context, const struct public_offer *offer)
{
    struct page_view *view = context;
    if (view->offer_count < PAGE_OFFERS_MAX) {
        view->offers[view->offer_count++] = *offer;
    }
    return 0;
}

#define LOST_SHOWN_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

static int collect_lost(void *context, const struct public_offer *offer)
{
    struct page_view *view = context;
    if (view->lost_count < PAGE_OFFERS_MAX) {
        view->lost[view->lost_count++] = *offer;
    }
    return 0;
}

static int take_first(void *context, const struct survey *survey)
{
    struct page_view *view = context;
    view->survey = *survey;
    return 1;
}

static int keep_consent(void *context, const struct consent *consent)
{
    struct page_view *view = context;
    bool personal = strcmp(consent->version, CONSENT_PERSONAL) == 0;
    view->personal_said |= personal;
    if (consent->given && !personal) {
        view->agreed = *consent;
    }
    return 0;
}

/* Who owes the credit: the store, its brand, or a programme of several. */
static int read_credit(struct store_tx *tx, struct page_view *view)
{
    char account[ACCOUNT_MAX];
    const struct shop *shop = &view->shop;
    struct owner owner = shop->credit_owner;
    if (owner.scope == 0) {
        owner = (struct owner){.scope = OWNER_STORE, .id = shop->id};
    }
    bool brand = owner.scope == OWNER_BRAND, store = owner.scope == OWNER_STORE;
    const char *zh = store ? shop->name_zh : brand ? view->brand.name_zh : "联合会员计划";
    const char *en = store ? shop->name_en : brand ? view->brand.name_en : "the shared programme";
    snprintf(view->owner_zh, sizeof(view->owner_zh), "%s", zh);
    snprintf(view->owner_en, sizeof(view->owner_en), "%s", en);
    ledger_account_credit(owner, view->member, account);
    return ledger_balance(tx, account, UNIT_CREDIT, &view->credit_minor);
}

struct credit_sum {
    struct store_tx *tx;
    int64_t minor;
};

static int add_under_way(void *context, uint64_t former)
{
    struct credit_sum *sum = context;
    int64_t left_minor = 0;
    int rc = merge_credit_left(sum->tx, former, &left_minor);
    sum->minor += rc == 0 ? left_minor : 0;
    return rc;
}

static int read_merge(struct store_tx *tx, uint64_t identity, struct page_view *view)
{
    struct credit_sum sum = {tx, 0};
    int rc = people_each_former(tx, view->member, add_under_way, &sum);
    view->credit_under_way_minor = sum.minor;
    return rc ? rc : people_merge_find_offer(tx, identity, &view->merge);
}

static int read_belongings(struct store_tx *tx, struct page_view *view)
{
    struct member member;
    struct collector collector = {tx, view};
    struct rights_coupon_filter filter = {.member = view->member, .limit = PAGE_COUPONS_MAX};
    int rc = people_find_member(tx, view->member, &member);
    rc = rc ? rc : read_credit(tx, view);
    rc = rc ? rc : rights_each_coupon(tx, &filter, collect_coupon, &collector);
    rc = rc ? rc : people_each_privilege(tx, member.brand, (enum member_tier)member.tier, collect_give, view);
    rc = rc ? rc : people_each_tag(tx, member.brand, collect_tag, view);
    rc = rc ? rc : people_each_member_tag(tx, member.id, mark_tag, view);
    rc = rc ? rc : campaign_each_public(tx, member.brand, member.home_store, collect_offer, view);
    rc = rc ? rc : campaign_each_lost(tx, member.id, tx->now_ms - LOST_SHOWN_MS, collect_lost, view);
    rc = rc ? rc : survey_each_open(tx, member.id, take_first, view);
    rc = rc < 0 ? rc : people_is_personal(tx, member.id, &view->personal);
    return rc ? rc : people_each_consent(tx, member.id, keep_consent, view);
}

static int read_view(struct store_tx *tx, const struct central *central, uint64_t id, struct page_view *view)
{
    struct channel_identity identity;
    int rc = wechat_find_identity(tx, id, &identity);
    rc = rc ? rc : identity_find_brand(tx, central->brand, &view->brand);
    rc = rc ? rc : read_home(tx, &identity, view);
    if (rc == 0) {
        view->now_ms = tx->now_ms;
        view->member = identity.member;
        rc = view->member ? read_belongings(tx, view) : 0;
        rc = rc || !view->member ? rc : read_merge(tx, id, view);
    }
    return rc;
}

typedef int (*page_writer)(const struct page_view *view, struct buffer *out_html);

static int write_page(const struct page_view *view, struct buffer *out_html)
{
    return view->member ? page_write_member(view, out_html) : page_write_consent(view, out_html);
}

/* Who has not joined has no privacy page: the notice stands on the first one. */
static int write_privacy(const struct page_view *view, struct buffer *out_html)
{
    return view->member ? page_write_privacy(view, out_html) : page_write_consent(view, out_html);
}

static void answer_page(struct http_request *request, const struct page_view *view, page_writer write)
{
    char policy[256];
    struct buffer html;
    buffer_init(&html, PAGE_HTML_MAX);
    int rc = write(view, &html);
    if (rc == 0) {
        snprintf(policy, sizeof(policy),
                 "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors "
                 "'none'; base-uri 'none'; script-src 'nonce-%s'",
                 view->nonce);
        phone_answer(request, 200, "text/html; charset=utf-8", (struct slice){html.data, html.len}, policy);
    } else {
        phone_answer_failed(request, rc);
    }
    buffer_finish(&html);
}

/* What came of a form, said on the page that follows it: ?done=<word>. */
static const char *notice_of(const struct http_request *request, bool english)
{
    static const struct {
        const char *word, *zh, *en;
    } notices[] = {{"tags", "已保存您的兴趣。", "Saved."},
                   {"thanks", "谢谢您的回答。", "Thank you for your answer."},
                   {"claimed", "已领取，在“我的优惠券”里。", "Taken: it is among your coupons."},
                   {"waiting", "已领取，正从另一家店调来，稍后可用。", "Taken: on its way from another store."},
                   {"none", "这张券已被领完或不再发放。", "None left."},
                   {"given", "请回到给出代码的会员页确认。", "Now say yes on the page that gave the code."},
                   {"merged", "两个会员已合并。", "Both memberships are one now."},
                   {"apart", "这两个会员属于不同品牌，不能合并。", "They are of two brands that share no programme."},
                   {"nocode", "代码不对或已过期，请重新获取。", "That code is wrong or too old: get a new one."}};
    const char *done = http_request_query_param(request, "done");
    for (size_t i = 0; done && i < ARRAY_LEN(notices); i++) {
        if (strcmp(done, notices[i].word) == 0) {
            return english ? notices[i].en : notices[i].zh;
        }
    }
    return NULL;
}

static void show(struct http_request *request, struct central *central, page_writer write)
{
    struct page_view *view = arena_alloc(http_request_arena(request), sizeof(*view));
    uint8_t nonce[12];
    uint64_t identity = 0;
    struct store_tx tx;
    int rc = view ? phone_open_ticket(request, central, PHONE_LINK_DAYS, &identity) : -ENOMEM;
    rc = rc ? rc : store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = read_view(&tx, central, identity, view);
        store_read_end(&tx);
    }
    if (rc < 0) {
        phone_answer_failed(request, rc);
        return;
    }
    random_fill(random_real(), nonce, sizeof(nonce));
    base64url_encode(nonce, sizeof(nonce), view->nonce, sizeof(view->nonce));
    view->ticket = http_request_path_param(request, "ticket");
    view->english = phone_is_english(request);
    view->old_link = phone_open_ticket(request, central, PHONE_SPEND_DAYS, &identity) < 0;
    view->notice = notice_of(request, view->english);
    answer_page(request, view, write);
}

void phone_show_page(struct http_request *request, void *context)
{
    show(request, context, write_page);
}

void phone_show_privacy(struct http_request *request, void *context)
{
    show(request, context, write_privacy);
}

/* ---- joining */

struct join_order {
    struct central *central;
    struct http_request *request;
    uint64_t identity;
    uint32_t store;
    char consent[CONSENT_VERSION_MAX];
};

static int run_join(void *arg, struct store_tx *tx)
{
    struct join_order *order = arg;
    struct channel_identity identity;
    struct joined joined;
    int rc = wechat_find_identity(tx, order->identity, &identity);
    if (rc < 0 || identity.member) { /* pressed twice: the first one counts */
        return rc;
    }
    struct joining joining = {.brand = order->central->brand,
                              .touchpoint = identity.touchpoint,
                              .store = order->store,
                              .consent_version = order->consent};
    rc = people_join(tx, &joining, &joined);
    rc = rc == -ENOENT ? -EINVAL : rc; /* the store that was chosen: the page is there */
    rc = rc ? rc : wechat_link_member(tx, order->identity, joined.member);
    return rc ? rc : vesting_begin(tx, joined.member);
}

static void finish_join(void *arg, int result)
{
    struct join_order *order = arg;
    char location[PAGE_TICKET_CAP + 8];
    snprintf(location, sizeof(location), "/m/%s", http_request_path_param(order->request, "ticket"));
    const struct http_header headers[] = {{"Location", location}, {"Cache-Control", "no-store"}};
    struct http_reply reply = {.status = 303, .content_type = "text/plain", .headers = headers, .header_count = 2};
    if (result == -EINVAL) {
        phone_answer_words(order->request, 400, page_write_again);
    } else if (result < 0) {
        phone_answer_failed(order->request, result);
    } else {
        http_request_answer(order->request, &reply);
    }
    free(order);
}

static int read_form(struct http_request *request, struct join_order *order)
{
    char store[16] = "";
    struct slice form = http_request_body(request);
    int rc = form_field(form, "consent", order->consent, sizeof(order->consent));
    if (rc < 0 || !consent_find(order->consent)) {
        return -EINVAL;
    }
    rc = form_field(form, "store", store, sizeof(store));
    order->store = rc == 0 ? (uint32_t)strtoul(store, NULL, 10) : 0;
    return rc == -ENOENT ? 0 : rc;
}

void phone_join(struct http_request *request, void *context)
{
    struct central *central = context;
    struct join_order *order = calloc(1, sizeof(*order));
    int rc = order ? phone_open_ticket(request, central, PHONE_LINK_DAYS, &order->identity) : -ENOMEM;
    rc = rc ? rc : phone_take_allowance(central, order->identity, PHONE_JOIN);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        free(order);
        return;
    }
    order->central = central;
    order->request = request;
    if (read_form(request, order) < 0) {
        phone_answer_words(request, 400, page_write_again);
        free(order);
        return;
    }
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_join, .done = finish_join, .arg = order};
    http_request_defer(request);
    rc = writer_submit(central->writer, &job);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        free(order);
    }
}

/* ---- pictures */

static void answer_picture(struct http_request *request, const char *text)
{
    struct buffer png;
    struct qr_picture picture = {.text = text, .format = QR_PNG};
    buffer_init(&png, QR_PICTURE_MAX);
    int rc = qr_picture_draw(&picture, &png);
    if (rc == 0) {
        phone_answer(request, 200, "image/png", (struct slice){png.data, png.len}, "default-src 'none'");
    } else {
        phone_answer_failed(request, rc);
    }
    buffer_finish(&png);
}

static int find_owner(struct http_request *request, struct central *central, struct store_tx *tx, uint64_t *out_member)
{
    struct channel_identity identity;
    uint64_t id = 0;
    int rc = phone_open_ticket(request, central, PHONE_LINK_DAYS, &id);
    rc = rc ? rc : wechat_find_identity(tx, id, &identity);
    if (rc == 0) {
        *out_member = identity.member;
        rc = identity.member ? 0 : -ENOENT;
    }
    return rc;
}

void phone_show_code(struct http_request *request, void *context)
{
    struct central *central = context;
    struct store_tx tx;
    struct member_code code = {.nonce = random_u64(random_real()) | 1};
    char text[TOKEN_TEXT_MAX];
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = find_owner(request, central, &tx, &code.member);
        code.now_s = (uint32_t)(tx.now_ms / 1000);
        store_read_end(&tx);
    }
    uint64_t fresh = 0;
    bool spends = rc == 0 && phone_open_ticket(request, central, PHONE_SPEND_DAYS, &fresh) == 0;
    rc = rc       ? rc
         : spends ? codes_member_code(&central->keys, &code, text)
                  : codes_member_card(&central->keys, code.member, code.now_s, text);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        return;
    }
    answer_picture(request, text);
}

/* "1001-12.png" */
static int parse_file(const char *file, struct coupon_id *out_id)
{
    char id[ID_TEXT_MAX];
    size_t len = strlen(file);
    if (len < 5 || len - 4 >= sizeof(id) || strcmp(file + len - 4, ".png") != 0) {
        return -ENOENT;
    }
    memcpy(id, file, len - 4);
    id[len - 4] = '\0';
    return coupon_id_parse(id, out_id) < 0 ? -ENOENT : 0;
}

void phone_show_coupon(struct http_request *request, void *context)
{
    struct central *central = context;
    struct store_tx tx;
    struct coupon coupon;
    struct coupon_id id;
    uint64_t member = 0;
    char text[TOKEN_TEXT_MAX];
    int rc = parse_file(http_request_path_param(request, "file"), &id);
    rc = rc ? rc : store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = find_owner(request, central, &tx, &member);
        rc = rc ? rc : rights_find_coupon(&tx, id, &coupon);
        store_read_end(&tx);
    }
    if (rc == 0 && coupon.member != member) { /* somebody else's: as if it were not there */
        rc = -ENOENT;
    }
    rc = rc ? rc : codes_coupon(&central->keys, &coupon, text);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        return;
    }
    answer_picture(request, text);
}
