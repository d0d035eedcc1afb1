#ifndef CENTRAL_API_NONCES_H
#define CENTRAL_API_NONCES_H

/*
 * What central remembers of each key while it runs: the replay window of its requests, and how many short codes it has
 * guessed wrong lately. Bounded by the number of enrolled keys. Any thread.
 */

#include "platform/signature.h"

struct nonce_table;

/* started_s: requests created up to then are stale, so that a restart opens no window again. */
MUST_CHECK int nonce_table_open(int64_t started_s, struct nonce_table **out_table);
void nonce_table_close(struct nonce_table *table); /* NULL-safe */

/* *out_verdict: SIGNATURE_VALID, SIGNATURE_REPLAYED or SIGNATURE_STALE. -ENOMEM. */
MUST_CHECK int nonce_table_check(struct nonce_table *table, uint32_t terminal, const struct signature_params *params,
                                 const struct signature_policy *policy, enum signature_verdict *out_verdict);

#define CODE_MISSES_MAX    10
#define CODE_MISS_PERIOD_S 60

/* False while a terminal has asked for CODE_MISSES_MAX unknown short codes within the period. */
bool nonce_table_may_guess(struct nonce_table *table, uint32_t terminal, int64_t now_s);
void nonce_table_note_miss(struct nonce_table *table, uint32_t terminal, int64_t now_s);

#endif
