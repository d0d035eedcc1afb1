#include "central/phone/page.h"

#include "central/phone/html.h"
#include "central/phone/page_style.h"
#include "domain/time.h"

void page_put_head(struct html *w, const struct page_view *view)
{
    html_format(w, "<!doctype html><html lang=\"%s\">", w->english ? "en" : "zh-CN");
    html_put(w, "<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><meta name=\"format-detection\" "
                "content=\"telephone=no\"><title>");
    html_name(w, view->brand.name_zh, view->brand.name_en);
    html_put(w, "</title><style>:root{--accent:");
    html_escape(w, view->brand.accent);
    html_put(w, "}");
    html_put(w, page_style);
    html_put(w, "</style></head><body><header><span class=\"mark\" aria-hidden=\"true\"></span><div><b>");
    html_name(w, view->brand.name_zh, view->brand.name_en);
    html_put(w, "</b>");
    if (view->shop.id) {
        html_put(w, "<small>");
        html_name(w, view->shop.name_zh, view->shop.name_en);
        html_put(w, "</small>");
    }
    html_put(w, "</div></header><main>");
}

/* The notice stands in Chinese on every page: that is the text which was agreed to. */
void page_put_notice(struct html *w, const struct consent_text *text)
{
    html_put(w, "<section class=\"card consent\" lang=\"zh-CN\"><h2>个人信息处理说明</h2><dl>");
    for (size_t i = 0; i < text->point_count; i++) {
        html_put(w, "<dt>");
        html_escape(w, text->points[i].head);
        html_put(w, "</dt><dd>");
        html_escape(w, text->points[i].text);
        html_put(w, "</dd>");
    }
    html_format(w, "</dl><p class=\"version\">版本 %s</p></section>", text->version);
}

static void put_shop_choice(struct html *w, const struct page_view *view)
{
    html_put(w, "<label class=\"choice\">");
    html_say(w, "常去的门店", "Your store");
    html_put(w, "<select name=\"store\">");
    for (uint32_t i = 0; i < view->shop_count; i++) {
        html_format(w, "<option value=\"%u\">", view->shops[i].id);
        html_name(w, view->shops[i].name_zh, view->shops[i].name_en);
        html_put(w, "</option>");
    }
    html_put(w, "</select></label>");
}

static void put_perk(struct html *w, const char *what, const char *words)
{
    html_format(w, "<li><b>%s</b><span>%s</span></li>", what, words);
}

static void put_hero(struct html *w)
{
    html_put(w, "<section class=\"hero\"><h1>");
    html_say(w, "成为会员", "Become a member");
    html_put(w, "</h1><p>");
    html_say(w, "入会即得会员券，消费累计积分，在门店当钱花。",
             "A coupon at once, credit with every purchase, worth money in the store.");
    html_put(w, "</p></section><ul class=\"perks\">");
    put_perk(w, html_word(w, "会员券", "Coupons"), html_word(w, "入会当场可用", "good right away"));
    put_perk(w, html_word(w, "积分", "Credit"), html_word(w, "消费累计，门店抵现", "earned and spent in store"));
    put_perk(w, html_word(w, "会员价", "Prices"), html_word(w, "指定商品更优惠", "better for members"));
    html_put(w, "</ul>");
}

int page_write_consent(const struct page_view *view, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = view->english};
    page_put_head(&w, view);
    put_hero(&w);
    html_format(&w, "<form method=\"post\" action=\"/m/%s/join\">", view->ticket);
    if (!view->shop.id) {
        put_shop_choice(&w, view);
    }
    html_put(&w, "<input type=\"hidden\" name=\"consent\" value=\"");
    html_escape(&w, consent_current()->version);
    html_put(&w, "\"><button type=\"submit\">");
    html_say(&w, "同意并加入", "Agree and join");
    html_put(&w, "</button></form><p class=\"hint\">");
    html_say(&w, "是否加入完全由您决定，不加入也可以正常使用优惠券。",
             "It is entirely up to you: coupons work without joining.");
    html_put(&w, "</p>");
    page_put_notice(&w, consent_current());
    html_put(&w, "</main></body></html>");
    return w.error;
}

/* ---- consent and privacy */

static void put_agreed(struct html *w, const struct page_view *view)
{
    char day[24];
    time_format_day(view->agreed.at_ms, day, sizeof(day));
    html_put(w, "<section class=\"card\"><p class=\"row\"><span>");
    html_say(w, "您同意的版本", "You agreed to");
    html_put(w, "</span><b class=\"plain\">");
    html_escape(w, view->agreed.version[0] ? view->agreed.version : "–");
    html_format(w, "</b></p><p class=\"row\"><span>%s</span><b class=\"plain\">%s</b></p></section>",
                html_word(w, "时间", "On"), day);
}

static void put_switch(struct html *w, const struct page_view *view)
{
    html_put(w, "<section class=\"card\"><h3>");
    html_say(w, "为我挑选优惠", "Offers chosen for me");
    html_put(w, "</h3><p class=\"small\">");
    html_say(w, "根据消费和兴趣挑选优惠。关闭后会员权益不变。",
             "By what you buy and like. Everything else stays as it is when this is off.");
    html_format(w,
                "</p><form method=\"post\" action=\"/m/%s/privacy\"><button class=\"quiet\" name=\"personal\" "
                "value=\"%d\">",
                view->ticket, !view->personal);
    html_put(w, html_word(w, view->personal ? "已开启，点此关闭" : "已关闭，点此开启",
                          view->personal ? "On. Switch off" : "Off. Switch on"));
    html_put(w, "</button></form></section>");
}

static void put_rights(struct html *w, const struct page_view *view)
{
    html_put(w, "<section class=\"card\"><h3>");
    html_say(w, "我的数据", "My data");
    html_format(w, "</h3><a class=\"quiet\" href=\"/m/%s/data.json\" download=\"member.json\">", view->ticket);
    html_say(w, "导出全部数据", "Download everything");
    html_format(w, "</a></section><section class=\"card\"><h3>%s</h3><p class=\"small\">",
                html_word(w, "注销会员", "Leave"));
    html_say(w,
             "删除您的微信关联、消息、手机号、兴趣和消费画像；未用的优惠券与积分随之失效。账务记录仅以随机编号保留，无"
             "法恢复。",
             "Deletes the link to your account, messages, phone number, interests and purchase profile; coupons and "
             "credit end with it. The books keep a random number only. This cannot be undone.");
    html_format(w,
                "</p><form method=\"post\" action=\"/m/%s/erase\"><label class=\"check\"><input type=\"checkbox\" "
                "name=\"sure\" value=\"yes\" required>",
                view->ticket);
    html_say(w, "我确认注销", "I am sure");
    html_put(w, "</label><button class=\"danger\">");
    html_say(w, "注销并删除", "Leave and delete");
    html_put(w, "</button></form></section>");
}

int page_write_privacy(const struct page_view *view, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = view->english};
    const struct consent_text *text = consent_find(view->agreed.version);
    page_put_head(&w, view);
    html_format(&w, "<p class=\"back\"><a href=\"/m/%s\">‹ %s</a></p><div class=\"stack\">", view->ticket,
                html_word(&w, "会员页", "Member page"));
    if (view->notice) {
        html_format(&w, "<p class=\"notice\" role=\"status\">%s</p>", view->notice);
    }
    put_agreed(&w, view);
    put_switch(&w, view);
    page_put_merge(&w, view);
    put_rights(&w, view);
    page_put_notice(&w, text ? text : consent_current());
    html_put(&w, "</div></main></body></html>");
    return w.error;
}

/* ---- pages without a member */

static int write_words(struct html *w, const char *head, const char *words)
{
    static const struct page_view empty = {.brand = {.name_zh = "会员", .name_en = "Members", .accent = "#1f6f54"}};
    page_put_head(w, &empty);
    html_format(w, "<section class=\"hero\"><h1>%s</h1><p>%s</p></section></main></body></html>", head, words);
    return w->error;
}

int page_write_gone(bool english, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = english};
    return write_words(&w, html_word(&w, "链接已失效", "This link has ended"),
                       html_word(&w, "请在公众号里发送任意文字，重新获取您的会员页。",
                                 "Send any text to our official account to get your member page again."));
}

int page_write_again(bool english, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = english};
    return write_words(
        &w, html_word(&w, "没有加入", "Not joined yet"),
        html_word(&w, "请返回上一页，选择门店后再试一次。", "Go back, choose a store and try once more."));
}

int page_write_erased(bool english, struct buffer *out_html)
{
    struct html w = {.out = out_html, .english = english};
    return write_words(&w, html_word(&w, "已注销", "You have left"),
                       html_word(&w, "与您有关的信息已删除。欢迎随时再来。",
                                 "What was kept of you is deleted. You are welcome any time."));
}
