#ifndef DOMAIN_LEDGER_H
#define DOMAIN_LEDGER_H

#include "domain/body.h"

/*
 * Double entry. Every record that moves value has the same postings at the terminal and at central, because both
 * compute them here; they sum to zero per unit. Accounts:
 *
 *   credit/<owner>/<member>       what the owner owes the member (positive)
 *   issued/<owner>                the other side of what was earned (negative)
 *   receivable/<owner>/<member>   a voided earn that had been spent: what the member owes back (negative, the other
 *                                 way round than credit; earns set it off first)
 *   expired/<owner>               credit that ended unspent (positive)
 *   tender/cash/s<store>, tender/wechat/s<store>, tender/credit/s<store>
 *                                 what came in; tender/credit in CNY by the sale and in credit by the spend
 *   sales/s<store>                gross (negative)
 *   discount/<campaign>           what campaigns gave (0 = a sale whose redemption is not known)
 *   redeemed/s<store>             a redemption without a stated sale
 */

enum ledger_unit { UNIT_CNY = 1, UNIT_CREDIT = 2 };

#define ACCOUNT_MAX  64
#define POSTINGS_MAX 8

struct posting {
    char account[ACCOUNT_MAX];
    uint8_t unit; /* enum ledger_unit */
    int64_t amount_minor;
};

struct postings {
    uint32_t count;
    struct posting items[POSTINGS_MAX];
};

/* Postings of one record at store; none for kinds that move no value. A void needs its target's body (else NULL).
 * A redemption with a stated sale posts its discount with the sale's group, not twice: the sale posts gross, discount
 * and tenders, the redemption posts only when sale_minor is 0. campaign: of the group's redemption, for the sale's
 * discount. -EINVAL when amounts contradict each other, -EOVERFLOW. */
struct ledger_context {
    uint32_t store;
    uint32_t campaign;         /* of the redemption in the same group; 0 = none */
    const struct body *target; /* voids only */
};
MUST_CHECK int ledger_postings(const struct body *body, const struct ledger_context *context,
                               struct postings *out_postings);
bool ledger_balanced(const struct postings *postings);

size_t ledger_account_credit(struct owner owner, uint64_t member, char out_account[ACCOUNT_MAX]);
size_t ledger_account_receivable(struct owner owner, uint64_t member, char out_account[ACCOUNT_MAX]);

#endif
