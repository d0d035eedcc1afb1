#include "control/commands.h"

#include <stdio.h>
#include <string.h>

#define FRAMES_DEFAULT 20

struct call {
    const struct control_options *options;
    const struct control_sight *sight;
    const json_t *request;
};

static json_t *refuse(const char *reason)
{
    return json_pack("{s:b, s:s}", "ok", 0, "error", reason);
}

static json_t *done(int result)
{
    return result == 0 ? json_pack("{s:b}", "ok", 1) : refuse(strerror(-result));
}

static const char *text_of(const struct call *call, const char *key)
{
    return json_string_value(json_object_get(call->request, key));
}

static int64_t number_of(const struct call *call, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(call->request, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

/* {"cmd":"scan","text":…}: the hand scanner reads it. */
static json_t *cmd_scan(const struct call *call)
{
    const char *text = text_of(call, "text");
    return text != NULL ? done(sim_scan(call->options->sim, text)) : refuse("scan needs \"text\"");
}

/* {"cmd":"show","picture":FILE} or {"cmd":"show","qr":TEXT}: passes before the camera for "frames" frames. */
static json_t *cmd_show(const struct call *call)
{
    const char *picture = text_of(call, "picture"), *qr = text_of(call, "qr");
    int frames = (int)number_of(call, "frames", FRAMES_DEFAULT);
    if (frames < 1 || (picture == NULL) == (qr == NULL))
        return refuse("show needs \"picture\" or \"qr\", and at least one frame");
    return done(picture != NULL ? sim_camera_picture(call->options->sim, picture, frames)
                                : sim_camera_qr(call->options->sim, qr, frames));
}

/* "down" false: the finger is only lifted, true: it stays; without it, both. */
static json_t *touch(const struct call *call, int x, int y)
{
    struct input_event event = {.kind = INPUT_DOWN, .x = x, .y = y};
    const json_t *down = json_object_get(call->request, "down");
    int result = json_is_false(down) ? 0 : sim_input(call->options->sim, &event);
    event.kind = INPUT_UP;
    return done(result != 0 || json_is_true(down) ? result : sim_input(call->options->sim, &event));
}

/* {"cmd":"tap","name":…} or {"cmd":"tap","x":…,"y":…}, with "down" for half of it */
static json_t *cmd_tap(const struct call *call)
{
    const char *name = text_of(call, "name");
    if (name == NULL) {
        int64_t x = number_of(call, "x", -1), y = number_of(call, "y", -1);
        return x < 0 || y < 0 ? refuse("tap needs \"name\" or \"x\" and \"y\"") : touch(call, (int)x, (int)y);
    }
    for (size_t i = 0; i < call->sight->hit_count; i++) {
        const struct ui_hit *hit = &call->sight->hits[i];
        if (strcmp(hit->name, name) == 0)
            return touch(call, hit->area.x + hit->area.width / 2, hit->area.y + hit->area.height / 2);
    }
    return refuse("nothing of that name can be touched now");
}

/* {"cmd":"type","text":…}: a keyboard; {"cmd":"key","name":"enter"} */
static json_t *cmd_type(const struct call *call)
{
    const char *text = text_of(call, "text");
    if (text == NULL)
        return refuse("type needs \"text\"");
    int result = 0;
    for (; *text != '\0' && result == 0; text++) {
        struct input_event event = {.kind = INPUT_TEXT, .text = {*text, '\0'}};
        result = sim_input(call->options->sim, &event);
    }
    return done(result);
}

static json_t *cmd_key(const struct call *call)
{
    struct input_event event = {.kind = INPUT_KEY};
    const char *name = text_of(call, "name");
    if (name == NULL || input_key_from_name(name, &event.key) != 0)
        return refuse("key needs the \"name\" of a key");
    return done(sim_input(call->options->sim, &event));
}

/* {"cmd":"press","button":…} */
static json_t *cmd_press(const struct call *call)
{
    const char *button = text_of(call, "button");
    if (button == NULL)
        return refuse("press needs \"button\"");
    int result = sim_button(call->options->sim, button, true);
    return done(result != 0 ? result : sim_button(call->options->sim, button, false));
}

/* {"cmd":"camera","live":true}: noise and a steady rate, as a real sensor has */
static json_t *cmd_camera(const struct call *call)
{
    sim_camera_live(call->options->sim, json_is_true(json_object_get(call->request, "live")));
    return done(0);
}

static json_t *cmd_presence(const struct call *call)
{
    return done(sim_presence(call->options->sim, json_is_true(json_object_get(call->request, "somebody"))));
}

/* {"cmd":"network","up":false} */
static json_t *cmd_network(const struct call *call)
{
    const json_t *up = json_object_get(call->request, "up");
    if (!json_is_boolean(up))
        return refuse("network needs \"up\"");
    sim_network_set(call->options->sim, json_is_true(up));
    return done(0);
}

/* {"cmd":"clock","offset_ms":…}: wall time is the system's plus this. */
static json_t *cmd_clock(const struct call *call)
{
    const json_t *offset = json_object_get(call->request, "offset_ms");
    if (!json_is_integer(offset))
        return refuse("clock needs \"offset_ms\"");
    offset_clock_set(call->options->clock, json_integer_value(offset));
    return done(0);
}

/* {"cmd":"fail","device":"printer","fault":"paper_end"}; {"cmd":"restore","device":"printer"} */
static json_t *cmd_fail(const struct call *call)
{
    enum hal_device device;
    enum sim_fault fault;
    const char *name = text_of(call, "device"), *kind = text_of(call, "fault");
    if (name == NULL || hal_device_from_name(name, &device) != 0)
        return refuse("no such device");
    if (kind == NULL || sim_fault_from_name(kind, &fault) != 0)
        return refuse("no such fault");
    return done(sim_fail(call->options->sim, device, fault));
}

static json_t *cmd_restore(const struct call *call)
{
    enum hal_device device;
    const char *name = text_of(call, "device");
    if (name == NULL || hal_device_from_name(name, &device) != 0)
        return refuse("no such device");
    sim_restore(call->options->sim, device);
    return done(0);
}

/* {"cmd":"screenshot","path":FILE} */
static json_t *cmd_screenshot(const struct call *call)
{
    const char *path = text_of(call, "path");
    return path != NULL ? done(sim_display_png(call->options->sim, path)) : refuse("screenshot needs \"path\"");
}

/* {"cmd":"view"} */
static json_t *cmd_view(const struct call *call)
{
    const struct control_sight *sight = call->sight;
    double scan_to_screen_ms = 0;
    if (sight->scan_taken_ns != 0)
        scan_to_screen_ms = (double)(sight->presented_ns - sight->scan_taken_ns) / 1e6;
    return json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:f, s:b}", "ok", 1, "view", control_view_json(&sight->view),
                     "presented", (json_int_t)sight->presented, "presented_ns", (json_int_t)sight->presented_ns,
                     "first_ns", (json_int_t)sight->first_ns, "attract_ns", (json_int_t)sight->attract_ns,
                     "scan_taken_ns", (json_int_t)sight->scan_taken_ns, "scan_to_screen_ms", scan_to_screen_ms,
                     "waiting", sight->waiting ? 1 : 0);
}

/* {"cmd":"hits"}: what can be touched */
static json_t *cmd_hits(const struct call *call)
{
    json_t *hits = json_array();
    for (size_t i = 0; i < call->sight->hit_count; i++) {
        const struct ui_hit *hit = &call->sight->hits[i];
        json_array_append_new(hits,
                              json_pack("{s:s, s:i, s:i, s:i, s:i, s:s, s:I}", "name", hit->name, "x", hit->area.x, "y",
                                        hit->area.y, "width", hit->area.width, "height", hit->area.height, "intent",
                                        intent_name(hit->intent), "argument", (json_int_t)hit->argument));
    }
    return json_pack("{s:b, s:o}", "ok", 1, "hits", hits);
}

/* {"cmd":"outputs"}: lamps, pulses, receipts, sounds */
static json_t *cmd_outputs(const struct call *call)
{
    struct sim_outputs out;
    sim_outputs(call->options->sim, &out);
    json_t *lamps = json_object();
    for (size_t i = 0; i < out.lamp_count; i++)
        json_object_set_new(lamps, out.lamps[i].name, json_boolean(out.lamps[i].on));
    return json_pack("{s:b, s:o, s:i, s:i, s:i, s:s, s:s, s:i}", "ok", 1, "lamps", lamps, "drawer_pulses",
                     (int)out.drawer_pulses, "buzzer_pulses", (int)out.buzzer_pulses, "receipts", (int)out.receipts,
                     "last_receipt", out.last_receipt, "last_sound",
                     out.sound_count > 0 ? sound_cue_name(out.last_sound) : "", "sounds", (int)out.sound_count);
}

json_t *control_command(const struct control_options *options, const struct control_sight *sight, const char *name,
                        const json_t *request)
{
    static const struct {
        const char *name;
        json_t *(*run)(const struct call *call);
    } commands[] = {
        {"scan", cmd_scan},
        {"show", cmd_show},
        {"camera", cmd_camera},
        {"tap", cmd_tap},
        {"type", cmd_type},
        {"key", cmd_key},
        {"press", cmd_press},
        {"presence", cmd_presence},
        {"network", cmd_network},
        {"clock", cmd_clock},
        {"fail", cmd_fail},
        {"restore", cmd_restore},
        {"screenshot", cmd_screenshot},
        {"view", cmd_view},
        {"hits", cmd_hits},
        {"outputs", cmd_outputs},
    };
    struct call call = {options, sight, request};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(&call);
    return refuse("no such command");
}
