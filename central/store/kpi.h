#ifndef CENTRAL_STORE_KPI_H
#define CENTRAL_STORE_KPI_H

/*
 * The week's figures (docs/export.md says what each means). A figure is a value, and what it is a part of where it is a
 * share: whole numbers, so that whoever adds them up gets what is here. Each is counted anew from the books, none is
 * kept: a week made again later has what came up late in it too.
 */

#include "central/store/store.h"

#define KPI_WEEK_TEXT_MAX 12

/* A week of ISO 8601 in China Standard Time. */
struct kpi_week {
    char text[KPI_WEEK_TEXT_MAX]; /* "2026-W47" */
    int64_t start_ms, end_ms;     /* Monday 00:00 to the next */
};
MUST_CHECK int kpi_week_parse(const char *text, struct kpi_week *out_week); /* -EINVAL */
/* The one that `at_ms` falls in, moved by so many weeks (-1: the one before). */
void kpi_week_at(int64_t at_ms, int weeks, struct kpi_week *out_week);

struct kpi_row {
    const char *kpi;   /* "redemptions" */
    const char *scope; /* what id is a number of: "store" (0: nobody's), "campaign", "tier", "chain" (0) */
    const char *unit;  /* "count" or "minor" */
    uint32_t id;
    int64_t value, base; /* base 0: no share */
};
typedef int (*kpi_visit)(void *context, const struct kpi_row *row);

/* Figures from 0 on, one at a time, so that no snapshot lasts longer than one of them. */
size_t kpi_count(void);
MUST_CHECK int kpi_each(struct store_tx *tx, size_t index, const struct kpi_week *week, kpi_visit visit, void *context);

#endif
