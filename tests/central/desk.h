#ifndef TESTS_CENTRAL_DESK_H
#define TESTS_CENTRAL_DESK_H

/* Two stores with a terminal each, their coupons and credit, for tests of what central decides. */

#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "fixture.h"

#define DESK_CAMPAIGN 1001
#define DESK_MEMBER   UINT64_C(4711)
#define DESK_SENT_MAX 32

/* Every record that a terminal sent, to be sent again after a restore. */
struct desk_sent {
    uint8_t bytes[DESK_SENT_MAX][1024];
    size_t len[DESK_SENT_MAX];
    size_t count;
};

struct desk {
    struct fixture f;
    struct fake_terminal a, b; /* of the first and the second store */
    struct desk_sent sent_a, sent_b;
    char backup[256];
};

int desk_setup(void **state); /* cmocka; *state is the one desk */
int desk_teardown(void **state);

struct coupon_id desk_issue(struct desk *d, enum campaign_mode mode); /* at home in the first store */
struct body desk_redemption(struct coupon_id coupon, uint32_t use_no, uint32_t epoch);
struct body desk_right(enum record_kind kind, const struct feed_right *from);
struct body desk_share(enum record_kind kind, const struct feed_share *from, int64_t amount);
struct body desk_credit(struct desk *d, enum record_kind kind, int64_t amount);

struct body desk_promotion(const struct fake_terminal *old, uint64_t copy_through, uint32_t epoch);
struct fake_terminal desk_join(struct desk *d, uint8_t seed); /* another terminal in the first store */

/* One record, uploaded and kept. */
struct record_id desk_record(struct desk *d, struct fake_terminal *t, const struct body *body);
/* Everything the terminal ever sent once more; central must take it. */
void desk_send_again(struct desk *d, struct fake_terminal *t);
/* What its feed request says when its whole journal was sent. */
void desk_show_end(struct desk *d, struct fake_terminal *t);
/* The same after it took whatever is new in its feed. */
void desk_show_news(struct desk *d, struct fake_terminal *t);
/* The feed from its beginning, as after a new epoch. */
void desk_feed_over(struct fake_terminal *t);

struct authority_answer desk_ask(struct fake_terminal *t, struct coupon_id coupon, uint8_t request);
struct authority_answer desk_ask_credit(struct desk *d, struct fake_terminal *t, int64_t amount, uint8_t request);
/* The only item of its kind since the last look; count 0 or 1. */
unsigned desk_find_right(struct fake_terminal *t, enum feed_kind kind, struct feed_right *out_right);
unsigned desk_find_share(struct fake_terminal *t, enum feed_kind kind, struct feed_share *out_share);

void desk_back_up(struct desk *d);
void desk_restore(struct desk *d); /* from that backup */

struct desk_conflicts {
    unsigned count;
    struct conflict last;
};
struct desk_conflicts desk_conflicts(struct desk *d);
int64_t desk_share_at(struct desk *d, uint32_t store);
int64_t desk_balance(struct desk *d, const char *account, enum ledger_unit unit);
struct rights_totals desk_totals(struct desk *d);
uint64_t desk_problems(struct desk *d);
/* Postings balance and equal the journal, shares are the balances, every redemption is canonical or explained. */
void desk_books_are_whole(struct desk *d);

#endif
