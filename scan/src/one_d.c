#include "one_d.h"

#include "code128.h"
#include "ean.h"

#include <string.h>

/* Scan lines that must agree: alone, and when the frame before said the same. The weaker the check, the more. */
struct rule {
    int alone, again;
    size_t least_len;
};

static struct rule rule_for(enum scan_symbology symbology)
{
    switch (symbology) {
    case SCAN_EAN13:
    case SCAN_UPCA:
        return (struct rule){6, 3, 12};
    case SCAN_EAN8:
    case SCAN_UPCE:
        return (struct rule){8, 4, 8};
    case SCAN_CODE128:
        return (struct rule){3, 2, 1};
    case SCAN_DATABAR:
    case SCAN_DATABAR_EXPANDED:
        return (struct rule){4, 2, 1};
    case SCAN_CODE39:
        return (struct rule){8, 4, 4};
    case SCAN_ITF:
        return (struct rule){10, 5, 8};
    case SCAN_QR:
    case SCAN_SYMBOLOGY_COUNT:
        break;
    }
    return (struct rule){1, 1, 1};
}

static bool same_value(const struct zbar_hit *a, const struct zbar_hit *b)
{
    return a->symbology == b->symbology && a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
}

static bool overlap(const struct zbar_hit *a, const struct zbar_hit *b)
{
    return a->low.x <= b->high.x && b->low.x <= a->high.x && a->low.y <= b->high.y && b->low.y <= a->high.y;
}

/* Two values at one place: only one that has five times the lines is believed. */
static bool is_disputed(const struct zbar_hit *hits, int count, int which)
{
    for (int i = 0; i < count; i++)
        if (i != which && !same_value(&hits[i], &hits[which]) && overlap(&hits[i], &hits[which]) &&
            hits[which].lines < 5 * hits[i].lines)
            return true;
    return false;
}

static bool was_kept(const struct one_d *one_d, const struct zbar_hit *hit)
{
    for (int i = 0; i < one_d->count; i++)
        if (one_d->kept[i].symbology == hit->symbology && one_d->kept[i].len == hit->text_len &&
            memcmp(one_d->kept[i].text, hit->text, hit->text_len) == 0)
            return true;
    return false;
}

static bool is_sure(const struct one_d *one_d, const struct zbar_hit *hit)
{
    struct rule rule = rule_for(hit->symbology);

    if (hit->text_len < rule.least_len)
        return false;
    return hit->lines >= rule.alone || (hit->lines >= rule.again && was_kept(one_d, hit));
}

static void add_code(struct scan_result *result, const struct zbar_hit *hit)
{
    if (result->count == SCAN_CODES_MAX || hit->text_len > SCAN_TEXT_MAX)
        return;
    struct scan_code *code = &result->codes[result->count++];

    code->symbology = hit->symbology;
    code->flags = 0;
    code->quality = hit->lines > 50 ? 100 : 2 * hit->lines;
    code->version = 0;
    code->corners[0] = hit->low;
    code->corners[1] = (struct scan_point){hit->high.x, hit->low.y};
    code->corners[2] = hit->high;
    code->corners[3] = (struct scan_point){hit->low.x, hit->high.y};
    code->append_index = code->append_total = code->append_parity = 0;
    memcpy(code->text, hit->text, hit->text_len);
    code->text[hit->text_len] = '\0';
    code->text_len = hit->text_len;
}

/* ---- our own EAN reader beside zbar ---- */

enum {
    EAN_LINES = 3,       /* that many lines of ours are enough */
    EAN_LINES_AGAIN = 2, /* with the frame before */
    LINES_STILL = 100,   /* looked at, each way */
    LINES_FRAME = 50,
    EAN_SPEED = 20, /* pixels a microsecond */
};

#define EAN_FIT 0.6f

/* As zbar writes it: without the 0 that makes a UPC-A an EAN-13. */
static void hit_from_ean(const struct ean_value *value, struct zbar_hit *out_hit)
{
    bool upc = value->digits[0] == '0';

    *out_hit = (struct zbar_hit){
        upc ? SCAN_UPCA : SCAN_EAN13, value->digits + upc, upc ? 12 : 13, value->lines, value->low, value->high};
}

/* The value most lines are for, when hardly any is for another. */
static const struct ean_value *agreed(const struct ean_values *values)
{
    const struct ean_value *best = NULL;
    int lines = 0;

    for (int i = 0; i < values->count; i++) {
        lines += values->items[i].lines;
        if (!best || values->items[i].lines > best->lines)
            best = &values->items[i];
    }
    return best && best->fit >= EAN_FIT && best->lines * 5 >= lines * 4 ? best : NULL;
}

static void read_ean(const struct one_d_look *look, struct ean_values *values)
{
    int lines = look->still ? LINES_STILL : LINES_FRAME;
    struct plane plane = plane_of(look->packed);

    values->count = 0;
    ean_read(&plane, false, 1 + plane.height / lines, values);
    if (values->count == 0 && budget_allows(look->budget, (int64_t)lines * plane.height / EAN_SPEED))
        ean_read(&plane, true, 1 + plane.width / lines, values);
}

static bool is_ean(const struct zbar_hit *hit)
{
    return hit->symbology == SCAN_EAN13 || hit->symbology == SCAN_UPCA;
}

/* What zbar says of EAN-13 is dropped when ours disagrees; what only ours has is added. Returns the new count. */
static int join_ean(struct zbar_hit *hits, int count, const struct ean_value *value)
{
    struct zbar_hit ours;
    int kept = 0;
    bool known = false;

    hit_from_ean(value, &ours);
    for (int i = 0; i < count; i++) {
        bool same = same_value(&hits[i], &ours);

        known |= same;
        if (same || !overlap(&hits[i], &ours) || value->lines < EAN_LINES)
            hits[kept++] = hits[i];
    }
    if (!known && kept < ZBAR_HITS_MAX)
        hits[kept++] = ours;
    return kept;
}

/* ---- Code 128: zbar drops FNC4 ---- */

/* Reads the hit again along its middle; text takes what was read. False when that says something else than zbar. */
static bool reread_code128(const struct scan_image *packed, struct zbar_hit *hit, char text[CODE128_TEXT_MAX])
{
    struct plane plane = plane_of(packed);
    struct scan_point middle = {(hit->low.x + hit->high.x) / 2, (hit->low.y + hit->high.y) / 2};
    bool upright = hit->high.y - hit->low.y > hit->high.x - hit->low.x;
    float margin = 4 + 0.1f * (upright ? hit->high.y - hit->low.y : hit->high.x - hit->low.x);

    for (int k = 0; k < 2; k++) {
        bool columns = k == 0 ? upright : !upright;
        struct scan_point from = {columns ? middle.x : hit->low.x - margin, columns ? hit->low.y - margin : middle.y};
        struct scan_point to = {columns ? middle.x : hit->high.x + margin, columns ? hit->high.y + margin : middle.y};
        int len = code128_read(&plane, from, to, text);

        if (len > 0) {
            hit->text = text;
            hit->text_len = (size_t)len;
            return true;
        }
    }
    return false;
}

static void keep(struct one_d *one_d, const struct zbar_hit *hits, int count)
{
    one_d->count = 0;
    for (int i = 0; i < count && one_d->count < ONE_D_KEPT; i++) {
        if (hits[i].text_len > sizeof(one_d->kept[0].text))
            continue;
        one_d->kept[one_d->count].symbology = hits[i].symbology;
        one_d->kept[one_d->count].len = hits[i].text_len;
        memcpy(one_d->kept[one_d->count].text, hits[i].text, hits[i].text_len);
        one_d->count++;
    }
}

void one_d_forget(struct one_d *one_d)
{
    one_d->count = 0;
}

enum { ZBAR_SPEED = 20, ZBAR_STEP_MAX = 6, KEPT_US = 8000 }; /* pixels a microsecond; lines */

/* Every how many-th line zbar gets to see. A single picture's costlier passes for QR codes come after it. */
static int step_for(const struct one_d_look *look)
{
    int height = look->packed->height, step = height <= 300 ? 1 : height <= 600 ? 2 : 3;
    int64_t whole_us = 2 * (int64_t)look->packed->width * height / ZBAR_SPEED;

    while (step < ZBAR_STEP_MAX && !budget_allows(look->budget, whole_us / step + (look->still ? KEPT_US : 0)))
        step++;
    return step;
}

void one_d_read(struct one_d *one_d, struct zbar_reader *zbar, const struct one_d_look *look,
                struct scan_result *result)
{
    const struct scan_image *packed = look->packed;
    struct zbar_hit hits[ZBAR_HITS_MAX];
    struct ean_values values;
    int count = zbar_reader_read(zbar, packed, step_for(look), hits);

    if (look->still)
        one_d_forget(one_d);
    read_ean(look, &values);
    const struct ean_value *value = agreed(&values);
    if (value)
        count = join_ean(hits, count, value);
    for (int i = 0; i < count; i++) {
        char text[CODE128_TEXT_MAX];
        struct zbar_hit hit = hits[i];
        bool ours = value && is_ean(&hit) && hit.lines == value->lines && hit.text[0] != '\0' &&
                    (hit.text == value->digits || hit.text == value->digits + 1);

        if (ours ? value->lines >= (was_kept(one_d, &hit) ? EAN_LINES_AGAIN : EAN_LINES)
                 : !is_disputed(hits, count, i) && is_sure(one_d, &hit)) {
            if (hit.symbology == SCAN_CODE128)
                reread_code128(packed, &hit, text);
            add_code(result, &hit);
        }
    }
    keep(one_d, hits, count);
}
