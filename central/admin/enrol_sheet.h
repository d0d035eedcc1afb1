#ifndef CENTRAL_ADMIN_ENROL_SHEET_H
#define CENTRAL_ADMIN_ENROL_SHEET_H

#include "platform/buffer.h"

#include <jansson.h>

/*
 * A4 paper for technicians: one enrolment QR per device, to cut out, each with its number, store, role and the moment
 * its ticket ends, in Chinese and English, and lines for name and serial number where the operator gave none.
 */

#define ENROL_SHEET_PER_PAGE 8

/*
 * sheet: what the command "enrol tickets" answers: store_zh, store_en, store, role, valid_to_ms, rows [{no, name,
 * ticket}]. svg: one page only (-E2BIG when there are more devices); else PDF. Appends the file's bytes. -EINVAL for a
 * malformed sheet, -ENOMEM.
 */
MUST_CHECK int enrol_sheet_draw(const json_t *sheet, bool svg, struct buffer *out_file);

#endif
