#include "central/phone/page.h"

#include "central/phone/html.h"
#include "domain/money.h"
#include "domain/shortcode.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT_MAX (FEED_NAME_MAX + 32)

/* ---- coupons */

static const char *coupon_state(const struct html *w, const struct page_coupon *item, int64_t now_s)
{
    if (item->coupon.uses > 0) {
        return html_word(w, "已使用", "used");
    }
    if (item->coupon.revoked || item->campaign.rules.state == CAMPAIGN_ENDED) {
        return html_word(w, "已失效", "ended");
    }
    if (now_s > item->coupon.expiry_s) {
        return html_word(w, "已过期", "expired");
    }
    return now_s < item->coupon.valid_from_s ? html_word(w, "未开始", "not yet") : NULL;
}

static void put_rules(struct html *w, const struct campaign *rules)
{
    char benefit[TEXT_MAX], condition[TEXT_MAX];
    if (w->english) {
        page_benefit_en(rules, benefit, sizeof(benefit));
        page_condition_en(rules, condition, sizeof(condition));
    } else {
        page_benefit(rules, benefit, sizeof(benefit));
        page_condition(rules, condition, sizeof(condition));
    }
    html_put(w, "<div class=\"what\"><b>");
    html_escape(w, benefit);
    html_put(w, "</b><span>");
    html_name(w, rules->name_zh, rules->name_en);
    html_put(w, "</span><small>");
    html_escape(w, condition);
}

static void put_coupon_text(struct html *w, const struct page_coupon *item)
{
    char from[24], to[24];
    put_rules(w, &item->campaign.rules);
    time_format_day((int64_t)item->coupon.valid_from_s * 1000, from, sizeof(from));
    time_format_day((int64_t)item->coupon.expiry_s * 1000, to, sizeof(to));
    html_format(w, " · <time>%s %s</time> <time>%s</time></small></div>", from, html_word(w, "至", "to"), to);
}

static void put_place(struct html *w, const struct page_view *view, uint32_t store, const char *zh, const char *en)
{
    for (uint32_t i = 0; i < view->shop_count; i++) {
        if (view->shops[i].id == store) {
            html_put(w, "<small class=\"small\">");
            html_say(w, zh, en);
            html_name(w, view->shops[i].name_zh, view->shops[i].name_en);
            html_say(w, "可用", " only");
            html_put(w, "</small>");
        }
    }
}

static void put_coupon(struct html *w, const struct page_view *view, const struct page_coupon *item)
{
    char id[ID_TEXT_MAX], shown[SHORTCODE_SHOWN_LEN + 1];
    const char *state = coupon_state(w, item, view->now_ms / 1000);
    coupon_id_format(item->coupon.id, id, sizeof(id));
    if (state) {
        html_put(w, "<li class=\"card coupon done\">");
        put_coupon_text(w, item);
        html_format(w, "<em>%s</em></li>", state);
        return;
    }
    shortcode_shown(item->coupon.shortcode, shown);
    html_put(w, "<li class=\"card coupon\"><details><summary>");
    put_coupon_text(w, item);
    if (item->coupon.right_store != view->shop.id) { /* until that store gives it up */
        put_place(w, view, item->coupon.right_store, "目前只在", "For now at ");
    }
    html_format(w, "<i>%s</i></summary><div class=\"code\">", html_word(w, "出示", "Show"));
    html_format(w,
                "<img loading=\"lazy\" width=\"288\" height=\"288\" alt=\"%s\" "
                "src=\"/m/%s/coupon/%s.png\"><p class=\"short\">%s</p></div></details></li>",
                html_word(w, "优惠券二维码", "the coupon's QR"), view->ticket, id, shown);
}

/* What can be used comes first. */
static void put_coupons(struct html *w, const struct page_view *view, bool usable)
{
    for (uint32_t i = 0; i < view->coupon_count; i++) {
        if ((coupon_state(w, &view->coupons[i], view->now_ms / 1000) == NULL) == usable) {
            put_coupon(w, view, &view->coupons[i]);
        }
    }
}

/* Another one was chosen if there was one; what stands here found none. */
static void put_lost(struct html *w, const struct page_view *view)
{
    for (uint32_t i = 0; i < view->lost_count; i++) {
        html_put(w, "<li class=\"card coupon done lost\">");
        put_rules(w, &view->lost[i].rules);
        html_format(w, "</small></div><em>%s</em></li>",
                    html_word(w, "所在门店已先送出", "its store gave it away first"));
    }
}

static void put_all_coupons(struct html *w, const struct page_view *view)
{
    html_format(w, "<h2>%s</h2>", html_word(w, "我的优惠券", "My coupons"));
    if (view->coupon_count == 0) {
        html_format(w, "<p class=\"hint\">%s</p>", html_word(w, "还没有优惠券。", "No coupons yet."));
    }
    html_put(w, "<ul class=\"coupons\">");
    put_coupons(w, view, true);
    put_coupons(w, view, false);
    put_lost(w, view);
    html_put(w, "</ul>");
}

/* What others let lie. */
static void put_offers(struct html *w, const struct page_view *view)
{
    if (view->offer_count == 0) {
        return;
    }
    html_format(w, "<h2>%s</h2><ul class=\"coupons\">", html_word(w, "大家可领", "Free to take"));
    for (uint32_t i = 0; i < view->offer_count; i++) {
        const struct public_offer *offer = &view->offers[i];
        html_put(w, "<li class=\"card coupon offer\">");
        put_rules(w, &offer->rules);
        html_format(w, html_word(w, " · 剩 %u 张</small></div>", " · %u left</small></div>"),
                    offer->here + offer->elsewhere);
        if (offer->here == 0) {
            put_place(w, view, offer->only_store, "只在", "At ");
        }
        html_format(
            w,
            "<form method=\"post\" action=\"/m/%s/claim\"><button class=\"take\" name=\"campaign\" value=\"%u\">%s"
            "</button></form></li>",
            view->ticket, offer->rules.id, html_word(w, "领取", "Take"));
    }
    html_put(w, "</ul>");
}

/* ---- the member */

static void put_member_card(struct html *w, const struct page_view *view)
{
    char tail[MEMBER_TAIL_LEN + 1], credit[MONEY_TEXT_MAX];
    member_id_tail(view->member, tail);
    money_format(view->credit_minor, credit, sizeof(credit));
    html_format(w,
                "<section class=\"card member\" data-member=\"%" PRIu64 "\" data-credit=\"%" PRId64
                "\" data-coupons=\"%u\"><div class=\"row\"><span>%s %s</span><b>%s<small> %s</small></b></div>",
                view->member, view->credit_minor, view->coupon_count, html_word(w, "会员 尾号", "Member …"), tail,
                credit, html_word(w, "元积分", "credit"));
    html_put(w, "<p class=\"owner\">");
    html_say(w, "积分由 ", "Credit of ");
    html_name(w, view->owner_zh, view->owner_en);
    html_say(w, " 承担", "");
    html_put(w, "</p>");
    if (view->credit_under_way_minor > 0) {
        money_format(view->credit_under_way_minor, credit, sizeof(credit));
        html_format(w,
                    html_word(w, "<p class=\"owner\">另有 %s 元积分正在并入</p>",
                              "<p class=\"owner\">%s more is being joined with it</p>"),
                    credit);
    }
    html_format(w,
                "<div class=\"code\"><img id=\"code\" width=\"288\" height=\"288\" alt=\"%s\" "
                "src=\"/m/%s/code.png\"><p>%s</p></div></section>",
                html_word(w, "会员码", "member code"), view->ticket,
                view->old_link
                    ? html_word(w, "可累计积分。要用积分付款，请在公众号发送任意文字，打开新链接。",
                                "Earns credit. To pay with credit, send any text to our account and open the "
                                "new link.")
                    : html_word(w, "结账时出示会员码 · 每分钟自动更新", "Show it when you pay · new every minute"));
}

static void put_gives(struct html *w, const struct page_view *view)
{
    if (view->give_count == 0) {
        return;
    }
    html_format(w, "<h2>%s</h2><ul class=\"card gives\">", html_word(w, "我的权益", "My privileges"));
    for (uint32_t i = 0; i < view->give_count; i++) {
        html_put(w, "<li>");
        html_name(w, view->gives[i].name_zh, view->gives[i].name_en);
        html_put(w, "</li>");
    }
    html_put(w, "</ul>");
}

static void put_tags(struct html *w, const struct page_view *view)
{
    if (view->tag_count == 0) {
        return;
    }
    html_format(w, "<h2>%s</h2><form class=\"card tags\" method=\"post\" action=\"/m/%s/tags\"><div>",
                html_word(w, "我的兴趣", "What I like"), view->ticket);
    for (uint32_t i = 0; i < view->tag_count; i++) {
        const struct page_tag *tag = &view->tags[i];
        html_format(w, "<label><input type=\"checkbox\" name=\"t%u\" value=\"1\"%s><span>", tag->tag.id,
                    tag->on ? " checked" : "");
        html_escape(w, tag->tag.name);
        html_put(w, "</span></label>");
    }
    html_format(w, "</div><button class=\"quiet\">%s</button></form>", html_word(w, "保存", "Save"));
}

/* One tap answers; the next question comes when this one is answered. */
static void put_survey(struct html *w, const struct page_view *view)
{
    const struct feed_survey *asked = &view->survey.asked;
    if (!asked->survey) {
        return;
    }
    html_format(w, "<h2>%s</h2><form class=\"card survey\" method=\"post\" action=\"/m/%s/answer\"><h3>",
                html_word(w, "想听听您的意见", "One question"), view->ticket);
    html_name(w, asked->question_zh, asked->question_en);
    html_format(w, "</h3><input type=\"hidden\" name=\"survey\" value=\"%u\">", asked->survey);
    for (unsigned i = 0; i < SURVEY_ANSWERS_MAX && asked->answers_zh[i][0]; i++) {
        html_format(w, "<button class=\"quiet\" name=\"answer\" value=\"%u\">", i + 1);
        html_name(w, asked->answers_zh[i], asked->answers_en[i]);
        html_put(w, "</button>");
    }
    html_put(w, "</form>");
}

/* Who joined under a notice that did not speak of it is asked once; both answers are kept. */
static void put_personal(struct html *w, const struct page_view *view)
{
    if (view->personal || view->personal_said) {
        return;
    }
    html_format(w, "<h2>%s</h2><form class=\"card survey\" method=\"post\" action=\"/m/%s/privacy\"><h3>",
                html_word(w, "为我挑选优惠", "Offers chosen for me"), view->ticket);
    html_say(w, "可以根据您的消费和兴趣挑选优惠吗？不同意也不影响会员权益。",
             "May we choose offers by what you buy and like? Everything else stays as it is either way.");
    html_format(w,
                "</h3><button class=\"quiet\" name=\"personal\" value=\"1\">%s</button><button class=\"quiet\" "
                "name=\"personal\" value=\"0\">%s</button></form>",
                html_word(w, "同意", "Yes"), html_word(w, "不同意", "No"));
}

/* ---- stores: the phone sorts them by distance when it is told to, and tells nobody where it is */

static void put_shop(struct html *w, const struct page_view *view, uint32_t index)
{
    const struct shop *shop = &view->shops[index];
    html_put(w, "<li");
    if (view->placed[index]) {
        html_format(w, " data-a=\"%" PRId32 "\" data-o=\"%" PRId32 "\"", view->places[index].latitude_e6,
                    view->places[index].longitude_e6);
    }
    html_put(w, "><div><b>");
    html_name(w, shop->name_zh, shop->name_en);
    if (shop->id == view->shop.id) {
        html_format(w, "<i>%s</i>", html_word(w, "我的门店", "mine"));
    }
    html_put(w, "</b><span>");
    html_escape(w, shop->address);
    html_put(w, "</span></div><em></em></li>");
}

static void put_shops(struct html *w, const struct page_view *view)
{
    bool placed = false;
    for (uint32_t i = 0; i < view->shop_count; i++) {
        placed = placed || view->placed[i];
    }
    html_format(w, "<h2>%s</h2><section class=\"card shop\">", html_word(w, "门店", "Stores"));
    if (placed) {
        html_format(
            w,
            "<button id=\"near\" type=\"button\" class=\"quiet\" data-failed=\"%s\">%s</button><p "
            "class=\"small\">%s</p>",
            html_word(w, "没有得到位置，再试一次", "No position, try again"),
            html_word(w, "按距离排序", "Sort by distance"),
            html_word(w, "位置只在您的手机上计算，不会上传。", "Reckoned on your phone; your place is not sent."));
    }
    html_put(w, "<ul id=\"shops\">");
    for (uint32_t i = 0; i < view->shop_count; i++) {
        put_shop(w, view, i);
    }
    html_put(w, "</ul></section>");
}

static const char script[] =
    "(function(){var i=document.getElementById('code'),s=i.getAttribute('src');function f(){if(!document.hidden)"
    "i.src=s+'?t='+Date.now()}setInterval(f,60000);document.addEventListener('visibilitychange',f);"
    "var b=document.getElementById('near'),u=document.getElementById('shops');if(!b)return;"
    "if(!navigator.geolocation){b.hidden=true;return}"
    "function sort(p){var R=6371,d=Math.PI/180,la=p.coords.latitude*d,lo=p.coords.longitude*d;"
    "[].slice.call(u.children).map(function(l){var a=l.dataset.a/1e6*d,o=l.dataset.o/1e6*d,"
    "x=(o-lo)*Math.cos((a+la)/2),k=R*Math.sqrt(x*x+(a-la)*(a-la));"
    "if(k===k)l.lastChild.textContent=k<1?Math.round(k*100)*10+' m':k.toFixed(1)+' km';return[k===k?k:1e9,l]})"
    ".sort(function(x,y){return x[0]-y[0]}).forEach(function(x){u.appendChild(x[1])});b.hidden=true}"
    "b.addEventListener('click',function(){b.disabled=true;navigator.geolocation.getCurrentPosition(sort,function(){"
    "b.disabled=false;b.textContent=b.dataset.failed})})})();";

int page_write_member(const struct page_view *view, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = view->english};
    page_put_head(&w, view);
    if (view->notice) {
        html_format(&w, "<p class=\"notice\" role=\"status\">%s</p>", view->notice);
    }
    put_member_card(&w, view);
    put_gives(&w, view);
    put_all_coupons(&w, view);
    put_offers(&w, view);
    put_survey(&w, view);
    put_personal(&w, view);
    put_tags(&w, view);
    put_shops(&w, view);
    html_format(&w, "<p class=\"foot\"><a href=\"/m/%s/privacy\">%s</a></p></main>", view->ticket,
                html_word(&w, "隐私与我的数据", "Privacy and my data"));
    html_format(&w, "<script nonce=\"%s\">", view->nonce);
    html_put(&w, script);
    html_put(&w, "</script></body></html>");
    return w.error;
}
