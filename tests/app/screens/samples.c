#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#include "domain/campaign.h"
#include "samples.h"
#include "sync/sync.h"
#include "till/till.h"

const struct sample_size sample_sizes[SAMPLE_SIZES] = {{1280, 800}, {1920, 1080}, {1080, 1920}, {800, 480}};

#define PUT(field, text) snprintf(field, sizeof(field), "%s", text)

static void put_attract(struct view_model *view, bool zh)
{
    struct view_attract *attract = &view->attract;
    view->screen = SCREEN_ATTRACT;
    PUT(attract->follow_url, "http://weixin.qq.com/q/02kXv9QmZNcyR1mG3hBu1z");
    PUT(attract->shelf, zh ? "饮料货架" : "Drinks");
    attract->offer_count = 4;
    attract->scan_button = true;
    attract->staff_button = true;
    const struct view_offer offers[4] = {
        {.price_minor = 450, .member_price_minor = 380, .tint = 0x1B6E8C},
        {.price_minor = 2980, .member_price_minor = 1990, .tint = 0xB5451F},
        {.price_minor = 0, .tint = 0x5B3F86},
        {.price_minor = 1290, .tint = 0xE8B23A},
    };
    static const char *const titles[4][2] = {{"Watsons soda water", "屈臣氏苏打水"},
                                             {"Ground coffee, dark roast", "深烘研磨咖啡"},
                                             {"Members' Wednesday", "周三会员日"},
                                             {"Fresh oranges", "新鲜脐橙"}};
    static const char *const texts[4][2] = {
        {"330 ml, every flavour, this week only", "330 毫升，全部口味，仅限本周"},
        {"250 g, second pack at half price", "250 克装，第二件半价"},
        {"Every Wednesday a coupon for members, on the phone and at the counter",
         "每周三会员专享优惠券，手机与收银台均可领取"},
        {"From Jiangxi, sweet and juicy, a kilo", "江西产地直送，清甜多汁，每公斤"}};
    for (int i = 0; i < 4; i++) {
        attract->offers[i] = offers[i];
        PUT(attract->offers[i].title, titles[i][zh]);
        PUT(attract->offers[i].text, texts[i][zh]);
    }
}

static void attract_coffee(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.offer_index = 1;
    view->status.online = false;
    view->status.waiting = 3;
}

static void attract_light(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.offer_index = 3;
}

static void attract_no_price(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.offer_index = 2;
}

static void attract_no_code(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.follow_url[0] = '\0';
}

static void attract_no_offers(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.offer_count = 0;
    PUT(view->attract.follow_url,
        "https://mp.weixin.qq.com/mp/qrcode?scene=10000005&size=102&__biz=MzA4NTM0MDQ2MQ==&mid=2247483651&idx=1&sn="
        "8c1f5c0d8d1b4a7f9a2c");
}

static void starting(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_STARTING;
}

static void greeting_new(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_GREETING;
    PUT(view->greeting.tail, "4821");
    view->greeting.coupons = 2;
}

static void greeting_back(struct view_model *view, bool zh)
{
    greeting_new(view, zh);
    view->greeting.returning = true;
    view->greeting.coupons = 0;
}

static void viewfinder(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_VIEWFINDER;
    view->viewfinder.camera_ok = true;
    view->viewfinder.frame_no = 7;
}

static void viewfinder_dark(struct view_model *view, bool zh)
{
    viewfinder(view, zh);
    view->viewfinder.guidance = GUIDE_DARK;
    view->viewfinder.expecting_member = true;
}

static void viewfinder_reading(struct view_model *view, bool zh)
{
    viewfinder(view, zh);
    view->viewfinder.guidance = GUIDE_READING;
}

static void viewfinder_blind(struct view_model *view, bool zh)
{
    viewfinder(view, zh);
    view->viewfinder.camera_ok = false;
}

static struct view_verdict *verdict(struct view_model *view, enum view_tone tone, enum view_subject subject, int code)
{
    view->screen = SCREEN_VERDICT;
    view->verdict.tone = tone;
    view->verdict.subject = subject;
    view->verdict.code = code;
    view->verdict.action = INTENT_NEXT;
    PUT(view->status.clerk, "王芳");
    return &view->verdict;
}

static void verdict_good(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_GOOD, SUBJECT_COUPON, COUPON_OK);
    PUT(v->campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    v->discount_kind = DISCOUNT_AMOUNT;
    v->sale_minor = 6850;
    v->discount_minor = 1000;
    v->paid_minor = 5850;
    v->earned_minor = 293;
    v->balance_minor = 2173;
    v->receipt = RECEIPT_PRINTING;
    v->drawer_open = true;
}

static void verdict_good_offline(struct view_model *view, bool zh)
{
    verdict_good(view, zh);
    view->status.online = false;
    view->status.waiting = 12;
    view->verdict.offline = true;
    view->verdict.receipt = RECEIPT_NO_PAPER;
    view->status.device_down[HAL_PRINTER] = true;
}

static void verdict_discount(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_GOOD, SUBJECT_COUPON, COUPON_OK);
    PUT(v->campaign, zh ? "新会员立减 5 元" : "5 off for new members");
    v->discount_minor = 500;
    v->receipt = RECEIPT_DONE;
}

static void verdict_gift(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_GOOD, SUBJECT_COUPON, COUPON_OK);
    PUT(v->campaign, zh ? "会员日赠饮券" : "Members' day drink");
    PUT(v->gift, zh ? "百岁山矿泉水一瓶" : "one bottle of Ganten mineral water");
    v->discount_kind = DISCOUNT_GIFT;
}

static void verdict_used(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_REFUSE, SUBJECT_COUPON, COUPON_ALREADY_USED);
    PUT(v->campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    PUT(v->when, "2026-11-20 18:05");
    PUT(v->where, zh ? "南京西路店" : "Nanjing West Road");
}

static void verdict_expired(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_REFUSE, SUBJECT_COUPON, COUPON_EXPIRED);
    PUT(v->campaign, zh ? "中秋礼券" : "Mid-autumn coupon");
    PUT(v->when, "2026-10-08");
}

static void verdict_forged(struct view_model *view, bool zh)
{
    (void)zh;
    verdict(view, TONE_REFUSE, SUBJECT_COUPON, COUPON_FORGED);
}

static void verdict_elsewhere(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_ASK, SUBJECT_COUPON, COUPON_HELD_ELSEWHERE);
    PUT(v->campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    PUT(v->where, zh ? "徐家汇店" : "Xujiahui");
    v->action = INTENT_ASK_CENTRAL;
}

static void verdict_minimum(struct view_model *view, bool zh)
{
    struct view_verdict *v = verdict(view, TONE_ASK, SUBJECT_COUPON, COUPON_BELOW_MINIMUM);
    PUT(v->campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    v->sale_minor = 4200;
    v->min_spend_minor = 5000;
    v->action = INTENT_SALE;
}

static void verdict_date(struct view_model *view, bool zh)
{
    (void)zh;
    verdict(view, TONE_ASK, SUBJECT_COUPON, COUPON_DATE_UNSURE)->action = INTENT_CONFIRM_DATE;
    view->status.date_unsure = true;
}

static void verdict_wait(struct view_model *view, bool zh)
{
    (void)zh;
    verdict(view, TONE_WAIT, SUBJECT_ASKING, 0);
}

static void verdict_sale(struct view_model *view, bool zh)
{
    (void)zh;
    struct view_verdict *v = verdict(view, TONE_GOOD, SUBJECT_SALE, CREDIT_OK);
    v->sale_minor = 12990;
    v->credit_minor = 2173;
    v->paid_minor = 10817;
    v->earned_minor = 541;
    v->balance_minor = 541;
    v->receipt = RECEIPT_DONE;
}

static void verdict_void(struct view_model *view, bool zh)
{
    (void)zh;
    struct view_verdict *v = verdict(view, TONE_GOOD, SUBJECT_VOID, VOID_OK);
    v->paid_minor = 5850;
}

static void verdict_payment(struct view_model *view, bool zh)
{
    (void)zh;
    verdict(view, TONE_REFUSE, SUBJECT_CODE, SCANCODE_PAYMENT);
}

static void verdict_busy(struct view_model *view, bool zh)
{
    (void)zh;
    verdict(view, TONE_REFUSE, SUBJECT_BUSY, 0)->error = ENOSPC;
}

static void put_member(struct view_model *view, bool zh)
{
    struct view_member *member = &view->member;
    static const char *const names[4][2] = {{"Members' Wednesday: any drink", "周三会员日：任选饮料一瓶"},
                                            {"10 off 50, autumn coupon", "满 50 减 10 秋季券"},
                                            {"Coffee, second pack at half price", "研磨咖啡第二件半价"},
                                            {"Free delivery", "免费送货一次"}};
    static const char *const days[4] = {"2026-11-23", "2026-11-30", "2026-12-15", "2026-12-31"};
    view->screen = SCREEN_MEMBER;
    PUT(member->tail, "4821");
    member->credit_minor = 2173;
    member->coupon_count = 4;
    member->row_count = 4;
    for (int i = 0; i < 4; i++) {
        PUT(member->rows[i].name, names[i][zh]);
        PUT(member->rows[i].expiry, days[i]);
        member->rows[i].soon = i == 0;
    }
}

static void member_staff(struct view_model *view, bool zh)
{
    put_member(view, zh);
    PUT(view->status.clerk, "王芳");
    view->member.staff = true;
    view->member.can_spend = true;
}

static void member_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_MEMBER;
    PUT(view->member.tail, "0093");
}

static void price(struct view_model *view, bool zh)
{
    view->screen = SCREEN_PRICE;
    view->price.found = true;
    PUT(view->price.name, zh ? "屈臣氏 苏打水 原味" : "Watsons soda water, plain");
    PUT(view->price.unit, "330ml");
    PUT(view->price.ean, "6920180209601");
    view->price.price_minor = 450;
    view->price.member_price_minor = 380;
}

static void price_plain(struct view_model *view, bool zh)
{
    price(view, zh);
    view->price.member_price_minor = 0;
    view->price.price_minor = 12890;
    PUT(view->price.name,
        zh ? "五常稻花香大米 东北珍珠米 十斤家庭装" : "Wuchang fragrant rice, north-east pearl rice, 5 kg family bag");
    PUT(view->price.unit, "5kg");
}

static void price_unknown(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_PRICE;
    PUT(view->price.ean, "6901234567892");
}

static void put_clerks(struct view_model *view)
{
    static const char *const names[] = {"王芳", "李建国", "陈小燕", "赵磊", "Maria Santos", "周文博", "吴丽娟"};
    view->screen = SCREEN_SIGN_IN;
    view->sign_in.row_count = ARRAY_LEN(names);
    for (uint32_t i = 0; i < ARRAY_LEN(names); i++) {
        view->sign_in.rows[i].clerk = i + 1;
        PUT(view->sign_in.rows[i].name, names[i]);
    }
}

static void sign_in(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
}

static void sign_in_full(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
    view->sign_in.row_count = VIEW_ROWS_MAX;
    for (uint32_t i = 7; i < VIEW_ROWS_MAX; i++) {
        view->sign_in.rows[i].clerk = i + 1;
        PUT(view->sign_in.rows[i].name, "欧阳若兰");
    }
    view->sign_in.state = PIN_VIEW_BADGE_UNKNOWN;
}

static void sign_in_pin(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
    view->sign_in.picked = 1;
    view->sign_in.digits = 4;
}

static void sign_in_wrong(struct view_model *view, bool zh)
{
    sign_in_pin(view, zh);
    view->sign_in.digits = 0;
    view->sign_in.state = PIN_VIEW_WRONG;
    view->sign_in.tries_left = 3;
}

static void sign_in_locked(struct view_model *view, bool zh)
{
    sign_in_wrong(view, zh);
    view->sign_in.state = PIN_VIEW_LOCKED;
    view->sign_in.locked_s = 280;
}

static void counter(struct view_model *view, bool zh)
{
    view->screen = SCREEN_COUNTER;
    PUT(view->status.clerk, "王芳");
    view->counter.has_last = true;
    PUT(view->counter.last_title, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    view->counter.last_paid_minor = 5850;
    view->counter.last_discount_minor = 1000;
    PUT(view->counter.last_clock, "18:02");
}

static void counter_busy(struct view_model *view, bool zh)
{
    counter(view, zh);
    view->counter.sale_minor = 6850;
    view->counter.member_set = true;
    PUT(view->counter.member_tail, "4821");
    view->counter.member_credit_minor = 2173;
    view->status.online = false;
    view->status.waiting = 128;
    view->status.device_down[HAL_PRINTER] = true;
    view->status.device_down[HAL_CAMERA] = true;
    view->status.date_unsure = true;
}

static void counter_fresh(struct view_model *view, bool zh)
{
    counter(view, zh);
    memset(&view->counter, 0, sizeof(view->counter));
}

static void amount_sale(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_AMOUNT;
    PUT(view->status.clerk, "王芳");
    view->amount.amount_minor = 6850;
}

static void amount_coupon(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_COUPON_SALE;
    view->amount.amount_minor = 0;
    view->amount.min_spend_minor = 5000;
    PUT(view->amount.campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
}

static void amount_spend(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_SPEND;
    view->amount.limit_minor = 2173;
    view->amount.too_much = true;
    view->amount.amount_minor = 123456789;
}

static void amount_pin(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_MEMBER_PIN;
    view->amount.digits = 3;
}

static void code_entry(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_CODE_ENTRY;
    PUT(view->code_entry.typed, "7K3M-9QX");
}

static void code_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_CODE_ENTRY;
}

static void code_wrong(struct view_model *view, bool zh)
{
    code_entry(view, zh);
    PUT(view->code_entry.typed, "7K3M-9QX2-WTRB");
    view->code_entry.wrong = true;
    view->code_entry.complete = true;
}

static void code_complete(struct view_model *view, bool zh)
{
    code_wrong(view, zh);
    view->code_entry.wrong = false;
}

static void void_list(struct view_model *view, bool zh)
{
    static const char *const titles[4][2] = {{"10 off 50, autumn coupon", "满 50 减 10 秋季券"},
                                             {"Sale", "收银"},
                                             {"Members' day drink", "会员日赠饮券"},
                                             {"Sale, paid with credit", "收银（余额支付）"}};
    view->screen = SCREEN_VOID_LIST;
    PUT(view->status.clerk, "王芳");
    view->voids.row_count = 8;
    for (int i = 0; i < 8; i++) {
        struct view_act_row *row = &view->voids.rows[i];
        PUT(row->title, titles[i % 4][zh]);
        snprintf(row->clock, sizeof(row->clock), "%02d:%02d", 18 - i / 2, (62 - i * 7) % 60);
        PUT(row->clerk, i % 3 == 0 ? "王芳" : "李建国");
        row->paid_minor = 5850 + 1210 * i;
        row->discount_minor = i % 4 == 0 ? 1000 : 0;
        row->credit_minor = i % 4 == 3 ? 2173 : 0;
        row->voided = i == 2;
    }
}

static void void_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_VOID_LIST;
}

static void void_loading(struct view_model *view, bool zh)
{
    void_empty(view, zh);
    view->voids.loading = true;
}

static void void_reason_screen(struct view_model *view, bool zh)
{
    void_list(view, zh);
    view->screen = SCREEN_VOID_REASON;
}

static void put_enrolment(struct view_model *view, enum enrol_stage stage)
{
    view->screen = SCREEN_ENROLMENT;
    view->status.enrolled = false;
    view->status.online = false;
    view->brand.accent = 0;
    view->enrolment.stage = (uint8_t)stage;
    view->enrolment.camera_ok = true;
    view->enrolment.network_ok = true;
}

static void enrol_start(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_NONE);
}

static void enrol_no_network(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_NONE);
    view->enrolment.network_ok = false;
}

static void enrol_calling(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_CALLING);
}

static void enrol_digits(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_CONFIRM);
    PUT(view->enrolment.digits, "402917");
}

static void enrol_failed(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_FAILED);
    view->enrolment.error = ENROL_NO_NETWORK;
}

static void enrol_done(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_DONE);
}

static void service(struct view_model *view, bool zh)
{
    static const char *const log[] = {"18:01:12 sync: 14 records up, durable through 20718",
                                      "18:01:12 feed: 3 items, store 4410, brand 981",
                                      "18:02:40 till: redeemed campaign 7 serial 1193",
                                      "18:02:41 printer: receipt 20719 done, 412 ms",
                                      "18:03:05 camera: reopened /dev/video0 640x480 GREY",
                                      "18:03:55 sync: central cannot be reached (connection refused)",
                                      "18:04:10 sync: next try in 15 s",
                                      "18:04:25 sync: central cannot be reached (connection refused)",
                                      "18:04:26 drawer: pulse 120 ms"};
    struct view_service *s = &view->service;
    (void)zh;
    view->screen = SCREEN_SERVICE;
    PUT(view->status.clerk, "王芳");
    view->status.online = false;
    view->status.waiting = 3;
    view->status.oldest_age_s = 260;
    view->status.last_contact_age_s = 275;
    view->status.device_down[HAL_SCANNER] = true;
    for (int i = 0; i < HAL_DEVICE_COUNT; i++) {
        s->devices[i].ok = i != HAL_SCANNER;
    }
    PUT(s->devices[HAL_SCANNER].reason, "/dev/input/by-id/usb-Honeywell_1450g-event-kbd: no such device");
    s->devices[HAL_CAMERA].testing = true;
    PUT(s->devices[HAL_NETWORK].reason, "eth0 192.168.7.24");
    PUT(s->version, "0.1.0");
    PUT(s->board, "sim");
    PUT(s->sqlite, "3.40.1 (one writer)");
    s->terminal = 1042;
    s->incarnation = 2;
    s->store = 17;
    s->last_seq = 20721;
    s->durable_through = 20718;
    s->archived_through = 20590;
    s->products = 18240;
    s->members = 3921;
    s->next_try_s = 12;
    s->free_mb = 5210;
    PUT(s->sync_error, "connect 10.0.3.2:8443: connection refused");
    for (size_t i = 0; i < ARRAY_LEN(log); i++) {
        PUT(s->log[i], log[i]);
    }
}

static void outage_books(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_OUT_OF_SERVICE;
    PUT(view->outage.detail, "database disk image is malformed (11), journal seq 20718");
}

static void outage_font(struct view_model *view, bool zh)
{
    outage_books(view, zh);
    view->outage.kind = OUTAGE_FONT;
    PUT(view->outage.detail, "fc-match: DejaVu Sans");
}

static const struct sample samples[] = {
    {"starting", starting},
    {"attract", put_attract},
    {"attract_offline", attract_coffee},
    {"attract_light", attract_light},
    {"attract_no_price", attract_no_price},
    {"attract_no_code", attract_no_code},
    {"attract_no_offers", attract_no_offers},
    {"greeting_new", greeting_new},
    {"greeting_back", greeting_back},
    {"viewfinder", viewfinder},
    {"viewfinder_dark", viewfinder_dark},
    {"viewfinder_reading", viewfinder_reading},
    {"viewfinder_blind", viewfinder_blind},
    {"verdict_good", verdict_good},
    {"verdict_good_offline", verdict_good_offline},
    {"verdict_discount", verdict_discount},
    {"verdict_gift", verdict_gift},
    {"verdict_used", verdict_used},
    {"verdict_expired", verdict_expired},
    {"verdict_forged", verdict_forged},
    {"verdict_elsewhere", verdict_elsewhere},
    {"verdict_minimum", verdict_minimum},
    {"verdict_date", verdict_date},
    {"verdict_wait", verdict_wait},
    {"verdict_sale", verdict_sale},
    {"verdict_void", verdict_void},
    {"verdict_payment", verdict_payment},
    {"verdict_busy", verdict_busy},
    {"member", put_member},
    {"member_staff", member_staff},
    {"member_empty", member_empty},
    {"price", price},
    {"price_plain", price_plain},
    {"price_unknown", price_unknown},
    {"sign_in", sign_in},
    {"sign_in_full", sign_in_full},
    {"sign_in_pin", sign_in_pin},
    {"sign_in_wrong", sign_in_wrong},
    {"sign_in_locked", sign_in_locked},
    {"counter", counter},
    {"counter_busy", counter_busy},
    {"counter_fresh", counter_fresh},
    {"amount_sale", amount_sale},
    {"amount_coupon", amount_coupon},
    {"amount_spend", amount_spend},
    {"amount_pin", amount_pin},
    {"code_entry", code_entry},
    {"code_empty", code_empty},
    {"code_wrong", code_wrong},
    {"code_complete", code_complete},
    {"void_list", void_list},
    {"void_empty", void_empty},
    {"void_loading", void_loading},
    {"void_reason", void_reason_screen},
    {"enrol_start", enrol_start},
    {"enrol_no_network", enrol_no_network},
    {"enrol_calling", enrol_calling},
    {"enrol_digits", enrol_digits},
    {"enrol_failed", enrol_failed},
    {"enrol_done", enrol_done},
    {"service", service},
    {"outage_books", outage_books},
    {"outage_font", outage_font},
};

size_t sample_count(void)
{
    return ARRAY_LEN(samples);
}

const struct sample *sample_at(size_t i)
{
    return &samples[i];
}

const struct sample *sample_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        if (strcmp(samples[i].name, name) == 0) {
            return &samples[i];
        }
    }
    return NULL;
}

void sample_make(const struct sample *sample, enum language language, struct view_model *out_view)
{
    bool zh = language == LANGUAGE_ZH_CN;
    memset(out_view, 0, sizeof(*out_view));
    out_view->language = language;
    PUT(out_view->brand.name, zh ? "青禾便利" : "Qinghe");
    PUT(out_view->brand.store, zh ? "南京西路店" : "Nanjing West Road");
    out_view->brand.accent = 0x0B7A5B;
    out_view->status.enrolled = true;
    out_view->status.online = true;
    PUT(out_view->status.clock, "18:05");
    PUT(out_view->status.date, "2026-11-21");
    sample->fill(out_view, zh);
}

/* The longest a field can be, of the widest characters there are. */
static void stuff(char *field, size_t size)
{
    static const char wide[] = "满减券";
    size_t len = 0;
    for (size_t i = 0; len + 3 < size; i = (i + 1) % 3) {
        memcpy(field + len, wide + i * 3, 3);
        len += 3;
    }
    field[len] = '\0';
}
#define STUFF(field) stuff(field, sizeof(field))

static void stuff_screen(struct view_model *view)
{
    if (view->screen == SCREEN_ATTRACT) {
        STUFF(view->attract.offers[view->attract.offer_index].title);
        STUFF(view->attract.offers[view->attract.offer_index].text);
    } else if (view->screen == SCREEN_VERDICT) {
        STUFF(view->verdict.campaign);
    } else if (view->screen == SCREEN_MEMBER) {
        view->member.row_count = ARRAY_LEN(view->member.rows);
        for (size_t i = 0; i < ARRAY_LEN(view->member.rows); i++) {
            STUFF(view->member.rows[i].name);
        }
    } else if (view->screen == SCREEN_PRICE) {
        STUFF(view->price.name);
    } else if (view->screen == SCREEN_SERVICE) {
        for (size_t i = 0; i < VIEW_LOG_LINES; i++) {
            STUFF(view->service.log[i]);
        }
        for (size_t i = 0; i < HAL_DEVICE_COUNT; i++) {
            STUFF(view->service.devices[i].reason);
        }
        STUFF(view->service.sync_error);
    } else if (view->screen == SCREEN_COUNTER) {
        STUFF(view->counter.last_title);
    } else if (view->screen == SCREEN_VOID_LIST || view->screen == SCREEN_VOID_REASON) {
        for (size_t i = 0; i < ARRAY_LEN(view->voids.rows); i++) {
            STUFF(view->voids.rows[i].title);
            STUFF(view->voids.rows[i].clerk);
        }
    } else if (view->screen == SCREEN_OUT_OF_SERVICE) {
        STUFF(view->outage.detail);
    }
}

void sample_stuff(struct view_model *view)
{
    STUFF(view->brand.name);
    STUFF(view->brand.store);
    STUFF(view->status.clerk);
    stuff_screen(view);
}

static void fill_box(uint8_t *pixels, struct rect box, uint8_t grey)
{
    for (int y = box.y; y < box.y + box.height; y++) {
        memset(pixels + (ptrdiff_t)y * SAMPLE_PICTURE_WIDTH + box.x, grey, (size_t)box.width);
    }
}

void sample_picture(uint8_t *pixels, struct ui_picture *out_picture)
{
    for (int y = 0; y < SAMPLE_PICTURE_HEIGHT; y++) {
        for (int x = 0; x < SAMPLE_PICTURE_WIDTH; x++) {
            pixels[(ptrdiff_t)y * SAMPLE_PICTURE_WIDTH + x] = (uint8_t)(150 - y / 6 + x / 16 + ((x * 7 + y * 13) & 7));
        }
    }
    fill_box(pixels, (struct rect){190, 20, 250, 440}, 34);
    fill_box(pixels, (struct rect){204, 60, 222, 360}, 236);
    QRcode *code = QRcode_encodeString8bit("TSC1:SAMPLE", 2, QR_ECLEVEL_M);
    int cell = 6;
    for (int i = 0; code != NULL && i < code->width * code->width; i++) {
        if ((code->data[i] & 1) != 0) {
            fill_box(pixels, (struct rect){240 + i % code->width * cell, 150 + i / code->width * cell, cell, cell}, 28);
        }
    }
    QRcode_free(code);
    *out_picture = (struct ui_picture){.grey = pixels,
                                       .width = SAMPLE_PICTURE_WIDTH,
                                       .height = SAMPLE_PICTURE_HEIGHT,
                                       .stride = SAMPLE_PICTURE_WIDTH,
                                       .has_outline = true,
                                       .outline = {{232, 142}, {398, 142}, {398, 308}, {232, 308}}};
}
