#include "central/store/identity.h"
#include "central/store/query.h"
#include "central/store/rights.h"

int rights_look_credit(struct store_tx *tx, const struct rights_asker *asker, const struct authority_request *request,
                       struct authority_answer *out_answer)
{
    struct authority_answer answer = {.verdict = AUTHORITY_REFUSED};
    struct shop shop;
    int rc = identity_find_shop(tx, asker->store, &shop);
    if (rc < 0) {
        return rc;
    }
    if (shop.credit_owner.scope == request->owner.scope && shop.credit_owner.id == request->owner.id) {
        answer.verdict = AUTHORITY_GRANTED;
        rc = query_number(
            store_tx_db(tx),
            "SELECT coalesce(sum(amount), 0) FROM share WHERE member = ? AND scope = ? AND owner = ? AND "
            "store NOT IN (0, ?) AND amount > 0",
            QUERY(Q_INT(request->member), Q_INT(request->owner.scope), Q_INT(request->owner.id), Q_INT(asker->store)),
            &answer.amount_minor);
    }
    if (rc == 0) {
        *out_answer = answer;
    }
    return rc;
}
