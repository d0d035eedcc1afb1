#include "central/phone/page.h"

#include "central/phone/html.h"
#include "domain/shortcode.h"

/* Who has two member pages (two accounts, or one and a card's) joins them: a code from the one is typed on the other,
 * and the first one says yes to what it then sees. */

static void put_button(struct html *w, const char *css, const char *step, const char *words)
{
    html_format(w, "<button class=\"%s\" name=\"step\" value=\"%s\">%s</button>", css, step, words);
}

static void put_form(struct html *w, const struct page_view *view)
{
    html_format(w, "<form method=\"post\" action=\"/m/%s/merge\">", view->ticket);
}

static void put_question(struct html *w, const struct page_view *view)
{
    char tail[MEMBER_TAIL_LEN + 1];
    member_id_tail(view->merge.other, tail);
    html_format(w,
                html_word(w, "<p>尾号 %s 的会员页输入了您的代码。两个会员都是您本人吗？</p>",
                          "<p>The page of member …%s gave your code. Are both of them you?</p>"),
                tail);
    put_form(w, view);
    put_button(w, "danger", "yes", html_word(w, "都是我，合并", "Both are me: join them"));
    put_button(w, "quiet", "no", html_word(w, "不是", "No"));
    html_put(w, "</form>");
}

static void put_code(struct html *w, const struct page_view *view)
{
    char shown[SHORTCODE_SHOWN_LEN + 1];
    shortcode_shown(view->merge.code, shown);
    html_format(w, "<p class=\"short\">%s</p><p class=\"small\">", shown);
    html_say(w, "十分钟内在您的另一个会员页输入。不要告诉任何人。",
             "Type it on your other member page within ten minutes. Tell nobody.");
    html_put(w, "</p>");
    put_form(w, view);
    put_button(w, "quiet", "no", html_word(w, "取消", "Cancel"));
    html_put(w, "</form>");
}

static void put_start(struct html *w, const struct page_view *view)
{
    put_form(w, view);
    put_button(w, "quiet", "offer", html_word(w, "给另一个会员页一个代码", "A code for my other page"));
    html_put(w, "</form>");
    put_form(w, view);
    html_put(w, "<label class=\"choice\">");
    html_say(w, "另一个会员页给的代码", "The code of my other page");
    html_put(w, "<input name=\"code\" maxlength=\"14\" autocomplete=\"off\" autocapitalize=\"characters\"></label>");
    put_button(w, "quiet", "give", html_word(w, "输入", "Give it"));
    html_put(w, "</form>");
}

void page_put_merge(struct html *w, const struct page_view *view)
{
    html_put(w, "<section class=\"card merge\"><h3>");
    html_say(w, "合并会员", "I have two memberships");
    html_put(w, "</h3><p class=\"small\">");
    html_say(w, "优惠券、积分、兴趣和关联的账号合在一起，先入会的编号保留。只合并您自己的。",
             "Coupons, credit, interests and accounts become one; the older number stays. Only join your own.");
    html_put(w, "</p>");
    if (view->merge.other) {
        put_question(w, view);
    } else if (view->merge.code[0]) {
        put_code(w, view);
    } else {
        put_start(w, view);
    }
    html_put(w, "</section>");
}
