#include "app.h"

#include "platform/log.h"
#include "view/view.h"

#include <string.h>
#include <time.h>

#define DISPLAY_RETRY_MS 1000

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void tell_control(struct app *app)
{
#ifdef TILLSIDE_SIM
    if (app->control == NULL)
        return;
    static struct control_sight sight; /* main thread only; too large for its stack */
    size_t count = 0;
    const struct ui_hit *hits = ui_hits(app->ui, &count);
    sight.view = app->view;
    sight.hit_count = count < UI_HITS_MAX ? count : UI_HITS_MAX;
    memcpy(sight.hits, hits, sight.hit_count * sizeof(*hits));
    sight.presented = app->presented;
    sight.presented_ns = app->presented_ns;
    sight.first_ns = app->first_ns;
    sight.attract_ns = app->attract_ns;
    sight.scan_taken_ns = app->workers.last_scan_ns;
    sight.waiting = app->flow.pending_ticket != 0;
    control_see(app->control, &sight);
#else
    (void)app;
#endif
}

/* A screen that went away: tried again once a second, and drawn whole when it is back. */
static void display_lost(struct app *app, int error)
{
    int64_t now = clock_mono_ms(&app->clock.base);
    if (!app->flow.device_down[HAL_DISPLAY])
        log_error("device", "display failed: %s", strerror(-error));
    app->flow.device_down[HAL_DISPLAY] = true;
    if (now < app->display_retry_mono_ms)
        return;
    app->display_retry_mono_ms = now + DISPLAY_RETRY_MS;
    bool back = hal_device_reopen(&app->devices, HAL_DISPLAY) == 0;
    /* The input went with the screen; a keyboard goes on without one. */
    int result = hal_device_reopen(&app->devices, HAL_INPUT);
    if (!back)
        return;
    if (result != 0)
        log_warn("device", "input did not come back with the display: %s", strerror(-result));
    app->flow.device_down[HAL_DISPLAY] = false;
    ui_invalidate(app->ui);
    log_info("device", "display works");
}

static int draw(struct app *app)
{
    struct display_frame frame;
    struct ui_picture picture;
    struct rect damage[UI_DAMAGE_MAX];
    bool has_picture = app->view.screen == SCREEN_VIEWFINDER && workers_picture(&app->workers, &picture);
    display_frame(app->devices.display, &frame);
    int count =
        ui_draw(app->ui, &app->view, has_picture ? &picture : NULL, clock_mono_ms(&app->clock.base), &frame, damage);
    if (count == 0)
        return 0;
    int result = display_present(app->devices.display, damage, (size_t)count);
    app->presented++;
    app->presented_ns = now_ns();
    if (app->first_ns == 0)
        app->first_ns = app->presented_ns;
    if (app->attract_ns == 0 && app->view.screen == SCREEN_ATTRACT)
        app->attract_ns = app->presented_ns;
    return result;
}

void app_show(struct app *app)
{
    if (app->devices.display == NULL)
        display_lost(app, -ENODEV);
    app->flow.now = app_now(app);
    view_make(&app->flow, &app->view);
    int result = app->devices.display != NULL ? draw(app) : 0;
    tell_control(app);
    if (result != 0)
        display_lost(app, result);
}

int64_t app_show_due(const struct app *app, int64_t now_mono_ms)
{
    if (app->flow.device_down[HAL_DISPLAY])
        return app->display_retry_mono_ms;
    int64_t wait = ui_next_ms(app->ui, now_mono_ms);
    return wait < 0 ? INT64_MAX : now_mono_ms + wait;
}
