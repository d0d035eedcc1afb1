#ifndef TESTS_SIM_AUDIT_BODY_H
#define TESTS_SIM_AUDIT_BODY_H

/* The numbers of a record's body by their keys, after docs/protocol.md: CBOR (RFC 8949), a map with small integer
 * keys. Texts and bytes are passed over; of lists the last one of plain numbers is kept. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_KEYS     20
#define AUDIT_LIST_MAX 80

struct audit_list {
    size_t count;
    int64_t items[AUDIT_LIST_MAX];
};

/* False: not what was promised. Keys that are not there are 0. */
bool audit_body_read(const uint8_t *data, size_t len, int64_t out_numbers[AUDIT_KEYS], struct audit_list *out_list);

#endif
