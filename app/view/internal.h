#ifndef APP_VIEW_INTERNAL_H
#define APP_VIEW_INTERNAL_H

#include "view/view.h"

/* text.c: cut to fit, in the language that is up */
void view_put(char *out, size_t cap, const char *text);
const char *view_localised(const struct flow *flow, const char *zh, const char *en);

/* view_verdict.c */
void view_fill_verdict(const struct flow *flow, struct view_verdict *out_verdict);

/* view_store.c */
void view_fill_store_state(const struct flow *flow, struct view_status *out_status);
void view_fill_self_test(const struct flow *flow, struct view_self_test *t);
void view_fill_reset(const struct flow *flow, struct view_reset *out_reset);
void view_fill_store(const struct flow *flow, struct view_store *out_store);

#endif
