#ifndef CENTRAL_STORE_PROGRAMME_H
#define CENTRAL_STORE_PROGRAMME_H

/*
 * A programme spans brands: one card, and credit that the programme owes (owner p<programme>), earned at one brand and
 * spent at another. What a brand gave out it owes the programme, what it took in the programme owes it; a month is
 * settled between them once:
 *   settlement/p<programme>/b<brand>   what the programme owes the brand (negative: the brand owes it), CNY
 *   clearing/p<programme>              the other side
 * A posting is settled exactly once: with the first month that is closed after it came, not before its own month.
 */

#include "central/store/journal.h"
#include "domain/feed.h"
#include "domain/ledger.h"

extern const struct store_schema store_schema_chain; /* schema_chain.c: programmes, webhooks, weekly figures */

#define PROGRAMME_BRANDS_MAX 128

struct programme {
    uint32_t id;
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
};

MUST_CHECK int programme_add(struct store_tx *tx, const struct programme *programme, uint32_t *out_id);
MUST_CHECK int programme_find(struct store_tx *tx, uint32_t id, struct programme *out_programme);
typedef int (*programme_visit)(void *context, const struct programme *programme);
MUST_CHECK int programme_each(struct store_tx *tx, programme_visit visit, void *context);

/* The brand's stores earn and spend the programme's credit from now on; what a store owed before stays its own.
 * -ENOENT, -EEXIST: the brand is in a programme already, -ENOSPC: the programme has PROGRAMME_BRANDS_MAX. */
MUST_CHECK int programme_join(struct store_tx *tx, uint32_t programme, uint32_t brand);
/* -ENOENT: in none. */
MUST_CHECK int programme_of_brand(struct store_tx *tx, uint32_t brand, uint32_t *out_programme);
typedef int (*programme_brand_visit)(void *context, uint32_t brand);
MUST_CHECK int programme_each_brand(struct store_tx *tx, uint32_t programme, programme_brand_visit visit,
                                    void *context);

/* "2026-11", in China. -EINVAL. */
struct programme_month {
    char text[8];
    int64_t end_ms; /* the first moment after it */
};
MUST_CHECK int programme_month_parse(const char *text, struct programme_month *out_month);

struct programme_line {
    uint32_t brand;
    int64_t earned_minor; /* credit given out by its stores, voids taken off */
    int64_t spent_minor;  /* credit taken in by its stores */
};
typedef int (*programme_line_visit)(void *context, const struct programme_line *line);
/* What is closed stands as it was; else what closing would settle now. Every brand of the programme has a line. */
MUST_CHECK int programme_statement(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                                   programme_line_visit visit, void *context);
MUST_CHECK int programme_is_settled(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                                    bool *out_settled);

/*
 * What closing would settle, added up a piece at a time, each in a snapshot of its own: a month has millions of
 * postings, and the writer is a till's too. Zeroed at the start; *out_more: call again. -EEXIST: closed before, or a
 * later one is; -EAGAIN: it is not over.
 */
struct programme_sums {
    struct programme_line lines[PROGRAMME_BRANDS_MAX];
    size_t count;
    uint64_t through; /* all records up to this position of the journal are in it */
    bool begun;
};
MUST_CHECK int programme_add_up(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                                struct programme_sums *sums, bool *out_more);
/* Closes the month and books each brand's line (RECORD_PROGRAMME): what was added up before, and what came since. The
 * same errors. */
MUST_CHECK int programme_settle(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                                const struct programme_sums *before);

/* The postings of such a record; none when it moves no value. For records_postings. */
void programme_postings(const struct record *record, struct postings *out_postings);

#endif
