#include "central/admin/ticket.h"

#include "central/wechat/api.h"
#include "central/wechat/rotate.h"

#include <stdio.h>

static int find_account(struct ticket_job *job)
{
    struct store_tx tx;
    int rc = store_read_begin(job->call->central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = job->touchpoint.account[0] ? wechat_find_account(&tx, &job->keys, job->touchpoint.account, &job->account)
                                    : wechat_find_brand_account(&tx, &job->keys, job->touchpoint.brand, &job->account);
    store_read_end(&tx);
    return rc == -ENOENT && !job->touchpoint.account[0] ? 0 : rc;
}

static int save_url(void *arg, struct store_tx *tx)
{
    struct ticket_job *job = arg;
    int rc = people_update_touchpoint(tx, &job->touchpoint, TICKET_OPERATOR);
    return rc || !job->account.api[0] ? rc : budget_note(tx, job->account.name, job->touchpoint.id, job->kind);
}

/* Which kind of QR it gets; the second time the same kind as the first. */
static int choose_kind(struct ticket_job *job)
{
    struct store_tx tx;
    struct touchpoint *t = &job->touchpoint;
    struct budget_wish wish = {.account = job->account.name,
                               .ends = admin_given(job->call, "days"),
                               .on_screen = t->terminal != 0,
                               .rotate = admin_given(job->call, "rotate")};
    int rc = store_read_begin(job->call->central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = budget_kind(&tx, t->id, &job->kind);
    if (rc == -ENOENT) {
        wish.ends = wish.ends || t->valid_to_s != 0;
        rc = budget_choose(&tx, &wish, &job->kind);
    }
    if (rc == 0 && job->kind == TICKET_ROTATING) {
        t->valid_to_s = (uint32_t)(tx.now_ms / 1000) + ROTATE_LIFE_S;
    }
    store_read_end(&tx);
    return rc == -EDQUOT ? admin_refuse(job->call, rc, "all %d permanent QR codes of account %s are given",
                                        BUDGET_PERMANENT, job->account.name)
                         : rc;
}

int ticket_fetch(struct ticket_job *job)
{
    struct touchpoint *t = &job->touchpoint;
    char error[WECHAT_API_ERROR_MAX] = "";
    int64_t now_s = clock_wall_ms(job->call->central->clock) / 1000;
    int rc = find_account(job);
    rc = rc || !job->account.api[0] ? rc : choose_kind(job);
    struct wechat_ticket_order order = {.scene = t->scene,
                                        .expire_s = t->valid_to_s ? t->valid_to_s - (uint32_t)now_s : 0};
    rc = rc ? rc : wechat_api_create_qr(job->call->central, &job->account, &order, t->url, error);
    if (rc == -ENOENT) {
        snprintf(t->url, sizeof(t->url), "http://weixin.qq.com/q/%s", t->scene);
        rc = 0;
    } else if (rc < 0 && !job->call->error[0]) {
        return admin_refuse(job->call, rc,
                            "touchpoint %u stands, but WeChat gave no QR (%s): try \"touchpoint ticket %u\"", t->id,
                            error[0] ? error : "no answer", t->id);
    }
    return rc ? rc : writer_call(job->call->central->writer, save_url, job);
}
