#ifndef CENTRAL_ADMIN_LABEL_SHEET_H
#define CENTRAL_ADMIN_LABEL_SHEET_H

#include "platform/buffer.h"

#include <jansson.h>

/*
 * Printed follow codes, for a cutting machine: labels with 3 mm of bleed, cut marks at the edge of the paper, and on
 * each the store, the place, a call to follow (and nothing promised for it), its batch and serial number.
 */

struct label_size {
    const char *name; /* "strip" (shelf edge, 90 x 38 mm), "card" (table, 90 x 130 mm), "poster" (A4) */
    int per_page;
};
/* NULL: no such size. */
const struct label_size *label_size_find(const char *name);

/* What labels say when the operator gives no words of their own. */
#define LABEL_WORDS "微信扫一扫，关注本店"

/*
 * sheet: what the command "touchpoint batch-sheet" answers: size, words, accent ("#rrggbb"), batch, rows [{serial,
 * touchpoint, url, store_zh, store_en, shelf}]. svg: one page only (-E2BIG when there is more); else PDF. Appends the
 * file's bytes. -EINVAL for a malformed sheet, -ERANGE when a code would be too fine to be read from paper, -ENOMEM.
 */
MUST_CHECK int label_sheet_draw(const json_t *sheet, bool svg, struct buffer *out_file);

#endif
