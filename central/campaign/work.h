#ifndef CENTRAL_CAMPAIGN_WORK_H
#define CENTRAL_CAMPAIGN_WORK_H

/* What the clockwork does for campaigns that went live, paused or ended, in pieces: nobody else waits for all of it.
 * Failures are logged, and taken up again with the next tick. */

#include "central/server.h"

/* Enters who is in the segment of a campaign that went live. */
void campaign_open_segments(struct central *central);
/* Makes and cancels the plans of campaigns' messages. */
void campaign_plan_messages(struct central *central);

#endif
