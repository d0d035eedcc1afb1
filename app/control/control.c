#include "control/control.h"

#include "control/commands.h"
#include "platform/unixsock.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct control {
    struct control_options options;
    struct line_server *server;
    pthread_mutex_t mutex;
    struct control_sight sight; /* mutex */
};

static int answer(json_t *reply, struct buffer *out)
{
    char *text = json_dumps(reply, JSON_COMPACT);
    json_decref(reply);
    if (text == NULL)
        return -ENOMEM;
    int result = buffer_append_text(out, text);
    free(text);
    return result;
}

static json_t *refuse(const char *reason)
{
    return json_pack("{s:b, s:s}", "ok", 0, "error", reason);
}

static int on_line(void *context, const char *line, size_t len, struct buffer *reply)
{
    struct control *control = context;
    json_error_t error;
    json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    const char *name = json_string_value(json_object_get(request, "cmd"));
    json_t *result;

    struct control_sight *sight = malloc(sizeof(*sight));
    if (sight == NULL) {
        json_decref(request);
        return -ENOMEM;
    }
    pthread_mutex_lock(&control->mutex);
    *sight = control->sight;
    pthread_mutex_unlock(&control->mutex);
    if (name == NULL)
        result = refuse(request == NULL ? error.text : "no \"cmd\"");
    else
        result = control_command(&control->options, sight, name, request);
    free(sight);
    json_decref(request);
    return result != NULL ? answer(result, reply) : -ENOMEM;
}

int control_open(const struct control_options *options, struct control **out_control)
{
    struct control *control = calloc(1, sizeof(*control));
    if (control == NULL)
        return -ENOMEM;
    control->options = *options;
    pthread_mutex_init(&control->mutex, NULL);
    struct line_server_options server = {.path = options->path, .handler = on_line, .context = control};
    int result = line_server_open(&server, &control->server);
    if (result != 0) {
        free(control);
        return result;
    }
    *out_control = control;
    return 0;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    line_server_close(control->server);
    free(control);
}

void control_see(struct control *control, const struct control_sight *sight)
{
    pthread_mutex_lock(&control->mutex);
    control->sight = *sight;
    pthread_mutex_unlock(&control->mutex);
}
