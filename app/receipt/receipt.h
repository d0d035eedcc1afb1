#ifndef APP_RECEIPT_RECEIPT_H
#define APP_RECEIPT_RECEIPT_H

/* A receipt's layout: facts in, ESC/POS bytes out. Pure; any thread. */

#include "flow/flow.h"

#define RECEIPT_BYTES_MAX 8192

/* columns of normal width: 48 on 80 mm paper, 32 on 58 mm. -ENOSPC, -EILSEQ as escpos_finish. */
MUST_CHECK int receipt_layout(const struct receipt *receipt, int columns, uint8_t *out_bytes, size_t cap,
                              size_t *out_len);

#endif
