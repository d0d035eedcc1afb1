#ifndef CENTRAL_ADMIN_CMD_CAMPAIGN_H
#define CENTRAL_ADMIN_CMD_CAMPAIGN_H

/* What the table in cmd_campaign.c points at beside its own. */

#include "central/admin/command.h"
#include "central/store/campaign_report.h"

/* cmd_campaign_report.c */
void campaign_show_stand(struct admin_call *call, const struct campaign_stand *stand);
int cmd_campaign_report(struct admin_call *call, struct store_tx *tx);
int cmd_campaign_messages(struct admin_call *call, struct store_tx *tx);
int cmd_campaign_unmet(struct admin_call *call, struct store_tx *tx);

/* cmd_campaign_pool.c */
int cmd_campaign_pool(struct admin_call *call, struct store_tx *tx);
int cmd_campaign_claim(struct admin_call *call, struct store_tx *tx);

#endif
