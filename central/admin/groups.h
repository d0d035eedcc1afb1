#ifndef CENTRAL_ADMIN_GROUPS_H
#define CENTRAL_ADMIN_GROUPS_H

/* What the table in commands.c points at: one file a group. */

#include "central/admin/command.h"

/* cmd_identity.c */
int cmd_brand_list(struct admin_call *call, struct store_tx *tx);
int cmd_brand_add(struct admin_call *call, struct store_tx *tx);
int cmd_brand_set(struct admin_call *call, struct store_tx *tx);
int cmd_store_list(struct admin_call *call, struct store_tx *tx);
int cmd_store_add(struct admin_call *call, struct store_tx *tx);
int cmd_store_set(struct admin_call *call, struct store_tx *tx);

/* cmd_backup.c */
int cmd_backup(struct admin_call *call);

/* cmd_terminal.c */
int cmd_terminal_list(struct admin_call *call, struct store_tx *tx);
int cmd_terminal_remove(struct admin_call *call, struct store_tx *tx);
int cmd_terminal_primary(struct admin_call *call, struct store_tx *tx);
int cmd_enrol_ticket(struct admin_call *call, struct store_tx *tx);
int cmd_enrolments(struct admin_call *call, struct store_tx *tx);
int cmd_confirm(struct admin_call *call, struct store_tx *tx);
int cmd_refuse(struct admin_call *call, struct store_tx *tx);

/* cmd_clerk.c */
int cmd_clerk_list(struct admin_call *call, struct store_tx *tx);
int cmd_clerk_add(struct admin_call *call, struct store_tx *tx);
int cmd_clerk_pin(struct admin_call *call, struct store_tx *tx);
int cmd_clerk_badge(struct admin_call *call, struct store_tx *tx);
int cmd_clerk_remove(struct admin_call *call, struct store_tx *tx);

/* cmd_member.c */
int cmd_member_list(struct admin_call *call, struct store_tx *tx);
int cmd_member_add(struct admin_call *call, struct store_tx *tx);
int cmd_member_show(struct admin_call *call, struct store_tx *tx);
int cmd_member_card(struct admin_call *call, struct store_tx *tx);
int cmd_member_code(struct admin_call *call, struct store_tx *tx);
int cmd_member_attribute(struct admin_call *call, struct store_tx *tx);

/* cmd_touchpoint.c */
int cmd_touchpoint_list(struct admin_call *call, struct store_tx *tx);
int cmd_touchpoint_add(struct admin_call *call);
int cmd_touchpoint_set(struct admin_call *call, struct store_tx *tx);
int cmd_touchpoint_ticket(struct admin_call *call);
int cmd_touchpoint_remove(struct admin_call *call, struct store_tx *tx);
int cmd_touchpoint_qr(struct admin_call *call, struct store_tx *tx);
int cmd_touchpoint_report(struct admin_call *call, struct store_tx *tx);
int cmd_wechat_account(struct admin_call *call, struct store_tx *tx);
int cmd_wechat_inbox(struct admin_call *call, struct store_tx *tx);

/* cmd_outbox.c */
int cmd_outbox_list(struct admin_call *call, struct store_tx *tx);
int cmd_outbox_status(struct admin_call *call, struct store_tx *tx);
int cmd_outbox_retry(struct admin_call *call, struct store_tx *tx);
int cmd_outbox_quota(struct admin_call *call, struct store_tx *tx);
int cmd_wechat_send(struct admin_call *call, struct store_tx *tx);
int cmd_wechat_menu(struct admin_call *call, struct store_tx *tx);
int cmd_wechat_reconcile(struct admin_call *call);
int cmd_acquisition_report(struct admin_call *call, struct store_tx *tx);
int cmd_acquisition_set(struct admin_call *call, struct store_tx *tx);

/* cmd_catalogue.c */
int cmd_product_list(struct admin_call *call, struct store_tx *tx);
int cmd_product_rows(struct admin_call *call, struct store_tx *tx);
int cmd_offer_list(struct admin_call *call, struct store_tx *tx);
int cmd_offer_add(struct admin_call *call, struct store_tx *tx);
int cmd_offer_end(struct admin_call *call, struct store_tx *tx);

/* cmd_coupon.c */
int cmd_coupon_list(struct admin_call *call, struct store_tx *tx);
int cmd_coupon_issue(struct admin_call *call, struct store_tx *tx);
int cmd_coupon_show(struct admin_call *call, struct store_tx *tx);
int cmd_coupon_revoke(struct admin_call *call, struct store_tx *tx);

/* cmd_books.c. Tables that may be long: ask for one row more than the limit, and stop when it is reached. */
struct admin_limit {
    int64_t left;
    bool more; /* there was one row more */
};
struct admin_limit admin_limit_of(const struct admin_call *call);
bool admin_limit_reached(struct admin_limit *limit);
void admin_limit_tell(struct admin_call *call, const struct admin_limit *limit);
int cmd_books(struct admin_call *call, struct store_tx *tx);
int cmd_redemptions(struct admin_call *call, struct store_tx *tx);
int cmd_conflicts(struct admin_call *call, struct store_tx *tx);
int cmd_problems(struct admin_call *call, struct store_tx *tx);
int cmd_conflict_show(struct admin_call *call, struct store_tx *tx);
int cmd_journal_tail(struct admin_call *call, struct store_tx *tx);
int cmd_feed_status(struct admin_call *call, struct store_tx *tx);
int cmd_sync_status(struct admin_call *call, struct store_tx *tx);

/* cmd_rights.c */
int cmd_right_write_off(struct admin_call *call, struct store_tx *tx);
int cmd_write_offs(struct admin_call *call, struct store_tx *tx);
int cmd_terminal_lost(struct admin_call *call, struct store_tx *tx);
int cmd_store_primary(struct admin_call *call, struct store_tx *tx);
int cmd_store_alone(struct admin_call *call, struct store_tx *tx);
int cmd_successions(struct admin_call *call, struct store_tx *tx);
int cmd_restore_status(struct admin_call *call, struct store_tx *tx);
int cmd_restore_settle(struct admin_call *call, struct store_tx *tx);

/* cmd_keys.c */
int cmd_keys_list(struct admin_call *call, struct store_tx *tx);
int cmd_keys_add(struct admin_call *call);
int cmd_keys_revoke(struct admin_call *call);

/* cmd_journal.c */
int cmd_problems_retry(struct admin_call *call, struct store_tx *tx);
int cmd_journal_batch(struct admin_call *call, struct store_tx *tx);
int cmd_journal_end(struct admin_call *call, struct store_tx *tx);

/* client side: import.c, import_journal.c, demo/demo.c */
int client_journal_import(struct admin_session *session, const struct admin_command *command, json_t *args);
int client_product_import(struct admin_session *session, const struct admin_command *command, json_t *args);
int client_demo(struct admin_session *session, const struct admin_command *command, json_t *args);

#endif
