#ifndef CENTRAL_ADMIN_FLEET_H
#define CENTRAL_ADMIN_FLEET_H

/* What the table in cmd_fleet.c points at: everything about devices, from their enrolment sheet on. */

#include "central/admin/command.h"

#define ENROL_TICKETS_MAX 200

/* cmd_terminal.c: COUNT tickets in one transaction; all of them or none. */
int cmd_enrol_tickets(struct admin_call *call, struct store_tx *tx);

/* cmd_release.c */
int client_release_add(struct admin_session *session, const struct admin_command *command, json_t *args);
int cmd_release_register(struct admin_call *call);
int cmd_release_list(struct admin_call *call, struct store_tx *tx);
int cmd_release_roll(struct admin_call *call, struct store_tx *tx);
int cmd_release_pause(struct admin_call *call, struct store_tx *tx);
int cmd_release_resume(struct admin_call *call, struct store_tx *tx);
int cmd_release_withdraw(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_ring(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_reboot(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_ask_logs(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_logs(struct admin_call *call, struct store_tx *tx);
int client_fleet_logs(struct admin_session *session, const struct admin_command *command, json_t *args);

/* cmd_device.c */
int cmd_fleet_list(struct admin_call *call, struct store_tx *tx);
int cmd_fleet_show(struct admin_call *call, struct store_tx *tx);
int cmd_device_report(struct admin_call *call, struct store_tx *tx);

#endif
