#ifndef CENTRAL_STORE_IDENTITY_H
#define CENTRAL_STORE_IDENTITY_H

/*
 * Brands, stores, terminals and enrolment. Numbers come from central's counters, never 0. Changes publish what
 * terminals must know (FEED_SETTINGS, FEED_TERMINAL) in the same transaction.
 */

#include "central/store/store.h"
#include "domain/enrolment.h"
#include "domain/feed.h"

struct brand {
    uint32_t id; /* < 2^16: it stands in tokens */
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
    char accent[8];
};

struct shop {    /* a store of a brand; named so, because struct store is the books */
    uint32_t id; /* < 2^24: it stands in tokens */
    uint32_t brand;
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
    char address[FEED_NAME_MAX];
    uint32_t earn_permille;
    struct owner credit_owner; /* scope 0: the store itself */
    uint32_t credit_term_days; /* after which credit earned here ends; 0 = never */
    uint32_t idle_s;
    uint32_t primary_terminal; /* 0 = none: the next one confirmed becomes it */
    uint16_t store_epoch;
    uint16_t since_epoch; /* rights held under an earlier store epoch ended with who held them (succession.h) */
    bool alone;           /* central's order: the primary answers without a peer */
};

enum terminal_state { TERMINAL_WAITING = 1, TERMINAL_CONFIRMED = 2, TERMINAL_REMOVED = 3, TERMINAL_REFUSED = 4 };

#define TERMINAL_KEY_ID_MAX 24

struct terminal {
    uint32_t id; /* given when it enrols, used from when it is confirmed */
    uint32_t store, brand;
    uint32_t incarnation;
    uint8_t role;  /* enum terminal_role */
    uint8_t state; /* enum terminal_state */
    uint8_t public_key[PUBLIC_KEY_LEN];
    char hardware[64];
    int64_t enrolled_ms, last_contact_ms;
    char lan_address[FEED_ADDRESS_MAX]; /* where its listener was last; "" = unknown */
    uint32_t replaces;                  /* terminal whose place it takes once confirmed; 0 = none */
    bool written_off;                   /* its rights were given on at risk: what it still did is explained by that */
};

/* out_id may not be NULL; id in the struct is ignored and given. Both sorts return -ENOENT when unknown. */
MUST_CHECK int identity_add_brand(struct store_tx *tx, const struct brand *brand, uint32_t *out_id);
MUST_CHECK int identity_update_brand(struct store_tx *tx,
                                     const struct brand *brand); /* republishes its stores' settings */
MUST_CHECK int identity_find_brand(struct store_tx *tx, uint32_t id, struct brand *out_brand);
/* The first brand: its number stands in keysets, tokens and on the wire, whichever brand a store is of, so that one
 * card is good at all of them (docs/decisions/2026-11-22-brands-share-the-keys.md). */
MUST_CHECK int identity_find_house(struct store_tx *tx, uint32_t *out_brand);
MUST_CHECK int identity_add_shop(struct store_tx *tx, const struct shop *shop, uint32_t *out_id);
MUST_CHECK int identity_update_shop(struct store_tx *tx, const struct shop *shop);
MUST_CHECK int identity_find_shop(struct store_tx *tx, uint32_t id, struct shop *out_shop);

/* Visits in order of id until visit returns non-zero, which is passed on. */
typedef int (*identity_shop_visit)(void *context, const struct shop *shop);
typedef int (*identity_terminal_visit)(void *context, const struct terminal *terminal);
MUST_CHECK int identity_each_shop(struct store_tx *tx, identity_shop_visit visit, void *context);
MUST_CHECK int identity_each_terminal(struct store_tx *tx, identity_terminal_visit visit, void *context);

/*
 * A ticket for the technician's QR: makes the secret (from the store's randomness), fills store, role and secret of
 * *out_ticket; url, server_pin and root_hash are the caller's (central_fill_ticket, server.h). At most 24 h.
 */
#define ENROL_TICKET_LIFE_MAX_S (24 * 3600)
MUST_CHECK int identity_make_ticket(struct store_tx *tx, uint32_t shop, enum terminal_role role, uint32_t life_s,
                                    struct enrol_ticket *out_ticket);
/* The ticket's terminal takes the place of another one of the same store (-EINVAL), which is lost from then on. */
MUST_CHECK int identity_ticket_replaces(struct store_tx *tx, const struct enrol_ticket *ticket, uint32_t terminal);

/*
 * A terminal's first word. -ENOENT no such ticket, -ETIME ticket over, -EKEYREJECTED wrong proof of the ticket, -ENOKEY
 * of the key, -EEXIST ticket used by another key. The same key again gets the same terminal (idempotent). A key that is
 * known needs the books of its terminal: -EALREADY without them, -EKEYREVOKED when it was removed, -EXDEV when the
 * ticket is for another store or place; confirmed anew else (docs/decisions/2026-11-22-who-enrols-has-the-key.md).
 */
MUST_CHECK int identity_enrol(struct store_tx *tx, const struct enrol_request *request, struct terminal *out_terminal);

/* The operator compared the six digits (crypto_confirm_code of the public key). Publishes FEED_TERMINAL; the store's
 * first terminal becomes primary. -EALREADY when decided before. */
MUST_CHECK int identity_confirm(struct store_tx *tx, uint32_t terminal, bool accept, const char *who);
/* By the digits alone: -ENOENT none waiting has them, -ENOTUNIQ two have. */
MUST_CHECK int identity_find_by_digits(struct store_tx *tx, const char *digits, struct terminal *out_terminal);
MUST_CHECK int identity_remove(struct store_tx *tx, uint32_t terminal, const char *who, const char *why);
/* Who is primary, under which store epoch (identity_update_shop with the terminals' feed items). primary 0: nobody. */
MUST_CHECK int identity_set_primary(struct store_tx *tx, const struct shop *shop, const char *who, const char *what);
/* What it was given on at risk since. */
MUST_CHECK int identity_write_off(struct store_tx *tx, uint32_t terminal);
/* Where its LAN listener is, as it says: told to the store when it changed. */
MUST_CHECK int identity_note_address(struct store_tx *tx, uint32_t terminal, const char *lan_address);
/* How many others of the store are confirmed. */
MUST_CHECK int identity_count_others(struct store_tx *tx, const struct terminal *terminal, uint32_t *out_count);

MUST_CHECK int identity_find_terminal(struct store_tx *tx, uint32_t id, struct terminal *out_terminal);
/* "t<id>" of a confirmed or removed terminal, "k<16 hex>" of a waiting one; -ENOENT. */
MUST_CHECK int identity_find_by_key_id(struct store_tx *tx, const char *key_id, struct terminal *out_terminal);
void identity_key_id_waiting(const uint8_t public_key[PUBLIC_KEY_LEN], char out_key_id[TERMINAL_KEY_ID_MAX]);

/* Notes when a terminal was last heard of; coarse (at most once a minute), so that polling does not write. */
MUST_CHECK int identity_note_contact(struct store_tx *tx, uint32_t terminal);

#endif
