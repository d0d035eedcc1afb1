#include "audit_body.h"

#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool failed;
    struct audit_list *list;
};

static uint64_t head(struct reader *r, unsigned *out_major)
{
    *out_major = 8;
    if (r->at >= r->end) {
        r->failed = true;
        return 0;
    }
    uint8_t first = *r->at++;
    unsigned more = first & 31;
    *out_major = first >> 5;
    if (more < 24)
        return more;
    size_t bytes = more <= 27 ? (size_t)1 << (more - 24) : 0;
    if (bytes == 0 || (size_t)(r->end - r->at) < bytes) {
        r->failed = true;
        return 0;
    }
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | *r->at++;
    return value;
}

static int64_t item(struct reader *r);

static void keep_list(struct reader *r, uint64_t items)
{
    r->list->count = 0;
    for (uint64_t i = 0; i < items && !r->failed; i++) {
        int64_t value = item(r);
        if (i < AUDIT_LIST_MAX)
            r->list->items[r->list->count++] = value;
    }
}

static void pass(struct reader *r, uint64_t items)
{
    for (uint64_t i = 0; i < items && !r->failed; i++)
        item(r);
}

/* Bytes and text count by a number that is most likely theirs alone. */
static int64_t text(struct reader *r, uint64_t len)
{
    uint64_t print = 0;
    if (len > (uint64_t)(r->end - r->at)) {
        r->failed = true;
        return 0;
    }
    for (uint64_t i = 0; i < len; i++)
        print = (print ^ r->at[i]) * UINT64_C(0x100000001b3) + 1;
    r->at += len;
    return (int64_t)(print >> 1);
}

static int64_t item(struct reader *r)
{
    unsigned major;
    uint64_t value = head(r, &major);
    switch (major) {
    case 0:
        return (int64_t)value;
    case 1:
        return -1 - (int64_t)value;
    case 2:
    case 3:
        return text(r, value);
    case 4:
        keep_list(r, value);
        return 0;
    case 5:
        pass(r, value * 2);
        return 0;
    case 7:
        return value == 21; /* true */
    default:
        r->failed = true;
        return 0;
    }
}

bool audit_body_read(const uint8_t *data, size_t len, int64_t out_numbers[AUDIT_KEYS], struct audit_list *out_list)
{
    struct reader r = {data, data + len, false, out_list};
    unsigned major;
    out_list->count = 0;
    memset(out_numbers, 0, AUDIT_KEYS * sizeof(*out_numbers));
    uint64_t pairs = head(&r, &major);
    if (major != 5)
        return false;
    for (uint64_t i = 0; i < pairs && !r.failed; i++) {
        int64_t key = item(&r);
        int64_t value = item(&r);
        if (key >= 0 && key < AUDIT_KEYS)
            out_numbers[key] = value;
    }
    return !r.failed && r.at == r.end;
}
