#include "domain/ids.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SERIAL_MAX ((UINT64_C(1) << 40) - 1)

bool coupon_id_equal(struct coupon_id a, struct coupon_id b)
{
    return a.campaign == b.campaign && a.serial == b.serial;
}

bool record_id_equal(struct record_id a, struct record_id b)
{
    return a.terminal == b.terminal && a.incarnation == b.incarnation && a.seq == b.seq;
}

size_t coupon_id_format(struct coupon_id id, char *out_text, size_t cap)
{
    int len = snprintf(out_text, cap, "%" PRIu32 "-%" PRIu64, id.campaign, id.serial);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

size_t record_id_format(struct record_id id, char *out_text, size_t cap)
{
    int len = snprintf(out_text, cap, "%" PRIu32 ".%" PRIu32 ".%" PRIu64, id.terminal, id.incarnation, id.seq);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

static char owner_letter(uint8_t scope)
{
    static const char letters[] = {'?', 's', 'b', 'p'};
    return scope <= OWNER_PROGRAMME ? letters[scope] : '?';
}

size_t owner_format(struct owner owner, char *out_text, size_t cap)
{
    int len = snprintf(out_text, cap, "%c%" PRIu32, owner_letter(owner.scope), owner.id);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

/* Plain decimal without sign, space or leading zero, so that one id has one text. */
static int parse_number(const char **text, uint64_t max, uint64_t *out_value)
{
    const char *at = *text;
    uint64_t value = 0;
    if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] >= '0' && at[1] <= '9'))
        return -EINVAL;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > (max - (uint64_t)(*at - '0')) / 10)
            return -EINVAL;
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *text = at;
    *out_value = value;
    return 0;
}

int coupon_id_parse(const char *text, struct coupon_id *out_id)
{
    uint64_t campaign, serial;
    if (parse_number(&text, UINT32_MAX, &campaign) < 0 || *text++ != '-')
        return -EINVAL;
    if (parse_number(&text, SERIAL_MAX, &serial) < 0 || *text != 0)
        return -EINVAL;
    *out_id = (struct coupon_id){(uint32_t)campaign, serial};
    return 0;
}

int owner_parse(const char *text, struct owner *out_owner)
{
    uint64_t id;
    uint8_t scope = *text == 's' ? OWNER_STORE : *text == 'b' ? OWNER_BRAND : *text == 'p' ? OWNER_PROGRAMME : 0;
    if (scope == 0)
        return -EINVAL;
    text++;
    if (parse_number(&text, UINT32_MAX, &id) < 0 || *text != 0)
        return -EINVAL;
    *out_owner = (struct owner){scope, (uint32_t)id};
    return 0;
}

void member_id_tail(uint64_t member, char out_tail[MEMBER_TAIL_LEN + 1])
{
    int len = snprintf(out_tail, MEMBER_TAIL_LEN + 1, "%04u", (unsigned)(member % 10000));
    assert(len == MEMBER_TAIL_LEN);
}
