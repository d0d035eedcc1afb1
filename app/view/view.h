#ifndef APP_VIEW_VIEW_H
#define APP_VIEW_VIEW_H

/* From the flow's state to what is seen. Pure. */

#include "flow/flow.h"

void view_make(const struct flow *flow, struct view_model *out_view);

#endif
