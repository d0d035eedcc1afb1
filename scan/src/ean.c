#include "ean.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODULES = 95,
    EDGES_LOW = 34, /* of 60: what blur may leave */
    EDGES_HIGH = 64,
    RUNS_MAX = 1024,
};

#define MODULE_MIN    1.1f  /* pixels */
#define QUIET_MIN     4.0f  /* modules before and after, half of what the standard asks */
#define FIT_MIN       0.55f /* a line below tells nothing */
#define GUARDS_MIN    0.12f /* of the guards before anything is evened; a blurred symbol has 0.2 */
#define MARGIN_MIN    0.12f /* between the best and the second best digit, of 1 */
#define THRESHOLD_PIX 24    /* half the window of the local mean */

/* Set L of ISO/IEC 15420, dark is 1, first module highest; R is its complement, G is R backwards. */
static const uint8_t set_l[10] = {0x0d, 0x19, 0x13, 0x3d, 0x23, 0x31, 0x2f, 0x3b, 0x37, 0x0b};
/* Which of the six left digits are of set G, by the first digit; first of the six highest. */
static const uint8_t parity[10] = {0x00, 0x0b, 0x0d, 0x0e, 0x13, 0x19, 0x1c, 0x15, 0x16, 0x1a};

struct profile {
    int length;
    float grey[SCAN_WIDTH_MAX];
};

/* Places where the profile crosses its local mean; colour after the crossing. */
struct crossings {
    int count;
    float at[RUNS_MAX];
    bool dark[RUNS_MAX];
};

struct line_reading {
    char digits[14];
    float fit, start, end;
};

/* ---- profile ---- */

static void take_profile(const struct plane *plane, bool columns, int line, struct profile *out)
{
    int lines = columns ? plane->width : plane->height;
    ptrdiff_t along = columns ? plane->stride : 1, beside = columns ? 1 : plane->stride;
    const uint8_t *p = plane->at + line * beside;
    ptrdiff_t before = line > 0 ? -beside : 0, after = line + 1 < lines ? beside : 0;

    out->length = columns ? plane->height : plane->width;
    for (int i = 0; i < out->length; i++, p += along)
        out->grey[i] = ((float)p[before] + 2.0f * (float)p[0] + (float)p[after]) * 0.25f;
}

static void find_crossings(const struct profile *profile, struct crossings *out)
{
    const float *grey = profile->grey;
    int length = profile->length, high = 0, low = 0;
    float sum = 0, before = 0;

    out->count = 0;
    for (int x = 0; x < length && out->count < RUNS_MAX; x++) {
        for (; high < length && high <= x + THRESHOLD_PIX; high++)
            sum += grey[high];
        for (; low < x - THRESHOLD_PIX; low++)
            sum -= grey[low];
        /* A little below the mean, so that quiet ground stays light. */
        float above = grey[x] - (sum / (float)(high - low) - 3.0f);
        if (x > 0 && (above < 0) != (before < 0)) {
            out->at[out->count] = (float)x - 0.5f + before / (before - above);
            out->dark[out->count++] = above < 0;
        }
        before = above;
    }
}

static float grey_at(const struct profile *profile, float x)
{
    float f = x - 0.5f;

    f = f < 0 ? 0 : f > (float)(profile->length - 1) ? (float)(profile->length - 1) : f;
    int i = (int)f, next = i + 1 < profile->length ? i + 1 : i;
    return profile->grey[i] + (f - (float)i) * (profile->grey[next] - profile->grey[i]);
}

/* ---- one symbol ---- */

/* Where module m of the symbol is: a parabola through start, middle and end, for bent and tilted ones. */
struct scale {
    float start, middle, end;
};

static float place_of(const struct scale *scale, float module)
{
    float t = module / MODULES, bend = scale->middle - (scale->start + scale->end) / 2;

    return scale->start + t * (scale->end - scale->start) + 4 * bend * t * (1 - t);
}

/* How well alternating modules, dark first, around a place fit; light on both sides when it is an end guard. */
static float guard_fit(const struct profile *profile, float first, float module, int count, bool dark_first)
{
    float sum = 0;

    for (int i = 0; i < count; i++) {
        float grey = grey_at(profile, first + ((float)i + 0.5f) * module);
        sum += (i % 2 == 0) == dark_first ? -grey : grey;
    }
    return sum;
}

static float best_shift(const struct profile *profile, float first, float module, int count, bool dark_first)
{
    float best = -1e9f, best_shift = 0;

    for (int i = -8; i <= 8; i++) {
        float shift = 0.1f * (float)i * module;
        float fit = guard_fit(profile, first + shift, module, count, dark_first) - 0.3f * fabsf((float)i);

        if (fit > best) {
            best = fit;
            best_shift = shift;
        }
    }
    return best_shift;
}

static struct scale settle(const struct profile *profile, float start, float end)
{
    float module = (end - start) / MODULES;
    struct scale scale = {start, (start + end) / 2, end};

    /* Quiet, 101: light dark light dark from one module before. */
    scale.start += best_shift(profile, start - module, module, 4, false);
    scale.end += best_shift(profile, end - 3 * module, module, 4, true);
    scale.middle = (scale.start + scale.end) / 2;
    /* 01010 in the middle. */
    scale.middle += best_shift(profile, scale.middle - 2.5f * module, module, 5, false);
    return scale;
}

/* -1 light .. 1 dark for each module, after taking out what neighbours shed on each other. */
static void soften(const struct profile *profile, const struct scale *scale, float strength, float out[MODULES])
{
    enum { REACH = 12 };
    float grey[MODULES + 2], even[MODULES];

    for (int i = 0; i < MODULES + 2; i++)
        grey[i] = grey_at(profile, place_of(scale, (float)i - 0.5f));
    for (int i = 0; i < MODULES; i++)
        even[i] = grey[i + 1] + 2 * strength * (grey[i + 1] - 0.5f * (grey[i] + grey[i + 2]));
    for (int i = 0; i < MODULES; i++) {
        float low = 1e9f, high = -1e9f;

        for (int k = i - REACH; k <= i + REACH; k++) {
            if (k < 0 || k >= MODULES)
                continue;
            low = least(low, even[k]);
            high = most(high, even[k]);
        }
        float soft = ((low + high) / 2 - even[i]) / most((high - low) / 2, 4.0f);
        out[i] = soft * 1.4f > 1 ? 1 : soft * 1.4f < -1 ? -1 : soft * 1.4f;
    }
}

/* set: 0 L, 1 G, 2 R */
static float digit_fit(const float *soft, int digit, int set)
{
    float sum = 0;

    for (int i = 0; i < 7; i++) {
        int bit = set == 1 ? i : 6 - i;
        bool dark = (set_l[digit] >> bit & 1) != (set != 0);

        sum += dark ? soft[i] : -soft[i];
    }
    return sum / 7;
}

struct digit_guess {
    int digit;
    float fit, margin;
};

static struct digit_guess guess_digit(const float *soft, int set)
{
    struct digit_guess best = {0, -2, 0};
    float second = -2;

    for (int d = 0; d < 10; d++) {
        float fit = digit_fit(soft, d, set);

        if (fit > best.fit) {
            second = best.fit;
            best = (struct digit_guess){d, fit, 0};
        } else if (fit > second) {
            second = fit;
        }
    }
    best.margin = best.fit - second;
    return best;
}

static bool checks(const char *digits)
{
    int sum = 0;

    for (int i = 0; i < 13; i++)
        sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
    return sum % 10 == 0;
}

static float guards(const float *soft)
{
    return (soft[0] - soft[1] + soft[2] - soft[45] + soft[46] - soft[47] + soft[48] - soft[49] + soft[92] - soft[93] +
            soft[94]) /
           11;
}

/* The digits with the mean fit; false when they are not sure or do not check. */
static bool read_digits(const float soft[MODULES], struct line_reading *out)
{
    struct digit_guess left[6][2], right;
    float fit = guards(soft) * 2, margin = 1, best = -100;
    int first = 0;

    if (fit < 2 * 0.5f)
        return false;
    for (int i = 0; i < 6; i++)
        for (int g = 0; g < 2; g++)
            left[i][g] = guess_digit(&soft[3 + 7 * i], g);
    for (int f = 0; f < 10; f++) {
        float sum = 0;

        for (int i = 0; i < 6; i++)
            sum += left[i][parity[f] >> (5 - i) & 1].fit;
        if (sum > best) {
            best = sum;
            first = f;
        }
    }
    out->digits[0] = (char)('0' + first);
    for (int i = 0; i < 6; i++) {
        const struct digit_guess *guess = &left[i][parity[first] >> (5 - i) & 1];

        out->digits[1 + i] = (char)('0' + guess->digit);
        margin = least(margin, guess->margin);
        fit += guess->fit;
    }
    for (int i = 0; i < 6; i++) {
        right = guess_digit(&soft[50 + 7 * i], 2);
        out->digits[7 + i] = (char)('0' + right.digit);
        margin = least(margin, right.margin);
        fit += right.fit;
    }
    out->digits[13] = '\0';
    out->fit = fit / 14;
    return margin >= MARGIN_MIN && out->fit >= FIT_MIN && checks(out->digits);
}

static bool read_between(struct profile *profile, float start, float end, struct line_reading *out)
{
    static const float strengths[3] = {0, 0.3f, 0.6f};
    struct scale scale = settle(profile, start, end);
    struct line_reading reading = {.fit = 0};
    bool any = false;

    for (int k = 0; k < 3; k++) {
        float soft[MODULES], back[MODULES];

        soften(profile, &scale, strengths[k], soft);
        if (guards(soft) < GUARDS_MIN)
            return any; /* no symbol: evening it will not make one */
        for (int i = 0; i < MODULES; i++)
            back[i] = soft[MODULES - 1 - i];
        for (int turned = 0; turned < 2; turned++) {
            if (!read_digits(turned ? back : soft, &reading) || reading.fit <= out->fit)
                continue;
            *out = reading;
            any = true;
        }
    }
    out->start = scale.start;
    out->end = scale.end;
    return any;
}

/* ---- lines ---- */

static void vote(struct ean_values *values, const struct line_reading *reading, struct scan_point from,
                 struct scan_point to)
{
    struct ean_value *value = NULL;

    for (int i = 0; i < values->count && !value; i++)
        if (memcmp(values->items[i].digits, reading->digits, 13) == 0)
            value = &values->items[i];
    if (!value) {
        if (values->count == EAN_VALUES_MAX)
            return;
        value = &values->items[values->count++];
        *value = (struct ean_value){.low = from, .high = to};
        memcpy(value->digits, reading->digits, sizeof(value->digits));
    }
    value->fit += (reading->fit - value->fit) / (float)++value->lines;
    value->low = (struct scan_point){least(value->low.x, from.x), least(value->low.y, from.y)};
    value->high = (struct scan_point){most(value->high.x, to.x), most(value->high.y, to.y)};
}

/* Edges first..last may be those of one symbol: no bar or space inside is wider than blur makes those of four modules.
 */
static bool may_be_symbol(const struct crossings *c, int first, int last, float quiet, int length)
{
    float module = (c->at[last] - c->at[first]) / MODULES;
    float after = (last + 1 < c->count ? c->at[last + 1] : (float)length) - c->at[last];

    if (module < MODULE_MIN || quiet < QUIET_MIN * module || after < QUIET_MIN * module)
        return false;
    if (c->at[first + 1] - c->at[first] > 4.0f * module || c->at[last] - c->at[last - 1] > 4.0f * module)
        return false;
    for (int i = first; i < last; i++)
        if (c->at[i + 1] - c->at[i] > 7.0f * module)
            return false;
    return true;
}

static void read_line(struct profile *profile, struct crossings *crossings, bool columns, int line,
                      struct ean_values *values)
{
    const float *at = crossings->at;

    for (int i = 0; i < crossings->count; i++) {
        float quiet = at[i] - (i > 0 ? at[i - 1] : 0);

        if (!crossings->dark[i] || quiet < QUIET_MIN * MODULE_MIN)
            continue;
        /* Ends are crossings to light, so as many crossings away as there are edges. */
        for (int k = i + EDGES_LOW - 1; k <= i + EDGES_HIGH - 1 && k < crossings->count; k += 2) {
            struct line_reading reading = {.fit = 0};

            if (!may_be_symbol(crossings, i, k, quiet, profile->length) ||
                !read_between(profile, at[i], at[k], &reading))
                continue;
            float beside = (float)line + 0.5f;
            vote(values, &reading,
                 columns ? (struct scan_point){beside, reading.start} : (struct scan_point){reading.start, beside},
                 columns ? (struct scan_point){beside, reading.end} : (struct scan_point){reading.end, beside});
        }
    }
}

void ean_read(const struct plane *plane, bool columns, int step, struct ean_values *values)
{
    int lines = columns ? plane->width : plane->height;
    struct profile profile;
    struct crossings crossings;

    for (int line = step / 2; line < lines; line += step) {
        take_profile(plane, columns, line, &profile);
        find_crossings(&profile, &crossings);
        if (crossings.count >= EDGES_LOW)
            read_line(&profile, &crossings, columns, line, values);
    }
}
