#include "rs_search.h"

#include <assert.h>
#include <string.h>

enum {
    NONE = 0xffff,
    SURE_MAX = 127,
    PAIRS_OF = 240,   /* the least sure free bits of which every two are tried */
    TRIPLES_OF = 420, /* and every three that meet the band */
};

/* ---- the code ---- */

/* Which checks a bit takes part in: check 8 s + b is bit b of the value at alpha^s. */
static struct rs_checks column_of(const struct rs_field *field, const struct rs_sight *sight, int bit)
{
    struct rs_checks column = {{0}};
    int step = sight->len - 1 - bit / 8, power = 7 - bit % 8;

    for (int s = 0; s < sight->ecc; s++) {
        column.at[s / 8] |= (uint64_t)field->exp[power] << 8 * (s % 8);
        power += step;
        power -= power >= 255 ? 255 : 0;
    }
    return column;
}

static void add_checks(struct rs_checks *to, const struct rs_checks *by)
{
    for (int k = 0; k < RS_SEARCH_LANES; k++)
        to->at[k] ^= by->at[k];
}

static bool has_check(const struct rs_checks *checks, int row)
{
    return checks->at[row / 64] >> row % 64 & 1;
}

/* Puts the bits that are not known in order, and sums up what the word as seen fails. */
static void take(struct rs_search *search, const struct rs_field *field, const struct rs_sight *sight)
{
    uint16_t starts[SURE_MAX + 2] = {0};

    memset(&search->unmet, 0, sizeof(search->unmet));
    for (int bit = 0; bit < 8 * sight->len; bit++)
        starts[sight->sure[bit / 8][bit % 8] + 1]++;
    for (int i = 1; i <= SURE_MAX; i++)
        starts[i] = (uint16_t)(starts[i] + starts[i - 1]);
    search->bits = 0;
    for (int bit = 0; bit < 8 * sight->len; bit++)
        search->order[starts[sight->sure[bit / 8][bit % 8]]++] = (uint16_t)bit;
    for (int i = 0; i < 8 * sight->len; i++) {
        int bit = search->order[i], mask = 0x80 >> bit % 8;
        struct rs_checks column = column_of(field, sight, bit);

        if (sight->words[bit / 8] & mask)
            add_checks(&search->unmet, &column);
        if (sight->fixed && sight->fixed[bit / 8] & mask)
            continue;
        search->order[search->bits] = (uint16_t)bit;
        search->sure[search->bits] = sight->sure[bit / 8][bit % 8];
        search->columns[search->bits++] = column;
    }
}

static int first_check(const struct rs_checks *checks, const struct rs_checks *used)
{
    for (int k = 0; k < RS_SEARCH_LANES; k++)
        if (checks->at[k] & ~used->at[k])
            return 64 * k + __builtin_ctzll(checks->at[k] & ~used->at[k]);
    return -1;
}

/* Solves the checks for the least sure bits; the rest are free. False when a check is left that no bit can meet. */
static bool eliminate(struct rs_search *search)
{
    struct rs_checks used = {{0}};

    search->free_count = 0;
    for (int r = 0; r < RS_SEARCH_ROWS; r++)
        search->pivot[r] = -1;
    for (int i = 0; i < search->bits; i++) {
        struct rs_checks others = search->columns[i];
        int row = first_check(&others, &used);

        if (row < 0) {
            search->free[search->free_count++] = (uint16_t)i;
            continue;
        }
        search->pivot[row] = i;
        used.at[row / 64] |= 1ull << row % 64;
        others.at[row / 64] &= ~(1ull << row % 64);
        for (int c = i + 1; c < search->bits; c++) {
            struct rs_checks *column = &search->columns[c];
            uint64_t has = -(column->at[row / 64] >> row % 64 & 1);

            for (int k = 0; k < RS_SEARCH_LANES; k++)
                column->at[k] ^= others.at[k] & has;
        }
        if (has_check(&search->unmet, row))
            add_checks(&search->unmet, &others);
    }
    return first_check(&search->unmet, &used) < 0;
}

/* ---- the search ---- */

static void weigh(struct rs_search *search)
{
    for (int byte = 0; byte < search->checks / 8; byte++) {
        search->cost[byte][0] = 0;
        for (int x = 1; x < 256; x++) {
            int at = search->pivot[8 * byte + __builtin_ctz((unsigned)x)];

            search->cost[byte][x] = (uint16_t)(search->cost[byte][x & (x - 1)] + (at < 0 ? 0 : search->sure[at]));
        }
    }
}

static int cost_of(const struct rs_search *search, const struct rs_checks *unmet)
{
    int cost = 0;

    for (int byte = 0; byte < search->checks / 8; byte++)
        cost += search->cost[byte][unmet->at[byte / 8] >> 8 * (byte % 8) & 255];
    return cost;
}

static int sure_of(const struct rs_search *search, int free)
{
    return search->sure[search->free[free]];
}

static const struct rs_checks *checks_of(const struct rs_search *search, int free)
{
    return &search->columns[search->free[free]];
}

/* The free bits flipped, and what is then unmet. */
struct flips {
    int count, at[3], cost;
    struct rs_checks unmet;
};

static struct flips flip(const struct rs_search *search, const struct flips *before, int free)
{
    struct flips flips = *before;

    flips.at[flips.count++] = free;
    flips.cost += sure_of(search, free);
    add_checks(&flips.unmet, checks_of(search, free));
    return flips;
}

static void consider(struct rs_search *search, const struct flips *flips)
{
    if (flips->cost >= search->best_cost)
        return;
    int cost = flips->cost + cost_of(search, &flips->unmet);
    if (cost >= search->best_cost)
        return;
    search->best_cost = cost;
    search->best_count = flips->count;
    memcpy(search->best, flips->at, sizeof(search->best));
}

static void try_pairs(struct rs_search *search, const struct flips *none)
{
    for (int i = 0; i < search->free_count; i++) {
        struct flips one = flip(search, none, i);

        consider(search, &one);
        for (int j = 0; i < PAIRS_OF && j < i; j++) {
            struct flips two = flip(search, &one, j);
            consider(search, &two);
        }
    }
}

/* The surest of the bits that follow are the band: three flips are tried only where they leave none of it unmet. */
static void choose_band(struct rs_search *search)
{
    int rows[RS_SEARCH_ROWS], count = 0;

    for (int r = 0; r < search->checks; r++) {
        int at = count;

        if (search->pivot[r] < 0)
            continue;
        for (; at > 0 && search->pivot[rows[at - 1]] < search->pivot[r]; at--)
            rows[at] = rows[at - 1];
        rows[at] = r;
        count++;
    }
    for (int b = 0; b < RS_SEARCH_BAND; b++)
        search->band[b] = b < count ? rows[b] : -1;
}

static int key_of(const struct rs_search *search, const struct rs_checks *checks)
{
    int key = 0;

    for (int b = 0; b < RS_SEARCH_BAND; b++)
        key = key << 1 | (search->band[b] >= 0 && has_check(checks, search->band[b]));
    return key;
}

static void try_triples(struct rs_search *search, const struct flips *none)
{
    int count = search->free_count < TRIPLES_OF ? search->free_count : TRIPLES_OF;
    int wanted = key_of(search, &none->unmet);

    memset(search->first, 0xff, sizeof(search->first));
    for (int i = 0; i < count; i++) {
        struct flips one = flip(search, none, i);

        search->key[i] = (uint16_t)key_of(search, checks_of(search, i));
        for (int j = 0; j < i; j++) {
            int key = wanted ^ search->key[i] ^ search->key[j];

            for (int k = search->first[key]; k != NONE; k = search->next[k]) {
                if (k >= j)
                    continue;
                struct flips two = flip(search, &one, j), three = flip(search, &two, k);
                consider(search, &three);
            }
        }
        search->next[i] = search->first[search->key[i]];
        search->first[search->key[i]] = (uint16_t)i;
    }
}

static void tell(const struct rs_search *search, const struct rs_sight *sight, uint8_t *out_words)
{
    struct rs_checks unmet = search->unmet;

    memcpy(out_words, sight->words, (size_t)sight->len);
    for (int i = 0; i < search->best_count; i++) {
        int bit = search->order[search->free[search->best[i]]];

        out_words[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        add_checks(&unmet, checks_of(search, search->best[i]));
    }
    for (int r = 0; r < search->checks; r++) {
        if (search->pivot[r] < 0 || !has_check(&unmet, r))
            continue;
        int bit = search->order[search->pivot[r]];
        out_words[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
}

bool rs_search_nearest(struct rs_search *search, const struct rs_field *field, const struct rs_sight *sight,
                       uint8_t *out_words)
{
    assert(sight->ecc > 0 && sight->ecc <= RS_SEARCH_ECC_MAX && sight->ecc < sight->len && sight->len <= 255);
    search->checks = 8 * sight->ecc;
    take(search, field, sight);
    if (!eliminate(search))
        return false;
    weigh(search);
    choose_band(search);

    struct flips none = {0, {0}, 0, search->unmet};
    search->best_cost = 1 << 30;
    consider(search, &none);
    try_pairs(search, &none);
    try_triples(search, &none);
    tell(search, sight, out_words);
    return true;
}
