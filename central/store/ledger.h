#ifndef CENTRAL_STORE_LEDGER_H
#define CENTRAL_STORE_LEDGER_H

/*
 * The books in double entry: postings of domain/ledger.h, record by record, and running balances. Disposable: a rebuild
 * from the journal equals the running one.
 */

#include "central/store/store.h"
#include "domain/ledger.h"

/* Posts one record's postings; the same record twice posts once. */
MUST_CHECK int ledger_post(struct store_tx *tx, struct record_id record, const struct postings *postings);

/* 0 for an account nobody posted to. */
MUST_CHECK int ledger_balance(struct store_tx *tx, const char *account, enum ledger_unit unit, int64_t *out_minor);

/* Accounts whose name begins with prefix ("" = all), in order of name. */
typedef int (*ledger_visit)(void *context, const char *account, enum ledger_unit unit, int64_t balance_minor);
MUST_CHECK int ledger_each_balance(struct store_tx *tx, const char *prefix, ledger_visit visit, void *context);
struct ledger_range {
    const char *prefix, *after; /* "" = all, from the first */
    int64_t limit;              /* accounts of two units are two */
};
MUST_CHECK int ledger_list_balances(struct store_tx *tx, const struct ledger_range *range, ledger_visit visit,
                                    void *context);

/* Sums of all balances per unit: 0 and 0, or the books are wrong. */
MUST_CHECK int ledger_sums(struct store_tx *tx, int64_t *out_cny_minor, int64_t *out_credit_minor);

/* Computes all postings anew from the journal and compares them with the running ones: -EUCLEAN and the first account
 * that differs. Changes nothing. */
MUST_CHECK int ledger_verify(struct store_tx *tx, char out_account[ACCOUNT_MAX]);

#endif
