#ifndef CENTRAL_ADMIN_TICKET_H
#define CENTRAL_ADMIN_TICKET_H

/* Asking the platform for a touchpoint's QR: outside any transaction, because it answers when it likes. */

#include "central/admin/command.h"
#include "central/store/people_touchpoint.h"
#include "central/store/wechat.h"
#include "central/store/wechat_budget.h"

#define TICKET_OPERATOR "admin"

struct ticket_job {
    struct admin_call *call;
    struct channel_keys keys;
    struct touchpoint touchpoint; /* as the books have it; what is given is filled in and saved */
    struct wechat_account account;
    enum ticket_kind kind;
};

/* call's "days" and "rotate" say which kind. Without a server API the QR carries its scene itself; a phone emulator
 * resolves that, WeChat's own app does not. Refuses with a sentence; the touchpoint stands all the same. */
MUST_CHECK int ticket_fetch(struct ticket_job *job);

#endif
