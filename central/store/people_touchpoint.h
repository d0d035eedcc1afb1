#ifndef CENTRAL_STORE_PEOPLE_TOUCHPOINT_H
#define CENTRAL_STORE_PEOPLE_TOUCHPOINT_H

/*
 * Touchpoints: every follow QR is one (a terminal's screen, a shelf label, a clerk's card, a flyer), and every member
 * it wins belongs to its store, terminal, shelf and clerk. Daily counters carry the funnel; greetings tell the store's
 * screen that somebody has arrived.
 */

#include "central/store/store.h"
#include "domain/feed.h"

#define SCENE_MAX        65
#define ACCOUNT_NAME_MAX 33

struct touchpoint {
    uint32_t id;
    uint32_t brand, store;
    uint32_t terminal, clerk, campaign; /* 0 = none */
    char shelf[FEED_NAME_MAX];
    char account[ACCOUNT_NAME_MAX]; /* the WeChat account its QR belongs to */
    char scene[SCENE_MAX];          /* "t<id>", given */
    char url[160];                  /* what the QR says; "" while the platform was not asked yet */
    uint32_t valid_to_s;            /* 0 = permanent */
    bool gone;
};

/* id and scene are given; without an url the store hears of it only once people_set_touchpoint_url was called. */
MUST_CHECK int people_add_touchpoint(struct store_tx *tx, const struct touchpoint *touchpoint, const char *who,
                                     uint32_t *out_id);
MUST_CHECK int people_update_touchpoint(struct store_tx *tx, const struct touchpoint *touchpoint, const char *who);
/* What a terminal showed, the one in its place shows from now on; the store hears of it. */
MUST_CHECK int people_pass_touchpoints(struct store_tx *tx, uint32_t from, uint32_t to, const char *who);
MUST_CHECK int people_find_touchpoint(struct store_tx *tx, uint32_t id, struct touchpoint *out_touchpoint);
MUST_CHECK int people_find_scene(struct store_tx *tx, const char *scene, struct touchpoint *out_touchpoint);
typedef int (*people_touchpoint_visit)(void *context, const struct touchpoint *touchpoint);
MUST_CHECK int people_each_touchpoint(struct store_tx *tx, people_touchpoint_visit visit, void *context);

enum funnel_step { FUNNEL_SHOWN, FUNNEL_FOLLOW, FUNNEL_SCAN, FUNNEL_JOIN, FUNNEL_UNFOLLOW };

/* Counts one step today (China Standard Time); seconds: of FUNNEL_SHOWN. Touchpoint 0 is the "unattributed" bucket. */
MUST_CHECK int people_count_step(struct store_tx *tx, uint32_t touchpoint, enum funnel_step step, uint32_t seconds);

struct funnel {
    uint32_t touchpoint;
    uint64_t shown, shown_s, follows, scans, joins, unfollows;
};
typedef int (*people_funnel_visit)(void *context, const struct funnel *funnel);
/* Sums per touchpoint, days ≥ since_day (local day number: Unix seconds + 8 h, divided by 86,400). */
MUST_CHECK int people_each_funnel(struct store_tx *tx, int64_t since_day, people_funnel_visit visit, void *context);

/* Puts FEED_GREETING into the touchpoint's store and takes out those that are older than ten minutes. */
struct greeting {
    uint32_t brand, store, touchpoint;
    uint64_t member;
    uint32_t issued_coupons;
};
MUST_CHECK int people_greet(struct store_tx *tx, const struct greeting *greeting);

#endif
