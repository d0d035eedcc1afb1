#ifndef CENTRAL_STORE_TERMINAL_CLOCK_H
#define CENTRAL_STORE_TERMINAL_CLOCK_H

/*
 * Terminals whose clock is not central's. Nothing is refused for it; an operator should know. That a record is older
 * than its arrival says nothing, since terminals work offline. What says something:
 *
 *   lead  how far the newest record of a batch was ahead of central's clock when it came, 0 = it was not. A batch whose
 *         records are all old takes nothing back;
 *   said  the time in a request − central's, when it was signed too far from now: by another clock, or long ago. Who
 *         was told the time signs with that, so what it says later takes nothing back.
 *
 * Written when a terminal crosses the limit, and while it is beyond it once a day, or once an hour when it moves. Both
 * count for a week.
 */

#include "central/store/store.h"

#define TERMINAL_CLOCK_LIMIT_MS INT64_C(300000)
#define TERMINAL_CLOCK_WORDS    160

struct terminal_clock_measure {
    int64_t ms;
    int64_t at_ms; /* when it was taken, by central's clock; 0 = never */
};
struct terminal_clock {
    uint32_t terminal;
    struct terminal_clock_measure lead, said;
};

/* Zeros when nothing was ever noted. */
MUST_CHECK int terminal_clock_find(struct store_tx *tx, uint32_t terminal, struct terminal_clock *out_clock);
bool terminal_clock_is_off(const struct terminal_clock *clock, int64_t now_ms);
/* "its records were 6 min ahead (2026-11-21 18:05)"; "" when it is not off. */
void terminal_clock_words(const struct terminal_clock *clock, int64_t now_ms, char out_words[TERMINAL_CLOCK_WORDS]);

/* Whether a new measure is worth a write. */
bool terminal_clock_is_news(const struct terminal_clock_measure *known, int64_t ms, int64_t now_ms);
/* lead_ms: below 0 when the newest record is older than its arrival. */
MUST_CHECK int terminal_clock_note_lead(struct store_tx *tx, uint32_t terminal, int64_t lead_ms);
MUST_CHECK int terminal_clock_note_said(struct store_tx *tx, uint32_t terminal, int64_t said_ms);

/* Those that are off, until visit returns non-zero, which is passed on. Nobody in books of before. */
typedef int (*terminal_clock_visit)(void *context, const struct terminal_clock *clock);
MUST_CHECK int terminal_clock_each_off(struct store_tx *tx, int64_t now_ms, terminal_clock_visit visit, void *context);

#endif
