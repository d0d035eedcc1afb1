#include "workers/internal.h"

#include "platform/log.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AWAKE_MS         4000 /* full rate for this long after the last movement */
#define WAIT_MS          1000
#define BUDGET_US        28000 /* of one frame, at 15 to 30 frames a second */
#define CODE_GONE_MS     1000
#define CAMERA_SCAN_SIDE 1280
#define MISSES_MAX       30 /* bad frames in a row, or a tenth as many seconds of silence: the camera hangs */
#define MISSES_OF_WAIT   10

/* Everything the loop carries from frame to frame. */
struct eye {
    struct workers *workers;
    struct scan *scan;
    struct scan_motion motion;
    struct scan_tracker tracker;
    struct scan_lamp lamp;
    bool lit;
    struct scan_result *result;
    int64_t awake_until_ms;
    enum view_guidance guidance;
    uint32_t picture_no;
    int misses; /* since the last good frame */
    bool awake;
};

static enum view_guidance guidance_of(const struct scan_result *result)
{
    if (result->count > 0)
        return GUIDE_READING;
    switch (result->guidance.hint) {
    case SCAN_HINT_TOO_DARK:
        return GUIDE_DARK;
    case SCAN_HINT_GLARE:
        return GUIDE_GLARE;
    case SCAN_HINT_TOO_FAR:
        return GUIDE_CLOSER;
    case SCAN_HINT_TOO_CLOSE:
        return GUIDE_FARTHER;
    case SCAN_HINT_HOLD_STILL:
        return GUIDE_HOLD_STILL;
    case SCAN_HINT_NONE:
        return result->something_seen ? GUIDE_HOLD_STILL : GUIDE_SHOW_CODE;
    }
    return GUIDE_SHOW_CODE;
}

static void tell_guidance(struct eye *eye)
{
    enum view_guidance guidance = guidance_of(eye->result);
    if (guidance == eye->guidance)
        return;
    eye->guidance = guidance;
    struct event event = {.kind = EVENT_GUIDANCE, .guidance = guidance};
    worker_push(eye->workers, &event);
}

static void tell_code(struct eye *eye, const struct scan_code *code, int64_t taken_ns)
{
    struct event event = {.kind = EVENT_SCANNED, .scanned = {.source = SOURCE_CAMERA}};
    /* A text with a NUL inside or longer than any code of ours arrives as empty: "no code of ours". */
    if (code->text_len < sizeof(event.scanned.text) && strlen(code->text) == code->text_len)
        memcpy(event.scanned.text, code->text, code->text_len + 1);
    eye->workers->last_scan_ns = taken_ns;
    worker_push(eye->workers, &event);
}

static void hand_over_picture(struct eye *eye, const struct camera_frame *frame)
{
    struct picture_box *box = &eye->workers->pictures;
    if (frame->width > PICTURE_WIDTH_MAX || frame->height > PICTURE_HEIGHT_MAX)
        return;
    int i = box->writing;
    for (int y = 0; y < frame->height; y++)
        memcpy(box->buffers[i] + (size_t)y * (size_t)frame->width,
               frame->grey + (size_t)y * (size_t)frame->stride_bytes, (size_t)frame->width);
    box->width[i] = frame->width;
    box->height[i] = frame->height;
    box->has_outline[i] = eye->result->something_seen;
    for (int k = 0; k < 4; k++) {
        box->outline[i][k][0] = eye->result->seen[k].x;
        box->outline[i][k][1] = eye->result->seen[k].y;
    }
    pthread_mutex_lock(&box->mutex);
    box->writing = box->ready;
    box->ready = i;
    box->fresh = true;
    pthread_mutex_unlock(&box->mutex);
    struct event event = {.kind = EVENT_PICTURE, .picture_no = ++eye->picture_no};
    worker_push(eye->workers, &event);
}

/* The lamp beside the camera, where a board has one. */
static void light(struct eye *eye, bool on)
{
    struct workers *workers = eye->workers;
    if (on == eye->lit)
        return;
    eye->lit = on;
    pthread_mutex_lock(&workers->lamp_mutex);
    int result = workers->gpio_open ? gpio_lamp_set(workers->devices->gpio, "light", on) : 0;
    (void)result; /* without it the shopper is asked for a brighter screen all the same */
    pthread_mutex_unlock(&workers->lamp_mutex);
}

static void decode(struct eye *eye, const struct scan_image *image, const struct camera_frame *frame, int64_t now_ms)
{
    if (scan_frame(eye->scan, image, BUDGET_US, eye->result) != 0)
        return;
    unsigned fresh = scan_tracker_step(&eye->tracker, eye->result, now_ms);
    for (int i = 0; i < eye->result->count; i++)
        if (fresh & (1U << i))
            tell_code(eye, &eye->result->codes[i], frame->taken_ns);
    tell_guidance(eye);
    light(eye, scan_lamp_step(&eye->lamp, &eye->result->guidance));
}

/*
 * Armed, the camera runs at 5 frames a second and only looks for change; a movement wakes the full rate. Before it
 * dozes it is clear which codes lie there and which have left.
 */
static void set_awake(struct eye *eye, bool awake)
{
    if (awake == eye->awake)
        return;
    eye->awake = awake;
    camera_set_rate(eye->workers->devices->camera, awake ? CAMERA_FULL : CAMERA_IDLE);
    if (!awake) {
        eye->lamp = (struct scan_lamp){0};
        light(eye, false);
    }
}

static void look(struct eye *eye, const struct camera_frame *frame)
{
    struct scan_image image = {frame->grey, frame->width, frame->height, frame->stride_bytes};
    int64_t now_ms = clock_mono_ms(eye->workers->clock);
    bool watched = eye->workers->watched;
    bool moved = !frame->same_scene && scan_motion_step(&eye->motion, &image);
    if (watched || moved)
        eye->awake_until_ms = now_ms + AWAKE_MS;
    set_awake(eye, now_ms < eye->awake_until_ms || scan_tracker_unsure(&eye->tracker));
    if (eye->awake)
        decode(eye, &image, frame, now_ms);
    if (watched)
        hand_over_picture(eye, frame);
}

static void begin_again(struct eye *eye)
{
    memset(&eye->motion, 0, sizeof(eye->motion));
    eye->misses = 0;
    eye->awake = true;
    eye->awake_until_ms = clock_mono_ms(eye->workers->clock) + AWAKE_MS;
}

/* A single bad frame is nothing; a camera that gives no more good ones has to be opened again. */
static int judge(struct eye *eye, int result)
{
    if (result == 0)
        eye->misses = 0;
    else if (result != -ENODEV && result != -ECANCELED)
        eye->misses += result == -ETIMEDOUT ? MISSES_OF_WAIT : 1;
    return eye->misses >= MISSES_MAX ? -ENODEV : result;
}

static void watch(struct eye *eye)
{
    struct workers *workers = eye->workers;
    int result = workers->devices->camera != NULL ? 0 : -ENODEV;
    while (!workers->stopping) {
        struct camera_frame frame;
        if (result == 0)
            result = judge(eye, camera_wait_frame(workers->devices->camera, WAIT_MS, &frame));
        if (result == 0) {
            look(eye, &frame);
        } else if (result == -ENODEV || result == -ECANCELED) {
            if (!worker_recover(workers, HAL_CAMERA, result))
                return;
            begin_again(eye);
        }
        result = 0;
    }
}

void *worker_camera(void *argument)
{
    struct eye eye = {.workers = argument};
    struct scan_options options = scan_options_default();
    options.max_width = CAMERA_SCAN_SIDE;
    options.max_height = CAMERA_SCAN_SIDE;
    eye.result = calloc(1, sizeof(*eye.result));
    if (eye.result == NULL || scan_open(&options, &eye.scan) != 0) {
        log_error("camera", "no memory for the code reader: the camera stays off");
        free(eye.result);
        return NULL;
    }
    scan_tracker_init(&eye.tracker, CODE_GONE_MS);
    begin_again(&eye);
    watch(&eye);
    scan_close(eye.scan);
    free(eye.result);
    return NULL;
}
