#ifndef CENTRAL_STORE_PEOPLE_PRIVACY_H
#define CENTRAL_STORE_PEOPLE_PRIVACY_H

/*
 * What names a person besides an openid (a phone number, the number of another card), what they agreed to, and how all
 * of it ends. Numbers stand sealed under an HMAC, as openids do (wechat_keys.h): they are in no log, no journal, no QR.
 */

#include "central/store/people_member.h"
#include "central/store/wechat.h"

/* ---- phone and card */

enum contact_kind { CONTACT_PHONE = 1, CONTACT_CARD = 2 };
const char *contact_name(enum contact_kind kind); /* "phone", "card" */

#define CONTACT_TEXT_MAX 33

struct contact {
    enum contact_kind kind;
    char text[CONTACT_TEXT_MAX]; /* phone: digits, a leading + for other countries than China */
};
/* Takes blanks, hyphens and +86 off; -EINVAL: neither phone nor card, or a payment card's number. */
MUST_CHECK int contact_read(enum contact_kind kind, const char *text, struct contact *out_contact);

/* The number is the member's from now on. -EEXIST: it is another member's (*out_owner), who may be merged; -ENOENT. */
MUST_CHECK int people_add_contact(struct store_tx *tx, const struct channel_keys *keys, const struct contact *contact,
                                  uint64_t member, uint64_t *out_owner);
MUST_CHECK int people_find_contact(struct store_tx *tx, const struct channel_keys *keys, const struct contact *contact,
                                   uint64_t *out_member);
typedef int (*people_contact_visit)(void *context, const struct contact *contact, int64_t at_ms);
MUST_CHECK int people_each_contact(struct store_tx *tx, const struct channel_keys *keys, uint64_t member,
                                   people_contact_visit visit, void *context);

/* ---- consent: a log, never changed. Version "" is the end of all of it, CONSENT_PERSONAL the use for choosing. */
#define CONSENT_PERSONAL "personal"
/* The notice that did not speak of being chosen yet: whoever agreed to it alone is not, until they say so. */
#define CONSENT_WITHOUT_PERSONAL "2026-11"

struct consent {
    char version[CONSENT_VERSION_MAX];
    bool given;
    int64_t at_ms;
};
typedef int (*people_consent_visit)(void *context, const struct consent *consent);
MUST_CHECK int people_each_consent(struct store_tx *tx, uint64_t member, people_consent_visit visit, void *context);

/* How many members stand by each version now (their last word on it). */
typedef int (*people_consent_count_visit)(void *context, const char *version, uint64_t given, uint64_t withdrawn);
MUST_CHECK int people_count_consents(struct store_tx *tx, people_consent_count_visit visit, void *context);

/* Agrees to a version of the notice that came after joining, or (CONSENT_PERSONAL) says whether segments may choose
 * this member. Journals RECORD_CONSENT unless it is so already. -ENOENT; -EPERM: erased. */
MUST_CHECK int people_change_consent(struct store_tx *tx, uint64_t member, const char *version, bool given,
                                     const char *who);
MUST_CHECK int people_is_personal(struct store_tx *tx, uint64_t member, bool *out_personal);

/* ---- acts */

/* Records of terminals that name the member, oldest first: their sales, redemptions, credit, and their voids. */
typedef int (*people_record_visit)(void *context, struct record_id id);
MUST_CHECK int people_each_record(struct store_tx *tx, uint64_t member, people_record_visit visit, void *context);

/* ---- the end */

/*
 * Consent is withdrawn, or the person asks for it: every way to know them again goes (openids with their messages,
 * phone, card), PIN, tags and what they did as well; unused coupons are revoked, stores are told. What stays is a
 * random number in the ledger, the journal and the consent log. Nothing of what was deleted stays in the file either,
 * once people_scrub has run. The numbers that became part of this one go with it. -ENOENT; -EXDEV: it became part of
 * another one, which is to be erased.
 */
MUST_CHECK int people_erase_member(struct store_tx *tx, uint64_t id, const char *who, const char *why);

/* Deleted rows still stand in the log until it was emptied. *out_since_ms 0: nothing to do, or done less than
 * SCRUB_EVERY_MS ago. */
#define SCRUB_EVERY_MS 60000
MUST_CHECK int people_scrub_due(struct store_tx *tx, int64_t *out_since_ms);
MUST_CHECK int people_scrub_want(struct store_tx *tx);
/* Empties the log. On the writer's thread, between transactions. -EBUSY: somebody reads, later. */
MUST_CHECK int people_scrub(struct store *store);
MUST_CHECK int people_scrubbed(struct store_tx *tx, int64_t since_ms);

#endif
