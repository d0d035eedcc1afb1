#include "app.h"

#include "platform/log.h"

#include <stdio.h>
#include <string.h>

#define SOUND_RETRY_MS 2000

struct clock_reading app_now(const struct app *app)
{
    struct clock_reading now = {clock_wall_ms(&app->clock.base), clock_mono_ms(&app->clock.base)};
    return now;
}

void app_push(struct app *app, struct event *event)
{
    event_push(&app->events, &app->clock.base, event);
}

/* The till cannot take it now: the flow hears that as an answer, so that nobody waits for ever. */
static void submit(struct app *app, const struct till_request *request)
{
    int result = app->lan != NULL ? lan_submit(app->lan, request) : -EIO;
    if (result == 0)
        return;
    struct event event = {
        .kind = EVENT_TILL,
        .answer = {.op = request->op, .ticket = request->ticket, .error = result == -ENOSPC ? -EAGAIN : result}};
    app_push(app, &event);
}

static void ask(struct app *app, const struct effect *effect)
{
    int result =
        app->sync != NULL ? sync_ask(app->sync, effect->ask.kind, effect->ask.ticket, &effect->ask.request) : -EIO;
    if (result == 0)
        return;
    struct event event = {.kind = EVENT_ASKED, .asked = {.ticket = effect->ask.ticket, .error = result}};
    app_push(app, &event);
}

static void output(struct app *app, const struct output *job)
{
    if (workers_output(&app->workers, job) == 0)
        return;
    log_warn("printer", "too many jobs wait, one was dropped");
    if (job->kind != OUTPUT_PRINT)
        return;
    struct event event = {.kind = EVENT_PRINTED,
                          .printed = {.group = job->receipt.group, .outcome = RECEIPT_NO_PRINTER}};
    app_push(app, &event);
}

/* A cue that cannot be heard tries to have the loudspeaker back, now and then: opening one may take a moment. */
static int sound(struct app *app, enum sound_cue cue)
{
    int64_t now = clock_mono_ms(&app->clock.base);
    int result = sound_play(app->devices.sound, cue);
    if (result != -ENODEV || now < app->sound_retry_mono_ms)
        return result;
    app->sound_retry_mono_ms = now + SOUND_RETRY_MS;
    result = hal_device_reopen(&app->devices, HAL_SOUND);
    return result != 0 ? result : sound_play(app->devices.sound, cue);
}

static void play(struct app *app, enum sound_cue cue, bool tell)
{
    struct event event = {.kind = EVENT_DEVICE, .device = {.device = HAL_SOUND, .error = sound(app, cue)}};
    bool down = event.device.error != 0;
    if (!tell && down == app->flow.device_down[HAL_SOUND])
        return;
    if (down)
        snprintf(event.device.reason, sizeof(event.device.reason), "%s", app->devices.failures[HAL_SOUND].reason);
    app_push(app, &event);
}

static void test(struct app *app, enum hal_device device)
{
    struct output job = {.kind = OUTPUT_TEST, .device = device};
    if (device == HAL_SOUND)
        play(app, SOUND_OK, true);
    else
        output(app, &job);
}

/* Without books there is no room that does it: the ways at the disk itself are left. */
static void ask_service(struct app *app, enum effect_kind kind)
{
    struct event event = {.kind = EVENT_STICK, .stick = {.outcome = STICK_FAILED, .reason = "out of service"}};
    if (kind == EFFECT_RESET)
        event = (struct event){.kind = EVENT_RESET, .reset_failed = "out of service"};
    if (app->service == NULL)
        app_push(app, &event);
    else if (kind == EFFECT_STICK)
        service_read_stick(app->service);
    else if (kind == EFFECT_ACTS)
        service_save_acts(app->service);
    else
        service_reset(app->service);
}

static void perform(struct app *app, const struct effect *effect)
{
    struct output job = {.kind = OUTPUT_PRINT};
    switch (effect->kind) {
    case EFFECT_TILL:
        submit(app, &effect->till);
        break;
    case EFFECT_ASK:
        ask(app, effect);
        break;
    case EFFECT_ENROL:
        if (app->sync != NULL)
            sync_enrol(app->sync, effect->enrol_text);
        break;
    case EFFECT_PRINT:
        job.receipt = effect->receipt;
        output(app, &job);
        break;
    case EFFECT_DRAWER:
        job.kind = OUTPUT_DRAWER;
        output(app, &job);
        break;
    case EFFECT_SOUND:
        play(app, effect->sound, false);
        break;
    case EFFECT_HEALTH:
        job.kind = OUTPUT_HEALTH;
        output(app, &job);
        break;
    case EFFECT_TEST:
        test(app, effect->test);
        break;
    case EFFECT_CHECK:
        job.kind = OUTPUT_CHECK;
        output(app, &job);
        break;
    case EFFECT_STICK:
    case EFFECT_ACTS:
    case EFFECT_RESET:
        ask_service(app, effect->kind);
        break;
    case EFFECT_REPORT:
        job.kind = OUTPUT_REPORT;
        job.report = effect->report;
        output(app, &job);
        break;
    }
}

void app_perform(struct app *app, const struct effects *effects)
{
    for (uint32_t i = 0; i < effects->count; i++)
        perform(app, &effects->items[i]);
    workers_watch(&app->workers, flow_watches_camera(&app->flow));
    enum lamp lamp = flow_lamp(&app->flow);
    if (lamp != app->lamp)
        workers_lamp(&app->workers, lamp);
    app->lamp = lamp;
    bool nobody = flow_nobody_there(&app->flow);
    bool left = nobody && !app->nobody_there;
    app->nobody_there = nobody;
    if (left && app->service != NULL)
        service_wake(app->service); /* a restart may have waited for that */
}
