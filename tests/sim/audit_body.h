#ifndef TESTS_SIM_AUDIT_BODY_H
#define TESTS_SIM_AUDIT_BODY_H

/* The numbers of a record's body by their keys, after docs/protocol.md: CBOR (RFC 8949), a map with small integer
 * keys. Texts, bytes and lists are passed over. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_KEYS 19

/* False: not what was promised. Keys that are not there are 0. */
bool audit_body_read(const uint8_t *data, size_t len, int64_t out_numbers[AUDIT_KEYS]);

#endif
