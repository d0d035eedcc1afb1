#ifndef CENTRAL_PHONE_HTML_H
#define CENTRAL_PHONE_HTML_H

#include "platform/buffer.h"

/* Writing a page in one of two languages. Errors stick: a page is written through and asked once at the end. */
struct html {
    struct buffer *out;
    bool english;
    int error;
};

/* Markup and words of our own: nothing is escaped. */
void html_put(struct html *w, const char *text);
/* One of the two, of our own. */
void html_say(struct html *w, const char *zh, const char *en);
const char *html_word(const struct html *w, const char *zh, const char *en);
/* For numbers and texts of our own only, at most 511 bytes. */
void html_format(struct html *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Anything from outside. */
void html_escape(struct html *w, const char *text);
/* From outside, in two languages; Chinese when there is no English. */
void html_name(struct html *w, const char *zh, const char *en);

#endif
