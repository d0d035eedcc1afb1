#ifndef CENTRAL_ADMIN_FLEET_H
#define CENTRAL_ADMIN_FLEET_H

/* What the table in cmd_fleet.c points at: everything about devices, from their enrolment sheet on. */

#include "central/admin/command.h"

#define ENROL_TICKETS_MAX 200

/* cmd_terminal.c: COUNT tickets in one transaction; all of them or none. */
int cmd_enrol_tickets(struct admin_call *call, struct store_tx *tx);

/* cmd_device.c */
int cmd_fleet_list(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_show(struct admin_call *call, struct store_tx *tx);
int cmd_device_report(struct admin_call *call, struct store_tx *tx);

#endif
