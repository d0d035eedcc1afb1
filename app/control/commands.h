#ifndef APP_CONTROL_COMMANDS_H
#define APP_CONTROL_COMMANDS_H

#include "control/control.h"

#include <jansson.h>

/* One command; a new reference, {"ok":true,…} or {"ok":false,"error":…}. Control thread. */
json_t *control_command(const struct control_options *options, const struct control_sight *sight, const char *name,
                        const json_t *request);

/* view_json.c: the whole view model; a new reference. */
json_t *control_view_json(const struct view_model *view);

#endif
