#ifndef CENTRAL_ADMIN_LABEL_H
#define CENTRAL_ADMIN_LABEL_H

/* What the table in cmd_label.c points at: printed follow codes, from serve's side. */

#include "central/admin/command.h"

/* label_batch.c: a batch and its touchpoints in one transaction; all of them or none. */
int cmd_batch_make(struct admin_call *call, struct store_tx *tx);

/* cmd_label.c's, serve's side: label_codes.c */
int cmd_batch_codes(struct admin_call *call); /* asks the platform for some; "left": how many still wait */
int cmd_batch_sheet(struct admin_call *call, struct store_tx *tx);
int cmd_batch_printed(struct admin_call *call, struct store_tx *tx);
int cmd_batch_list(struct admin_call *call, struct store_tx *tx);
int cmd_batch_show(struct admin_call *call, struct store_tx *tx);
int cmd_batch_retire(struct admin_call *call, struct store_tx *tx);

#endif
