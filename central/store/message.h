#ifndef CENTRAL_STORE_MESSAGE_H
#define CENTRAL_STORE_MESSAGE_H

/*
 * The quota ledger: what each follower did that opens a reply window, what was sent on account of it, and at which
 * hours they are awake. A follower is a channel_identity; when it is deleted its rows here go with it (a trigger, since
 * several rooms erase people). Sent messages are counted as rows, one an outbox item and person, so the number left is
 * a sum that nothing can put out of step.
 */

#include "central/store/store.h"
#include "domain/activity.h"
#include "domain/window.h"

extern const struct store_schema store_schema_message; /* message_schema.c; needs the tables of people and outbox */

#define MESSAGE_ACCOUNT_MAX 33

struct message_person {
    uint64_t identity;
    int64_t opened_ms[WINDOW_KINDS]; /* 0: never */
    struct activity activity;
    uint64_t question; /* the one that is open (message_question.h); 0: none */
};

/* Nothing known is no error: zeros. */
MUST_CHECK int message_person_load(struct store_tx *tx, uint64_t identity, struct message_person *out_person);
MUST_CHECK int message_person_save(struct store_tx *tx, const struct message_person *person);
/* An act of theirs opens a window and says when they are awake. at_ms in the future is taken as now. */
void message_person_note(struct message_person *person, enum window_kind kind, int64_t at_ms, int64_t now_ms);
/* The three in one. */
MUST_CHECK int message_note(struct store_tx *tx, uint64_t identity, enum window_kind kind, int64_t at_ms);

/* For window_choose. -ENOENT: nobody of that number (any more). */
MUST_CHECK int message_facts(struct store_tx *tx, uint64_t identity, struct message_facts *out_facts);

/* ---- the one door */

struct message_passing {
    uint64_t item; /* of the outbox */
    uint64_t identity;
    enum message_channel channel;
};
/* May this message leave now? OPEN: it is counted, and message_let_out says so until it is taken back. -ENOENT: left.
 */
MUST_CHECK int message_let_pass(struct store_tx *tx, const struct message_passing *passing,
                                struct window_choice *out_choice);
MUST_CHECK int message_let_out(struct store_tx *tx, uint64_t item, uint64_t identity, bool *out_passed);
/* The item did not leave, or is looked at anew: all its rows. */
MUST_CHECK int message_take_back(struct store_tx *tx, uint64_t item);
/* Rows that no window or month asks for any more. */
MUST_CHECK int message_forget_old(struct store_tx *tx);

/* ---- per account */

struct message_account {
    char account[MESSAGE_ACCOUNT_MAX];
    struct quiet_hours quiet;
    bool replies_off; /* the kill switch of all automatic replies */
    char off_by[48], off_why[160];
    int64_t off_ms;
};
/* Defaults when nothing was set. */
MUST_CHECK int message_account_find(struct store_tx *tx, const char *account, struct message_account *out_account);
MUST_CHECK int message_account_put(struct store_tx *tx, const struct message_account *account);

/* The acts of an account's followers by hour; index 24: how many followers are known. */
MUST_CHECK int message_account_hours(struct store_tx *tx, const char *account, uint64_t out_hours[ACTIVITY_HOURS + 1]);

#endif
