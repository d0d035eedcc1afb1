#ifndef CENTRAL_DEMO_DEMO_H
#define CENTRAL_DEMO_DEMO_H

/*
 * A brand to try everything with, made through the same admin commands that people use: assets/demo/demo.json says
 * what, in numbers counted from 1 within the file. Pictures and manifest.json go to OUT/codes.
 */

#include "central/admin/session.h"

#define DEMO_NUMBERS_MAX 64

struct demo {
    struct admin_session *session;
    const json_t *plan;
    char codes[512]; /* folder, "" = no pictures */
    json_t *manifest;
    /* what central gave out, by the plan's own numbers */
    json_int_t stores[DEMO_NUMBERS_MAX], clerks[DEMO_NUMBERS_MAX], touchpoints[DEMO_NUMBERS_MAX],
        members[DEMO_NUMBERS_MAX];
    json_t *campaigns; /* key → number */
};

/* One command of the plan; the picture goes to codes/FILE.png and into the manifest (file NULL: no picture).
 * out_number: the result's field `number`, when asked for. */
struct demo_step {
    const char *command;
    json_t *args; /* reference taken */
    const char *file, *kind, *expect;
    const char *number;
};
MUST_CHECK int demo_run(struct demo *demo, const struct demo_step *step, json_int_t *out_number);

/* A code that no command makes: forged, another brand's, garbage. samples.c */
MUST_CHECK int demo_add_picture(struct demo *demo, const char *file, const char *text, const char *expect);
MUST_CHECK int demo_write_samples(struct demo *demo, const char *coupon_text);

/* So many more, for load tests. bulk.c */
MUST_CHECK int demo_add_products(struct admin_session *session, json_int_t count);
MUST_CHECK int demo_add_members(struct admin_session *session, json_int_t store, json_int_t count);

#endif
