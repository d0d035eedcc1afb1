#include "summary.h"

#include <inttypes.h>
#include <stdio.h>

#define REDEMPTIONS_A_DAY  100
#define CREDIT_MOVES_A_DAY 50

struct figure {
    const char *name;
    uint64_t value;
};

void summary_add(struct summary *summary, const struct world_counts *counts, uint64_t trace_hash)
{
    const uint64_t *from = (const uint64_t *)counts;
    uint64_t *to = (uint64_t *)&summary->counts;
    for (size_t i = 0; i < sizeof(*counts) / sizeof(uint64_t); i++)
        to[i] += from[i];
    summary->trace = summary->trace * UINT64_C(31) + trace_hash;
}

static void print_figures(const struct figure *figures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf(" %s %" PRIu64, figures[i].name, figures[i].value);
}

void summary_print(const struct summary *summary, const struct jobs_options *options)
{
    const struct world_counts *c = &summary->counts;
    const struct figure acts[] = {{"redemptions", c->redemptions},
                                  {"offline", c->offline},
                                  {"credit-moves", c->credit_moves},
                                  {"offline", c->credit_offline},
                                  {"spends", c->spends},
                                  {"refused", c->refused},
                                  {"voids", c->voids}};
    const struct figure rest[] = {{"transfers", c->transfers}, {"credit-transfers", c->share_transfers},
                                  {"by-budget", c->budget},    {"conflicts", c->conflicts},
                                  {"restores", c->restores},   {"quarantined", c->quarantined},
                                  {"problems", c->problems},   {"through-primary", c->through_primary},
                                  {"pending", c->pending},     {"promotions", c->promotions},
                                  {"times-alone", c->alone},   {"revoked-refused", c->revoked},
                                  {"given-away", c->given},    {"offline", c->given_offline},
                                  {"claims", c->claims},       {"claims-lost", c->claims_lost},
                                  {"leases-ended", c->leases}, {"came-home", c->came_home},
                                  {"expired", c->expired},     {"events", c->events}};
    printf("seeds %" PRIu64 "..%" PRIu64 " terminals %u days %u", options->first, options->last,
           options->world.terminals, options->world.days);
    print_figures(acts, ARRAY_LEN(acts));
    for (int i = 0; i < FAULTS; i++)
        printf(" %s %" PRIu64, fault_name((enum fault)i), c->faults[i]);
    print_figures(rest, ARRAY_LEN(rest));
    printf(" trace %016" PRIx64 " violations %" PRIu64 "\n", summary->trace, c->violations);
}

static bool at_least(const char *what, uint64_t value, uint64_t wanted)
{
    if (value >= wanted)
        return true;
    printf("too few %s: %" PRIu64 " of %" PRIu64 "\n", what, value, wanted);
    return false;
}

static bool busy_enough(const struct world_counts *c, uint64_t terminal_days)
{
    bool good = at_least("redemptions", c->redemptions, terminal_days * REDEMPTIONS_A_DAY);
    good &= at_least("credit-moves", c->credit_moves, terminal_days * CREDIT_MOVES_A_DAY);
    good &= at_least("redemptions offline", 2 * c->offline, c->redemptions);
    good &= at_least("credit-moves offline", 2 * c->credit_offline, c->credit_moves);
    return good;
}

bool summary_meets_demands(const struct summary *summary, const struct jobs_options *options)
{
    const struct world_counts *c = &summary->counts;
    uint64_t seeds = options->last - options->first + 1;
    bool good = busy_enough(c, seeds * options->world.terminals * options->world.days);
    const struct figure each[] = {{"transfers", c->transfers},   {"credit-transfers", c->share_transfers},
                                  {"by-budget", c->budget},      {"conflicts", c->conflicts},
                                  {"promotions", c->promotions}, {"times-alone", c->alone},
                                  {"given-away", c->given},      {"given-away offline", c->given_offline},
                                  {"claims", c->claims},         {"claims-lost", c->claims_lost}};
    for (size_t i = 0; i < ARRAY_LEN(each); i++)
        good &= at_least(each[i].name, each[i].value, 1);
    if (options->world.days > 1) { /* they end in the night */
        good &= at_least("leases-ended", c->leases, 1);
        good &= at_least("came-home", c->came_home, 1);
    }
    if (options->world.days > 1 && seeds > 1) /* every other seed has a term of one day */
        good &= at_least("expired", c->expired, 1);
    for (int i = 0; i < FAULTS; i++) {
        if (options->world.faults >> i & 1)
            good &= at_least(fault_name((enum fault)i), c->faults[i], 1);
    }
    return good;
}
