#ifndef CENTRAL_WECHAT_ROTATE_H
#define CENTRAL_WECHAT_ROTATE_H

/* Temporary QR codes that follow one another: a screen's touchpoint gets its next one well before day 30. */

#include "central/store/outbox.h"
#include "central/store/wechat_budget.h"
#include "domain/time.h"

#include <jansson.h>

#define ROTATE_LIFE_S   ((uint32_t)(30 * TIME_DAY_S))
#define ROTATE_BEFORE_S ((uint32_t)(3 * TIME_DAY_S)) /* the next one is asked for this long before the end */
/* Orders the next code for rotating touchpoints whose code ends soon. */
MUST_CHECK int rotate_order_due(struct store_tx *tx, const struct channel_keys *keys, unsigned *out_ordered);
/* Takes the platform's answer to qrcode/create: the touchpoint shows the new code. */
MUST_CHECK int rotate_take(struct store_tx *tx, uint32_t touchpoint, const json_t *answer);

#endif
