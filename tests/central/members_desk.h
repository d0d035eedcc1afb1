#ifndef TESTS_CENTRAL_MEMBERS_DESK_H
#define TESTS_CENTRAL_MEMBERS_DESK_H

/* A chain of two stores, a till in the first one, and members: what the tests of members share. */

#include "central/store/people_activity.h"
#include "fixture.h"
#include "wechat_fixture.h"

#define DAY_MS INT64_C(86400000)

struct members_desk {
    struct people_fixture people;
    struct fixture core; /* the same central, for the terminal */
    struct fake_terminal till;
};

void members_open(struct members_desk *d, bool serve);
void members_close(struct members_desk *d);
void members_pass(struct members_desk *d, int64_t ms); /* time goes by, the clockwork runs */

json_int_t members_add(struct members_desk *d, int store);
/* A sale at the till; gross in fen. Its record, to be voided. */
struct record_id members_sell(struct members_desk *d, json_int_t member, int64_t gross_minor);
void members_void(struct members_desk *d, struct record_id sale);

json_int_t members_put_segment(struct members_desk *d, const char *text);
json_int_t members_count(struct members_desk *d, const char *text); /* who is chosen by it now */
struct activity members_activity(struct members_desk *d, json_int_t member);
/* The tier in the home store's feed. */
int members_tier(struct members_desk *d, json_int_t member);

/* admin_do with arguments printed into it; releases the answer. */
void members_admin(struct members_desk *d, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
