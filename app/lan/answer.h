#ifndef APP_LAN_ANSWER_H
#define APP_LAN_ANSWER_H

/* The till's answer to a peer's act as bytes: what stands in lan_answer.answer (domain/lan.h). Deterministic CBOR. */

#include "till/till.h"

/* Without ticket and error; `by` is 0 where the answering terminal did it itself. Only the ops that are done by the
 * primary for a peer: -EINVAL for others. */
MUST_CHECK int lan_till_answer_encode(const struct till_answer *answer, uint8_t *out, size_t cap, size_t *out_len);
/* -EBADMSG: malformed, or a verdict that this version does not know. */
MUST_CHECK int lan_till_answer_decode(const void *data, size_t len, struct till_answer *out_answer);

#endif
