#ifndef DOMAIN_IDS_H
#define DOMAIN_IDS_H

#include "domain/base.h"

/*
 * Identity: brand → store → terminal → incarnation. Brands, stores, terminals, clerks, touchpoints and campaigns are
 * numbers that central gives out, never 0 (0 = none). Members are random 63-bit numbers. Ids never come from time.
 */

struct coupon_id {
    uint32_t campaign;
    uint64_t serial; /* < 2^40 */
};

struct record_id {
    uint32_t terminal; /* 0 = central itself */
    uint32_t incarnation;
    uint64_t seq; /* from 1, no gaps within an incarnation */
};

/* Who owes a member's credit. */
enum owner_scope { OWNER_STORE = 1, OWNER_BRAND = 2, OWNER_PROGRAMME = 3 };

struct owner {
    uint8_t scope; /* enum owner_scope */
    uint32_t id;   /* store, brand or programme */
};

#define ID_TEXT_MAX 48

bool coupon_id_equal(struct coupon_id a, struct coupon_id b);
bool record_id_equal(struct record_id a, struct record_id b);

/* "1001-12", "7.2.345", "s1"/"b1"/"p1". Return the length; cap ≥ ID_TEXT_MAX always fits. */
size_t coupon_id_format(struct coupon_id id, char *out_text, size_t cap);
size_t record_id_format(struct record_id id, char *out_text, size_t cap);
size_t owner_format(struct owner owner, char *out_text, size_t cap);
MUST_CHECK int coupon_id_parse(const char *text, struct coupon_id *out_id);
MUST_CHECK int owner_parse(const char *text, struct owner *out_owner);

/* What a screen or a receipt shows of a member: "尾号 4821" style last four digits of the decimal id, zero-padded. */
#define MEMBER_TAIL_LEN 4
void member_id_tail(uint64_t member, char out_tail[MEMBER_TAIL_LEN + 1]);

#endif
