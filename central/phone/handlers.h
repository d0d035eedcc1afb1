#ifndef CENTRAL_PHONE_HANDLERS_H
#define CENTRAL_PHONE_HANDLERS_H

/* The member page's routes on the public listener. context: struct central. The ticket in the path is the whole proof:
 * answers carry no-store and no-referrer so that it stays in the phone. */

#include "central/phone/limits.h"
#include "platform/http_server.h"

void phone_show_page(struct http_request *request, void *context);   /* GET /m/{ticket} */
void phone_join(struct http_request *request, void *context);        /* POST /m/{ticket}/join */
void phone_show_code(struct http_request *request, void *context);   /* GET /m/{ticket}/code.png */
void phone_show_coupon(struct http_request *request, void *context); /* GET /m/{ticket}/coupon/{file} */

void phone_show_privacy(struct http_request *request, void *context);  /* GET /m/{ticket}/privacy */
void phone_show_data(struct http_request *request, void *context);     /* GET /m/{ticket}/data.json */
void phone_set_tags(struct http_request *request, void *context);      /* POST /m/{ticket}/tags: t<number>=1 … */
void phone_set_privacy(struct http_request *request, void *context);   /* POST /m/{ticket}/privacy: personal=0|1 */
void phone_claim(struct http_request *request, void *context);         /* POST /m/{ticket}/claim: campaign=N */
void phone_answer_survey(struct http_request *request, void *context); /* POST /m/{ticket}/answer: survey=N&answer=1 */
void phone_erase(struct http_request *request, void *context);         /* POST /m/{ticket}/erase: sure=yes */
/* POST /m/{ticket}/merge: step=offer; step=give&code=…; step=yes; step=no */
void phone_merge(struct http_request *request, void *context);

#define PHONE_FORM_MAX 512

/* For this room: answers with the headers that every page has; what an errno means to a shopper; whose page it is. */
void phone_answer(struct http_request *request, int status, const char *type, struct slice body, const char *policy);
void phone_answer_failed(struct http_request *request, int rc);
/* A page of words alone (page.h), in the reader's language; 503 when there is no memory for it. */
void phone_answer_words(struct http_request *request, int status, int (*write)(bool english, struct buffer *out_html));
struct central;
/* -EDQUOT: this page did so much within the last minute that it waits. */
MUST_CHECK int phone_take_allowance(struct central *central, uint64_t identity, enum phone_effort effort);
/* days: how old the link may be; -ESTALE when it is older. */
#define PHONE_LINK_DAYS  60 /* the page */
#define PHONE_SPEND_DAYS 7  /* the code that spends; after that the page shows the one that only says who it is */
#define PHONE_FRESH_DAYS 2  /* what a link that was passed on or found later must not do: hand out everything, erase */
MUST_CHECK int phone_open_ticket(struct http_request *request, struct central *central, int days,
                                 uint64_t *out_identity);
bool phone_is_english(const struct http_request *request);

#endif
