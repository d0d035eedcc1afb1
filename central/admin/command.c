#include "central/admin/command.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOMENT_MAX_S INT64_C(253402300799) /* the end of 9999 */

const struct admin_command *admin_command_at(size_t index)
{
    for (size_t g = 0; g < admin_group_count; g++) {
        if (index < admin_groups[g]->count) {
            return &admin_groups[g]->commands[index];
        }
        index -= admin_groups[g]->count;
    }
    return NULL;
}

const struct admin_command *admin_command_find(const char *name)
{
    const struct admin_command *command;
    for (size_t i = 0; (command = admin_command_at(i)); i++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

bool admin_argument_next(const char **spec, struct admin_argument *out_argument)
{
    const char *at = *spec + strspn(*spec, " ");
    if (!*at) {
        return false;
    }
    struct admin_argument argument = {.required = true};
    bool bracket = *at == '[';
    at += bracket;
    argument.option = strncmp(at, "--", 2) == 0;
    at += argument.option ? 2 : 0;
    size_t len = strcspn(at, ":! ]");
    assert(len > 0 && len < sizeof(argument.name));
    for (size_t i = 0; i < len; i++) {
        argument.name[i] = at[i] == '-' ? '_' : (char)tolower((unsigned char)at[i]);
    }
    at += len;
    bool must = *at == '!';
    at += must;
    argument.required = argument.option ? must : !bracket;
    assert(*at == ':' && strchr("tnmbdfo", at[1]));
    argument.kind = at[1];
    at += 2 + bracket;
    *spec = at;
    *out_argument = argument;
    return true;
}

const char *admin_text(const struct admin_call *call, const char *name, const char *fallback)
{
    const char *text = json_string_value(json_object_get(call->args, name));
    return text ? text : fallback;
}

int64_t admin_number(const struct admin_call *call, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(call->args, name);
    if (json_is_true(value)) {
        return 1;
    }
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

int64_t admin_moment_ms(const struct admin_call *call, const char *name)
{
    int64_t moment_s = admin_number(call, name, 0);
    if (admin_given(call, name) && moment_s > -ADMIN_DISTANCE_END_S && moment_s < ADMIN_DISTANCE_END_S) {
        moment_s += clock_wall_ms(call->central->clock) / 1000;
    }
    return moment_s > 0 && moment_s <= MOMENT_MAX_S ? moment_s * 1000 : 0;
}

int64_t admin_rows(const struct admin_call *call, uint32_t fallback)
{
    uint32_t wanted = admin_u32(call, "limit");
    return wanted ? wanted : fallback;
}

bool admin_given(const struct admin_call *call, const char *name)
{
    return json_object_get(call->args, name) != NULL;
}

uint32_t admin_u32(const struct admin_call *call, const char *name)
{
    int64_t value = admin_number(call, name, 0);
    return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : ADMIN_NO_NUMBER;
}

int admin_copy_text(struct admin_call *call, const char *name, char *out, size_t cap)
{
    const char *text = admin_text(call, name, NULL);
    if (!text) {
        return 0;
    }
    if (strlen(text) >= cap) {
        return admin_refuse(call, -E2BIG, "%s is too long: at most %zu bytes", name, cap - 1);
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

int admin_refuse(struct admin_call *call, int rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(call->error, sizeof(call->error), format, args);
    va_end(args);
    return rc;
}

void admin_add_row(struct admin_call *call, json_t *row)
{
    json_t *rows = json_object_get(call->result, "rows");
    if (!rows) {
        rows = json_array();
        json_object_set_new(call->result, "rows", rows);
    }
    json_array_append_new(rows, row);
}

void admin_set(struct admin_call *call, const char *name, json_t *value)
{
    json_object_set_new(call->result, name, value);
}

void admin_add_picture(struct admin_call *call, const struct admin_picture *picture)
{
    json_array_append_new(call->pictures,
                          json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "name", picture->name, "text", picture->text,
                                    "title", picture->title, "caption", picture->caption, "note", picture->note));
}
