#ifndef DOMAIN_WINDOW_H
#define DOMAIN_WINDOW_H

#include "domain/time.h"

/*
 * What may be sent to one member through the official account, and when: WeChat's reply windows and monthly quota
 * (docs/wechat.md, "Rules"). Facts in, answer out; who keeps the facts is central's business.
 *
 *   after a follow, a scan or a menu click   3 customer-service messages within 1 minute
 *   after a message of the member            5 within 48 hours
 *   after a payment                          any number within 48 hours
 *   mass sends                               4 in a calendar month (China Standard Time)
 *
 * Each new event of a kind opens its window afresh. A message goes on the account of the window that ends first, so
 * that the longer one is kept.
 */

enum window_kind { WINDOW_ACTION, WINDOW_MESSAGE, WINDOW_PAYMENT, WINDOW_KINDS };

struct window_state {
    int64_t opened_ms; /* of the last event; 0 = never */
    uint32_t sent;     /* counted against it since */
};

struct message_facts {
    struct window_state windows[WINDOW_KINDS];
    int64_t last_mass_ms; /* 0 = never */
    uint32_t mass_sent;   /* in the month of last_mass_ms */
    bool follows;         /* nothing reaches one who left */
};

enum message_channel { MESSAGE_CUSTOMER_SERVICE = 1, MESSAGE_MASS = 2 };

enum window_answer {
    WINDOW_OPEN = 0,    /* may be sent now */
    WINDOW_SHUT = 1,    /* no window is open, or its messages are used up */
    WINDOW_USED_UP = 2, /* one is open and its number is used */
    WINDOW_MONTH_FULL = 3,
    WINDOW_LEFT = 4, /* does not follow any more */
};

struct window_choice {
    enum window_answer answer;
    enum window_kind window; /* customer service, WINDOW_OPEN: the one to count it on */
    int64_t until_ms;        /* WINDOW_OPEN: the last moment of it (mass: end of the month) */
    int64_t next_ms;         /* else: when it may be sent at the earliest; 0 = only after the member acts */
    uint32_t left;           /* WINDOW_OPEN: messages left, this one included; UINT32_MAX = any number */
};

struct window_choice window_choose(const struct message_facts *facts, enum message_channel channel, int64_t now_ms);
/* An event of the member: follow, scan, click; message; payment. Older than the last one of its kind: nothing. */
void window_open(struct message_facts *facts, enum window_kind kind, int64_t at_ms);
/* One message left: only after window_choose said WINDOW_OPEN for the same moment. */
void window_count(struct message_facts *facts, enum message_channel channel, int64_t now_ms);

const char *window_answer_name(enum window_answer answer); /* "month_full" */

#endif
