#include "central/phone/html.h"

#include <stdarg.h>
#include <stdio.h>

void html_put(struct html *w, const char *text)
{
    w->error = w->error ? w->error : buffer_append_text(w->out, text);
}

const char *html_word(const struct html *w, const char *zh, const char *en)
{
    return w->english ? en : zh;
}

void html_say(struct html *w, const char *zh, const char *en)
{
    html_put(w, html_word(w, zh, en));
}

void html_format(struct html *w, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    html_put(w, text);
}

void html_escape(struct html *w, const char *text)
{
    for (; *text && w->error == 0; text++) {
        switch (*text) {
        case '&':
            html_put(w, "&amp;");
            break;
        case '<':
            html_put(w, "&lt;");
            break;
        case '>':
            html_put(w, "&gt;");
            break;
        case '"':
            html_put(w, "&quot;");
            break;
        case '\'':
            html_put(w, "&#39;");
            break;
        default:
            w->error = buffer_append(w->out, text, 1);
        }
    }
}

void html_name(struct html *w, const char *zh, const char *en)
{
    html_escape(w, w->english && en[0] ? en : zh);
}
