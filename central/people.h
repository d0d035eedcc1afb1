#ifndef CENTRAL_PEOPLE_H
#define CENTRAL_PEOPLE_H

/* The people side of central (members, clerks, catalogue, WeChat, phone pages, operators), as the program adds it. */

#include "central/server.h"

/* All of them, in the order that their tables and their starts need (parts.c): for the program, the console without a
 * serve, and tests. */
extern const struct central_part *const central_parts[];
extern const size_t central_part_count;

extern const struct central_part central_people;   /* central/admin/part.c */
extern const struct central_part central_outbox;   /* central/outbox/part.c */
extern const struct central_part central_fleet;    /* central/admin/fleet_part.c */
extern const struct central_part central_campaign; /* central/campaign/part.c */
extern const struct central_part central_chain;    /* central/chain/part.c */
extern const struct central_part central_message;  /* central/message/part.c; before wechat, which notes acts in it */
extern const struct central_part central_wechat;   /* central/wechat/part.c; its tables stand beside those of people */

extern const struct central_part central_webhook; /* central/webhook/part.c; last: it tells of what the others did */

/*
 * `tillside-central admin …`: a client of the running serve (admin socket); when none runs it opens the books itself
 * (central_open with inline_jobs, which takes db.lock) and hands the same lines to central_people.admin_line.
 * Returns the exit code.
 */
int admin_main(int argc, char **argv); /* central/admin/admin.c; argv[0] = "admin" */

#endif
