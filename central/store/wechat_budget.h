#ifndef CENTRAL_STORE_WECHAT_BUDGET_H
#define CENTRAL_STORE_WECHAT_BUDGET_H

/*
 * The budget of QR codes. An account has 100,000 permanent ones, ever; printed things need them. A screen can be told a
 * new code at any time, so its touchpoint may have a temporary one (30 days at most) that is replaced in time.
 */

#include "central/store/store.h"

#define BUDGET_PERMANENT 100000
#define BUDGET_LOW       90000 /* from here on screens get temporary codes only */

enum ticket_kind { TICKET_PERMANENT = 0, TICKET_ROTATING = 1, TICKET_ENDING = 2 };

/* What the platform has given for a touchpoint. A permanent code counts for good, also when its touchpoint is gone. */
MUST_CHECK int budget_note(struct store_tx *tx, const char *account, uint32_t touchpoint, enum ticket_kind kind);
/* -ENOENT: nothing was given for it yet. */
MUST_CHECK int budget_kind(struct store_tx *tx, uint32_t touchpoint, enum ticket_kind *out_kind);
MUST_CHECK int budget_permanent_used(struct store_tx *tx, const char *account, uint32_t *out_used);

/* Which kind a new touchpoint gets. -EDQUOT: it is to be printed, and no permanent code is left. */
struct budget_wish {
    const char *account;
    bool ends;      /* the operator gave it days */
    bool on_screen; /* a terminal's: it may rotate, and has to when permanent codes run low */
    bool rotate;    /* asked for */
};
MUST_CHECK int budget_choose(struct store_tx *tx, const struct budget_wish *wish, enum ticket_kind *out_kind);

/* Rotating touchpoints whose code ends before before_s, the next to end first; returns at most cap of them. */
struct ticket_due {
    uint32_t touchpoint, valid_to_s;
    char account[33];
};
MUST_CHECK int budget_due(struct store_tx *tx, int64_t before_s, struct ticket_due *out_due, size_t cap,
                          size_t *out_count);

#endif
