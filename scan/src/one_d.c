#include "one_d.h"

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
    case SCAN_MICRO_QR:
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

void one_d_read(struct one_d *one_d, struct zbar_reader *zbar, const struct scan_image *packed, bool still,
                struct scan_result *result)
{
    struct zbar_hit hits[ZBAR_HITS_MAX];
    int count = zbar_reader_read(zbar, packed, ZBAR_ASK_ONE_D, packed->height > 500 ? 2 : 1, hits);

    if (still)
        one_d_forget(one_d);
    for (int i = 0; i < count; i++)
        if (!is_disputed(hits, count, i) && is_sure(one_d, &hits[i]))
            add_code(result, &hits[i]);
    keep(one_d, hits, count);
}
