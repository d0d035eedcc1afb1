#ifndef TESTS_APP_FLOW_DESK_H
#define TESTS_APP_FLOW_DESK_H

/* A flow at a desk: what people do to it, and what it asked for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow.h"
#include "view/view.h"

#define COUPON "TSC1:0123456789"

struct desk {
    struct flow flow;
    struct effects effects;
    struct till_reference reference;
    int64_t now_ms;
};

struct event desk_event_of(struct desk *d, enum event_kind kind);
void desk_step(struct desk *d, struct event *event);
void desk_open(struct desk *d, bool enrolled);
void desk_scan(struct desk *d, const char *text);
void desk_touch(struct desk *d, enum intent intent, int64_t argument);
void desk_type(struct desk *d, const char *text);
const struct effect *desk_find(const struct desk *d, enum effect_kind kind);
const struct till_request *desk_asked(const struct desk *d, enum till_op op);
struct event desk_answer_to(struct desk *d, enum till_op op);
void desk_sign_in(struct desk *d);
void desk_set_online(struct desk *d, bool online);

#endif
