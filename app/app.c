#include "app.h"

#include "platform/log.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STEPS_A_TURN 32 /* events before the screen is drawn again */

static void step(struct app *app, struct event *event)
{
    if (event->kind == EVENT_REFERENCE && app->till != NULL) {
        till_reference_copy(app->till, &app->reference);
        event->reference = &app->reference;
    }
    if (event->kind == EVENT_HEALTH) {
        workers_health(&app->workers, &app->health);
        event->health = &app->health;
    }
    flow_step(&app->flow, event, &app->effects);
    app_perform(app, &app->effects);
}

static void step_simple(struct app *app, enum event_kind kind)
{
    struct event event = {.kind = kind, .at = app_now(app)};
    step(app, &event);
}

static void on_pointer(struct app *app, const struct input_event *input)
{
    struct event event = {.kind = EVENT_INTENT, .at = app_now(app)};
    event.touched.argument = 1; /* a finger that stays */
    if (input->kind == INPUT_DOWN)
        event.touched.intent = ui_pointer_down(app->ui, input->x, input->y);
    else if (input->kind == INPUT_UP)
        event.touched.intent = ui_pointer_up(app->ui, input->x, input->y, &event.touched.argument);
    if (event.touched.intent == INTENT_NONE)
        return;
    step(app, &event);
    app_show(app); /* what is touched next is what is seen now */
}

static void on_key(struct app *app, const struct input_event *input)
{
    struct event event = {.kind = EVENT_KEY, .at = app_now(app)};
    if (input->kind == INPUT_TEXT)
        event.key.character = input->text[1] == '\0' ? input->text[0] : '\0';
    event.key.enter = input->key == INPUT_KEY_ENTER;
    event.key.escape = input->key == INPUT_KEY_ESCAPE;
    event.key.backspace = input->key == INPUT_KEY_BACKSPACE;
    step(app, &event);
}

static void on_input(void *context, const struct input_event *input)
{
    struct app *app = context;
    switch (input->kind) {
    case INPUT_DOWN:
    case INPUT_MOVE:
    case INPUT_UP:
        on_pointer(app, input);
        break;
    case INPUT_TEXT:
    case INPUT_KEY:
        on_key(app, input);
        break;
    case INPUT_QUIT:
        app->stopping = true;
        break;
    }
}

static void tell_device(struct app *app, enum hal_device device, int error)
{
    struct event event = {.kind = EVENT_DEVICE, .at = app_now(app), .device = {.device = device, .error = error}};
    memcpy(event.device.reason, app->devices.failures[device].reason, sizeof(event.device.reason));
    log_warn("device", "%s %s", hal_device_name(device), error == 0 ? "works" : strerror(-error));
    step(app, &event);
}

static void drain_input(struct app *app)
{
    int result = app->devices.input != NULL ? input_drain(app->devices.input, on_input, app) : -ENODEV;
    int64_t now = clock_mono_ms(&app->clock.base);
    if (result == 0 && app->flow.device_down[HAL_INPUT])
        tell_device(app, HAL_INPUT, 0); /* the display brought it back */
    if (result == 0 || now < app->input_retry_mono_ms)
        return;
    app->input_retry_mono_ms = now + 1000;
    if (!app->flow.device_down[HAL_INPUT])
        tell_device(app, HAL_INPUT, result);
    if (hal_device_reopen(&app->devices, HAL_INPUT) == 0)
        tell_device(app, HAL_INPUT, 0);
}

/* Nobody waits for a note's answer, so the flow says nothing; a journal that takes no notes still has to show. */
static void log_lost_note(const struct event *event)
{
    if (event->kind == EVENT_TILL && event->answer.op == TILL_NOTE && event->answer.error != 0)
        log_error("till", "a note could not be journaled: %s", strerror(-event->answer.error));
}

static void drain_events(struct app *app)
{
    struct event event;
    for (int i = 0; i < STEPS_A_TURN && queue_try_pop(&app->events, &event) == 0; i++) {
        log_lost_note(&event);
        step(app, &event);
    }
}

static int earlier(int timeout_ms, int64_t due, int64_t now)
{
    if (due == INT64_MAX)
        return timeout_ms;
    int64_t wait = due > now ? due - now : 0;
    return wait < timeout_ms ? (int)wait : timeout_ms;
}

/* Until the next thing that is due by itself; the minute on the clock is one. */
static int wait_ms(const struct app *app)
{
    int64_t now = clock_mono_ms(&app->clock.base);
    int timeout_ms = (int)(60000 - clock_wall_ms(&app->clock.base) % 60000) + 20;
    timeout_ms = earlier(timeout_ms, flow_deadline(&app->flow), now);
    timeout_ms = earlier(timeout_ms, app_show_due(app, now), now);
    if (app->flow.device_down[HAL_INPUT])
        timeout_ms = earlier(timeout_ms, app->input_retry_mono_ms, now);
    return earlier(timeout_ms, supervisor_due(&app->supervisor), now);
}

static void wait_for_something(struct app *app)
{
    struct pollfd fds[] = {
        {.fd = queue_fd(&app->events), .events = POLLIN},
        {.fd = app->devices.input != NULL ? input_fd(app->devices.input) : -1, .events = POLLIN},
        {.fd = app->signal_fd, .events = POLLIN},
    };
    int ready = poll(fds, ARRAY_LEN(fds), wait_ms(app));
    if (ready > 0 && (fds[2].revents & POLLIN) != 0)
        app->stopping = true;
    if (ready == 0 || clock_mono_ms(&app->clock.base) >= flow_deadline(&app->flow))
        step_simple(app, EVENT_TICK);
}

static void loop(struct app *app)
{
    step_simple(app, EVENT_START);
    while (!app->stopping) {
        drain_events(app);
        drain_input(app);
        app_show(app);
        supervisor_alive(&app->supervisor, clock_mono_ms(&app->clock.base));
        if (!app->stopping)
            wait_for_something(app);
    }
}

int app_run(const struct options *options)
{
    static struct app app; /* too large for a stack; the program has one */
    enum app_exit exit_code = APP_EXIT_FAILED;
    int result = app_open(&app, options, &exit_code);
    if (result == 0) {
        supervisor_ready(&app.supervisor, clock_mono_ms(&app.clock.base));
        loop(&app);
        exit_code = APP_EXIT_OK;
        log_info("app", "stopping");
        supervisor_stopping();
    }
    app_close(&app);
    return (int)exit_code;
}
