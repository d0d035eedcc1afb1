#include "lan_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool lan_is_primarys(enum till_op op)
{
    switch (op) {
    case TILL_REDEEM:
    case TILL_SALE:
    case TILL_VOID:
    case TILL_MEMBER:
    case TILL_RECENT:
        return true;
    case TILL_SIGN_IN:
    case TILL_SIGN_OUT:
    case TILL_PRICE:
    case TILL_NOTE:
    case TILL_ALONE:
    case TILL_PROMOTE:
        break;
    }
    return false;
}

enum till_op lan_till_op(uint8_t op)
{
    static const enum till_op ops[] = {[LAN_REDEEM] = TILL_REDEEM,
                                       [LAN_SALE] = TILL_SALE,
                                       [LAN_VOID] = TILL_VOID,
                                       [LAN_MEMBER] = TILL_MEMBER,
                                       [LAN_RECENT] = TILL_RECENT};
    assert(op >= LAN_REDEEM && op <= LAN_RECENT);
    return ops[op];
}

static uint8_t lan_op_of(enum till_op op)
{
    uint8_t lan_op = LAN_REDEEM;

    while (lan_op < (uint8_t)LAN_RECENT && lan_till_op(lan_op) != op)
        lan_op++;
    return lan_op;
}

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

void lan_act_of(const struct till_request *request, struct lan_act *out_act)
{
    struct lan_act act = {.op = lan_op_of(request->op), .clerk = request->clerk};

    memcpy(act.request_id, request->request_id, sizeof(act.request_id));
    if (request->op == TILL_REDEEM) {
        const struct till_redeem *r = &request->redeem;
        COPY(act.text, r->text);
        act.typed = r->typed;
        act.date_confirmed = r->date_confirmed;
        act.check_only = r->check_only;
        act.central_agreed = r->central_agreed;
        act.central_asked = r->central_asked;
        act.sale_minor = r->sale_minor;
        act.member = r->member;
        act.pool = r->pool;
    } else if (request->op == TILL_SALE) {
        act.sale_minor = request->sale.gross_minor;
        act.credit_minor = request->sale.credit_minor;
        act.member = request->sale.member;
        COPY(act.member_code, request->sale.member_code);
        COPY(act.pin, request->sale.pin);
    } else if (request->op == TILL_VOID) {
        act.group = request->voided.group;
        act.group_terminal = request->voided.terminal;
        COPY(act.reason, request->voided.reason);
    } else if (request->op == TILL_MEMBER) {
        COPY(act.text, request->text);
    }
    *out_act = act;
}

void lan_request_of(const struct lan_act *act, struct till_request *out_request)
{
    struct till_request request = {.op = lan_till_op(act->op), .clerk = act->clerk};

    memcpy(request.request_id, act->request_id, sizeof(request.request_id));
    request.asked_terminal = act->asked_terminal;
    request.asked_epoch = act->asked_epoch;
    if (request.op == TILL_REDEEM) {
        struct till_redeem *r = &request.redeem;
        COPY(r->text, act->text);
        r->typed = act->typed;
        r->date_confirmed = act->date_confirmed;
        r->check_only = act->check_only;
        r->central_agreed = act->central_agreed;
        r->central_asked = act->central_asked;
        r->sale_minor = act->sale_minor;
        r->member = act->member;
        r->pool = act->pool;
    } else if (request.op == TILL_SALE) {
        request.sale.gross_minor = act->sale_minor;
        request.sale.credit_minor = act->credit_minor;
        request.sale.member = act->member;
        COPY(request.sale.member_code, act->member_code);
        COPY(request.sale.pin, act->pin);
    } else if (request.op == TILL_VOID) {
        request.voided.group = act->group;
        request.voided.terminal = act->group_terminal;
        COPY(request.voided.reason, act->reason);
    } else if (request.op == TILL_MEMBER) {
        COPY(request.text, act->text);
    }
    *out_request = request;
}
