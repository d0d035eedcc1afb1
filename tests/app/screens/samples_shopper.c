#include <stdio.h>
#include <string.h>

#include "domain/campaign.h"
#include "domain/scancode.h"
#include "sample_sets.h"
#include "till/till.h"

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
    view->attract.page_index = 1;
    view->status.online = false;
    view->status.waiting = 3;
}

static void attract_light(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.page_index = 3;
}

static void attract_no_price(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    view->attract.page_index = 2;
}

static void attract_pool(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    struct view_attract *attract = &view->attract;
    attract->page_index = attract->offer_count;
    attract->pool.rows[0] = (struct view_pool_row){.here = 12, .elsewhere = 3, .until = "2026-11-23"};
    attract->pool.rows[1] = (struct view_pool_row){.here = 1, .until = "2026-11-30"};
    attract->pool.rows[2] = (struct view_pool_row){.elsewhere = 2, .until = "2026-12-31"};
    PUT(attract->pool.rows[2].only, zh ? "静安寺店" : "Jing'an Temple");
    PUT(attract->pool.rows[0].name, zh ? "满五十减十元券" : "10 off from 50");
    PUT(attract->pool.rows[1].name, zh ? "咖啡第二杯半价" : "Second coffee at half the price");
    PUT(attract->pool.rows[2].name, zh ? "帆布袋一只" : "A canvas bag");
    attract->pool.row_count = 3;
}

static void attract_survey(struct view_model *view, bool zh)
{
    put_attract(view, zh);
    struct view_survey *survey = &view->attract.survey;
    view->attract.page_index = view->attract.offer_count;
    PUT(survey->question, zh ? "上周的咖啡券您用了吗？" : "Did you use last week's coffee coupon?");
    PUT(survey->answers[0], zh ? "用了，很好" : "Yes, and liked it");
    PUT(survey->answers[1], zh ? "没有，没空来" : "No time to come");
    PUT(survey->answers[2], zh ? "没有，不知道有券" : "I did not know of it");
    PUT(survey->answers[3], zh ? "不喝咖啡" : "I drink no coffee");
    survey->answer_count = 4;
}

static void attract_thanks(struct view_model *view, bool zh)
{
    attract_survey(view, zh);
    view->attract.survey.thanked = true;
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

static void verdict_look(struct view_model *view, bool zh)
{
    verdict_discount(view, zh);
    view->status.clerk[0] = '\0';
    view->verdict.receipt = RECEIPT_NONE;
    view->verdict.check_only = true;
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
    member->ends_minor = 1260;
    PUT(member->ends, "2026-12-31");
    member->coupon_count = 4;
    member->row_count = 4;
    for (int i = 0; i < 4; i++) {
        PUT(member->rows[i].name, names[i][zh]);
        PUT(member->rows[i].expiry, days[i]);
        member->rows[i].soon = i == 0;
    }
}

/* Eight coupons, of which six are shown. */
static void member_many(struct view_model *view, bool zh)
{
    struct view_member *member = &view->member;
    put_member(view, zh);
    for (uint32_t i = member->row_count; i < ARRAY_LEN(member->rows); i++)
        member->rows[i] = member->rows[i - 2];
    member->row_count = ARRAY_LEN(member->rows);
    member->coupon_count = 8;
}

static void member_staff(struct view_model *view, bool zh)
{
    put_member(view, zh);
    PUT(view->status.clerk, "王芳");
    view->member.staff = true;
    view->member.can_spend = true;
}

static void member_elsewhere(struct view_model *view, bool zh)
{
    member_staff(view, zh);
    view->member.elsewhere = ELSEWHERE_SOME;
    view->member.elsewhere_minor = 8640;
}

static void member_arrived(struct view_model *view, bool zh)
{
    member_staff(view, zh);
    view->member.elsewhere = ELSEWHERE_ARRIVED;
    view->member.arrived_minor = 8640;
    view->member.credit_minor += 8640;
}

static void member_offline(struct view_model *view, bool zh)
{
    member_staff(view, zh);
    view->member.elsewhere = ELSEWHERE_OFFLINE;
}

static void verdict_credit_offline(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_VERDICT;
    view->verdict.tone = TONE_ASK;
    view->verdict.subject = SUBJECT_CREDIT;
    view->verdict.code = AUTHORITY_WAITING;
    view->verdict.action = INTENT_ASK_CENTRAL;
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

/* Beside what staff see of it. */
static void counter_pool(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_COUNTER;
    view->counter.sale_minor = 6850;
    view->counter.pool_here = 13;
}

static void pool(struct view_model *view, bool zh)
{
    struct view_pool *p = &view->pool;
    view->screen = SCREEN_POOL;
    p->row_count = 4;
    p->rows[0] = (struct view_pool_row){.campaign = 1, .here = 12, .elsewhere = 3, .until = "2026-11-23"};
    p->rows[1] = (struct view_pool_row){.campaign = 2, .here = 1, .until = "2026-11-30"};
    p->rows[2] = (struct view_pool_row){.campaign = 3, .elsewhere = 2, .until = "2026-12-31"};
    p->rows[3] = (struct view_pool_row){.campaign = 4, .elsewhere = 140, .until = "2026-12-31"};
    PUT(p->rows[0].name, zh ? "满五十减十元券" : "10 off from 50");
    PUT(p->rows[1].name, zh ? "咖啡第二杯半价" : "Second coffee at half the price");
    PUT(p->rows[2].name, zh ? "帆布袋一只" : "A canvas bag");
    PUT(p->rows[2].only, zh ? "静安寺店" : "Jing'an Temple");
    PUT(p->rows[3].name, zh ? "新品试饮一杯" : "A cup of the new tea to try");
}

static void pool_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_POOL;
}

const struct sample shopper_samples[] = {
    {"starting", starting},
    {"attract", put_attract},
    {"attract_offline", attract_coffee},
    {"attract_light", attract_light},
    {"attract_no_price", attract_no_price},
    {"attract_pool", attract_pool},
    {"counter_pool", counter_pool},
    {"pool", pool},
    {"pool_empty", pool_empty},
    {"attract_survey", attract_survey},
    {"attract_thanks", attract_thanks},
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
    {"verdict_look", verdict_look},
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
    {"member_elsewhere", member_elsewhere},
    {"member_arrived", member_arrived},
    {"member_offline", member_offline},
    {"verdict_credit_offline", verdict_credit_offline},
    {"member_empty", member_empty},
    {"member_many", member_many},
    {"price", price},
    {"price_plain", price_plain},
    {"price_unknown", price_unknown},
};
const size_t shopper_sample_count = ARRAY_LEN(shopper_samples);
