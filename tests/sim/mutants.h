#ifndef TESTS_SIM_MUTANTS_H
#define TESTS_SIM_MUTANTS_H

/*
 * Known bugs, switched on by name, to see that the auditor finds them. Each is made at the simulator's edges – the
 * disk, the feed, the tables – so that the code under test stays what it is.
 */

#include "center.h"
#include "domain/coupon.h"
#include "domain/time.h"
#include "terminal.h"

void mutant_on_ask(struct terminal *terminal, struct coupon_id coupon); /* central is asked for a right */
void mutant_on_ask_credit(struct terminal *terminal, const struct authority_request *request);
void mutant_on_sold(struct terminal *terminal, uint64_t member);
void mutant_on_void(struct terminal *terminal);  /* an act was voided */
void mutant_on_visit(struct terminal *terminal); /* somebody comes in */
void mutant_on_made(struct terminal *terminal);  /* it has a drive, and no books yet */
void mutant_on_start(struct terminal *terminal); /* about to start */
/* A request arrives from another terminal of the store; true: it was answered here, and the LAN room never sees it. */
bool mutant_on_copy(struct terminal *terminal, const char *path, struct slice packed, struct sync_response *response);
void mutant_on_enrolled(struct terminal *terminal); /* from now on it sells */

/* What the linker calls instead of hlc_next, of what decides on a coupon, and of what looks for its right. */
struct coupon_decision __wrap_coupon_decide(const struct coupon_facts *facts);
struct hlc __wrap_hlc_next(struct hlc last, struct clock_reading now, const struct time_trust *trust);
struct books;
struct coupon_use;
struct held_right;
int __wrap_public_note_right(struct db *db, struct coupon_id coupon);
enum right_state __wrap_redeem_right(const struct books *b, const struct feed_coupon *row, const struct coupon_use *use,
                                     const struct held_right *held, bool of_store);

/* And instead of what decides whether a redemption takes the place of the first. */
struct coupon_row;
struct redemption;
struct store_tx;
int __wrap_displace_prevails(struct store_tx *tx, const struct coupon_row *row, const struct redemption *first,
                             bool *out_prevails);

#endif
