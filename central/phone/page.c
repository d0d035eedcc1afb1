#include "central/phone/page.h"

#include "central/phone/page_style.h"
#include "domain/money.h"
#include "domain/shortcode.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Errors stick: a page is written through and asked once at the end. */
struct writer {
    struct buffer *out;
    int error;
};

static void put(struct writer *w, const char *html)
{
    w->error = w->error ? w->error : buffer_append_text(w->out, html);
}

static void put_escaped(struct writer *w, const char *text)
{
    for (; *text && w->error == 0; text++) {
        switch (*text) {
        case '&':
            put(w, "&amp;");
            break;
        case '<':
            put(w, "&lt;");
            break;
        case '>':
            put(w, "&gt;");
            break;
        case '"':
            put(w, "&quot;");
            break;
        case '\'':
            put(w, "&#39;");
            break;
        default:
            w->error = buffer_append(w->out, text, 1);
        }
    }
}

/* For numbers and texts of our own only: nothing is escaped. */
static __attribute__((format(printf, 2, 3))) void put_format(struct writer *w, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put(w, text);
}

/* "12" or "12.50": whole yuan are said without fen. */
static void format_yuan(int64_t minor, char *out, size_t cap)
{
    char text[MONEY_TEXT_MAX];
    size_t len = money_format(minor, text, sizeof(text));
    if (len > 3 && strcmp(text + len - 3, ".00") == 0) {
        text[len - 3] = '\0';
    }
    snprintf(out, cap, "%s", text);
}

void page_benefit(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX];
    uint32_t pays = 100 - rules->percent_off;
    format_yuan(rules->value_minor, yuan, sizeof(yuan));
    out_text[0] = '\0';
    switch ((enum discount_kind)rules->discount) {
    case DISCOUNT_AMOUNT:
        snprintf(out_text, cap, "减 %s 元", yuan);
        break;
    case DISCOUNT_PERCENT:
        if (pays % 10) {
            snprintf(out_text, cap, "%u.%u 折", pays / 10, pays % 10);
        } else {
            snprintf(out_text, cap, "%u 折", pays / 10);
        }
        break;
    case DISCOUNT_FIXED_PRICE:
        snprintf(out_text, cap, "%s 元购", yuan);
        break;
    case DISCOUNT_GIFT:
        snprintf(out_text, cap, "赠 %s", rules->gift_zh);
        break;
    }
}

void page_condition(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX], most[MONEY_TEXT_MAX];
    bool capped = rules->discount == DISCOUNT_PERCENT && rules->max_discount_minor > 0;
    format_yuan(rules->min_spend_minor, yuan, sizeof(yuan));
    format_yuan(rules->max_discount_minor, most, sizeof(most));
    if (rules->min_spend_minor > 0) {
        snprintf(out_text, cap, "满 %s 元可用%s%s%s", yuan, capped ? "，最高减 " : "", capped ? most : "",
                 capped ? " 元" : "");
    } else if (capped) {
        snprintf(out_text, cap, "最高减 %s 元", most);
    } else {
        snprintf(out_text, cap, "无门槛");
    }
}

static void put_head(struct writer *w, const struct page_view *view)
{
    put(w, "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><meta name=\"format-detection\" "
           "content=\"telephone=no\"><title>");
    put_escaped(w, view->brand.name_zh);
    put(w, "</title><style>:root{--accent:");
    put_escaped(w, view->brand.accent);
    put(w, "}");
    put(w, page_style);
    put(w, "</style></head><body><header><span class=\"mark\" aria-hidden=\"true\"></span><div><b>");
    put_escaped(w, view->brand.name_zh);
    put(w, "</b>");
    if (view->shop.id) {
        put(w, "<small>");
        put_escaped(w, view->shop.name_zh);
        put(w, "</small>");
    }
    put(w, "</div></header><main>");
}

static void put_shop_choice(struct writer *w, const struct page_view *view)
{
    put(w, "<label class=\"choice\">常去的门店<select name=\"store\">");
    for (uint32_t i = 0; i < view->shop_count; i++) {
        put_format(w, "<option value=\"%u\">", view->shops[i].id);
        put_escaped(w, view->shops[i].name_zh);
        put(w, "</option>");
    }
    put(w, "</select></label>");
}

int page_write_consent(const struct page_view *view, struct buffer *out_html)
{
    struct writer w = {.out = out_html};
    put_head(&w, view);
    put(&w, "<section class=\"hero\"><h1>成为会员</h1><p>入会即得会员券，消费累计积分，在门店当钱花。</p></section>"
            "<ul class=\"perks\"><li><b>会员券</b><span>入会当场可用</span></li><li><b>积分</b><span>消费累计，门店抵现"
            "</span></li><li><b>会员价</b><span>指定商品更优惠</span></li></ul><form method=\"post\" action=\"");
    put_format(&w, "/m/%s/join", view->ticket);
    put(&w, "\">");
    if (!view->shop.id) {
        put_shop_choice(&w, view);
    }
    put(&w, "<input type=\"hidden\" name=\"consent\" value=\"");
    put_escaped(&w, consent_current()->version);
    put(&w, "\"><button type=\"submit\">同意并加入</button></form><p "
            "class=\"hint\">是否加入完全由您决定，不加入也可以正常使用"
            "优惠券。</p><section class=\"card consent\"><h2>个人信息处理说明</h2><dl>");
    for (size_t i = 0; i < consent_current()->point_count; i++) {
        put(&w, "<dt>");
        put_escaped(&w, consent_current()->points[i].head);
        put(&w, "</dt><dd>");
        put_escaped(&w, consent_current()->points[i].text);
        put(&w, "</dd>");
    }
    put_format(&w, "</dl><p class=\"version\">版本 %s</p></section></main></body></html>", consent_current()->version);
    return w.error;
}

static const char *coupon_state(const struct page_coupon *item, int64_t now_s)
{
    if (item->coupon.uses > 0) {
        return "已使用";
    }
    if (item->coupon.revoked || item->campaign.rules.state == CAMPAIGN_ENDED) {
        return "已失效";
    }
    if (now_s > item->coupon.expiry_s) {
        return "已过期";
    }
    return now_s < item->coupon.valid_from_s ? "未开始" : NULL;
}

static void put_coupon_text(struct writer *w, const struct page_coupon *item)
{
    char text[FEED_NAME_MAX + 32], from[24], to[24];
    page_benefit(&item->campaign.rules, text, sizeof(text));
    put(w, "<div class=\"what\"><b>");
    put_escaped(w, text);
    put(w, "</b><span>");
    put_escaped(w, item->campaign.rules.name_zh);
    page_condition(&item->campaign.rules, text, sizeof(text));
    put(w, "</span><small>");
    put_escaped(w, text);
    time_format_day((int64_t)item->coupon.valid_from_s * 1000, from, sizeof(from));
    time_format_day((int64_t)item->coupon.expiry_s * 1000, to, sizeof(to));
    put_format(w, " · %s 至 %s</small></div>", from, to);
}

static void put_coupon(struct writer *w, const struct page_view *view, const struct page_coupon *item)
{
    char id[ID_TEXT_MAX], shown[SHORTCODE_SHOWN_LEN + 1];
    const char *state = coupon_state(item, view->now_ms / 1000);
    coupon_id_format(item->coupon.id, id, sizeof(id));
    if (state) {
        put(w, "<li class=\"card coupon done\">");
        put_coupon_text(w, item);
        put_format(w, "<em>%s</em></li>", state);
        return;
    }
    shortcode_shown(item->coupon.shortcode, shown);
    put(w, "<li class=\"card coupon\"><details><summary>");
    put_coupon_text(w, item);
    put(w, "<i>出示</i></summary><div class=\"code\">");
    put_format(w,
               "<img loading=\"lazy\" width=\"288\" height=\"288\" alt=\"优惠券二维码\" "
               "src=\"/m/%s/coupon/%s.png\"><p class=\"short\">%s</p></div></details></li>",
               view->ticket, id, shown);
}

/* What can be used comes first. */
static void put_coupons(struct writer *w, const struct page_view *view, bool usable)
{
    for (uint32_t i = 0; i < view->coupon_count; i++) {
        if ((coupon_state(&view->coupons[i], view->now_ms / 1000) == NULL) == usable) {
            put_coupon(w, view, &view->coupons[i]);
        }
    }
}

static void put_member_card(struct writer *w, const struct page_view *view)
{
    char tail[MEMBER_TAIL_LEN + 1], credit[MONEY_TEXT_MAX];
    member_id_tail(view->member, tail);
    money_format(view->credit_minor, credit, sizeof(credit));
    put_format(
        w,
        "<section class=\"card member\" data-member=\"%" PRIu64 "\" data-credit=\"%" PRId64
        "\" data-coupons=\"%u\"><div class=\"row\"><span>会员 尾号 %s</span><b>%s<small> 元积分</small></b></div>",
        view->member, view->credit_minor, view->coupon_count, tail, credit);
    put_format(w,
               "<div class=\"code\"><img id=\"code\" width=\"288\" height=\"288\" alt=\"会员码\" "
               "src=\"/m/%s/code.png\"><p>结账时出示会员码 · 每分钟自动更新</p></div></section>",
               view->ticket);
}

static void put_script(struct writer *w, const struct page_view *view)
{
    put_format(w, "<script nonce=\"%s\">", view->nonce);
    put(w, "(function(){var i=document.getElementById('code'),s=i.getAttribute('src');function f(){if(!document.hidden)"
           "i.src=s+'?t='+Date.now()}setInterval(f,60000);document.addEventListener('visibilitychange',f)})();"
           "</script>");
}

int page_write_member(const struct page_view *view, struct buffer *out_html)
{
    struct writer w = {.out = out_html};
    put_head(&w, view);
    put_member_card(&w, view);
    put(&w, "<h2>我的优惠券</h2>");
    if (view->coupon_count == 0) {
        put(&w, "<p class=\"hint\">还没有优惠券。</p>");
    }
    put(&w, "<ul class=\"coupons\">");
    put_coupons(&w, view, true);
    put_coupons(&w, view, false);
    put(&w, "</ul><h2>我的门店</h2><section class=\"card shop\"><b>");
    put_escaped(&w, view->shop.name_zh);
    put(&w, "</b><span>");
    put_escaped(&w, view->shop.address);
    put(&w, "</span></section></main>");
    put_script(&w, view);
    put(&w, "</body></html>");
    return w.error;
}

int page_write_gone(struct buffer *out_html)
{
    struct page_view empty = {.brand = {.name_zh = "会员", .accent = "#1f6f54"}};
    struct writer w = {.out = out_html};
    put_head(&w, &empty);
    put(&w, "<section class=\"hero\"><h1>链接已失效</h1><p>请在公众号里发送任意文字，重新获取您的会员页。</p></section>"
            "</main></body></html>");
    return w.error;
}
