#include "rig.h"

#include <sys/stat.h>

#include "hal/camera.h"
#include "picture.h"
#include "pixels.h"
#include "png_file.h"

struct rig {
    const char *backend;
    bool (*plug)(struct rig *rig, struct camera_spec *spec);
    void (*show)(struct rig *rig, const char *text); /* a QR code passes before the lens; NULL: cannot be arranged */
    void (*unplug)(struct rig *rig);
    struct bench bench;
    struct camera *camera;
    struct camera_spec spec;
};

static bool sim_plug(struct rig *rig, struct camera_spec *spec)
{
    (void)rig;
    (void)spec;
    return true;
}

static void sim_show(struct rig *rig, const char *text)
{
    assert_int_equal(sim_camera_qr(rig->bench.sim, text, 2), 0);
}

static void sim_unplug(struct rig *rig)
{
    assert_int_equal(sim_fail(rig->bench.sim, HAL_CAMERA, SIM_FAULT_UNPLUG), 0);
}

static bool folder_plug(struct rig *rig, struct camera_spec *spec)
{
    snprintf(spec->folder, sizeof(spec->folder), "%s/codes", rig->bench.folder);
    spec->show_ms = 1;
    return true;
}

static void folder_show(struct rig *rig, const char *text)
{
    struct pixels picture = {0};
    char path[HAL_DEVICE_MAX + 32];

    assert_int_equal(picture_from_qr(text, &picture), 0);
    snprintf(path, sizeof(path), "%s/%s.png", rig->spec.folder, text);
    assert_int_equal(png_file_write(&picture, path), 0);
    picture_finish(&picture);
}

static void folder_unplug(struct rig *rig)
{
    remove_tree(rig->spec.folder);
}

static bool v4l2_plug(struct rig *rig, struct camera_spec *spec)
{
    (void)rig;
    strcpy(spec->device, "auto");
    return access("/dev/video0", R_OK | W_OK) == 0;
}

static const struct rig sim = {.backend = "sim", .plug = sim_plug, .show = sim_show, .unplug = sim_unplug};
static const struct rig folder = {
    .backend = "folder", .plug = folder_plug, .show = folder_show, .unplug = folder_unplug};
/* Real hardware or vivid: nothing can be shown to it or unplugged from here. */
static const struct rig v4l2 = {.backend = "v4l2", .plug = v4l2_plug};

static void open_rig(struct rig *rig, void **state)
{
    *rig = *(const struct rig *)*state;
    strcpy(rig->spec.backend, rig->backend);
    bench_open(&rig->bench);
    if (!rig->plug(rig, &rig->spec)) {
        bench_close(&rig->bench);
        skip();
    }
    assert_int_equal(camera_open(&rig->spec, &rig->bench.context, &rig->camera), 0);
}

static void close_rig(struct rig *rig)
{
    camera_close(rig->camera);
    bench_close(&rig->bench);
}

static int dark_pixels(const struct camera_frame *frame)
{
    int count = 0;

    for (int y = 0; y < frame->height; y++) {
        for (int x = 0; x < frame->width; x++) {
            count += frame->grey[y * frame->stride_bytes + x] < 64;
        }
    }
    return count;
}

/* The first frame that has (or has not) something dark in it. */
static struct camera_frame wait_scene(struct rig *rig, bool dark)
{
    struct camera_frame frame;

    for (int i = 0; i < 40; i++) {
        assert_int_equal(camera_wait_frame(rig->camera, 5000, &frame), 0);
        if ((dark_pixels(&frame) > 1000) == dark) {
            return frame;
        }
    }
    fail_msg("the scene never came");
    return frame;
}

static void frames_have_the_promised_shape(void **state)
{
    struct camera_frame first;
    struct camera_frame second;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &first), 0);
    assert_int_equal(first.width, 640);
    assert_int_equal(first.height, 480);
    assert_true(first.stride_bytes >= 640);
    assert_non_null(first.grey);
    assert_true(first.taken_ns > 0);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &second), 0);
    assert_true(second.sequence > first.sequence);
    assert_true(second.taken_ns >= first.taken_ns);
    close_rig(&rig);
}

static void a_picture_passes_and_the_empty_scene_returns(void **state)
{
    struct camera_frame frame;
    struct rig rig;

    open_rig(&rig, state);
    wait_scene(&rig, false);
    rig.show(&rig, "first");
    rig.show(&rig, "second");
    frame = wait_scene(&rig, true);
    assert_false(frame.same_scene);
    wait_scene(&rig, false);
    wait_scene(&rig, true);
    wait_scene(&rig, false);
    close_rig(&rig);
}

static void a_scene_that_did_not_change_says_so(void **state)
{
    struct camera_frame frame;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    assert_false(frame.same_scene);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    assert_true(frame.same_scene);
    rig.show(&rig, "news");
    assert_false(wait_scene(&rig, true).same_scene);
    assert_false(wait_scene(&rig, false).same_scene);
    assert_true(wait_scene(&rig, false).same_scene);
    close_rig(&rig);
}

static void a_scene_that_is_cleared_is_gone_with_the_next_frame(void **state)
{
    struct camera_frame frame;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(sim_camera_qr(rig.bench.sim, "long", 100000), 0);
    wait_scene(&rig, true);
    sim_camera_clear(rig.bench.sim);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    assert_true(dark_pixels(&frame) == 0);
    close_rig(&rig);
}

static void a_viewfinder_shows_what_the_frame_has(void **state)
{
    static uint32_t pixels[320 * 240];
    static uint32_t mirrored[320 * 240];
    struct camera_view view = {pixels, 320, 240, 320 * 4, false};
    struct camera_frame frame;
    struct rig rig;

    open_rig(&rig, state);
    rig.show(&rig, "viewfinder");
    frame = wait_scene(&rig, true);
    camera_frame_draw(&frame, &view);
    view.pixels = mirrored;
    view.mirror = true;
    camera_frame_draw(&frame, &view);
    for (int x = 0; x < 320; x++) {
        assert_int_equal(pixels[120 * 320 + x], mirrored[120 * 320 + 319 - x]);
    }
    assert_int_equal(pixels[120 * 320 + 160] & 0xFF, frame.grey[240 * frame.stride_bytes + 320]);
    close_rig(&rig);
}

static void a_frame_is_not_given_twice(void **state)
{
    struct camera_frame frame = {.width = 77};
    struct rig rig;

    open_rig(&rig, state);
    camera_set_rate(rig.camera, CAMERA_IDLE);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    frame.width = 77;
    assert_int_equal(camera_wait_frame(rig.camera, 0, &frame), -ETIMEDOUT);
    assert_int_equal(frame.width, 77);
    close_rig(&rig);
}

static void stopping_ends_a_wait(void **state)
{
    struct camera_frame frame;
    struct rig rig;

    open_rig(&rig, state);
    camera_set_rate(rig.camera, CAMERA_IDLE);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    bench_cancel(&rig.bench);
    assert_int_equal(camera_wait_frame(rig.camera, -1, &frame), -ECANCELED);
    close_rig(&rig);
}

static void an_unplugged_camera_says_so_and_comes_back(void **state)
{
    struct camera_frame frame;
    struct rig rig;
    int error = 0;

    open_rig(&rig, state);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    rig.unplug(&rig);
    for (int i = 0; i < 10 && !error; i++) {
        error = camera_wait_frame(rig.camera, 5000, &frame);
    }
    assert_int_equal(error, -ENODEV);
    sim_restore(rig.bench.sim, HAL_CAMERA);
    camera_close(rig.camera);
    assert_int_equal(camera_open(&rig.spec, &rig.bench.context, &rig.camera), 0);
    assert_int_equal(camera_wait_frame(rig.camera, 5000, &frame), 0);
    close_rig(&rig);
}

static void the_folder_passes_by_what_is_no_picture(void **state)
{
    char path[HAL_DEVICE_MAX + 32];
    struct rig rig;
    FILE *file;

    open_rig(&rig, state);
    snprintf(path, sizeof(path), "%s/broken.png", rig.spec.folder);
    file = fopen(path, "w");
    fputs("this is not a picture", file);
    fclose(file);
    rig.show(&rig, "good");
    wait_scene(&rig, true);
    close_rig(&rig);
}

static void scenes_are_bounded(void **state)
{
    struct rig rig;

    open_rig(&rig, state);
    for (int i = 0; i < SIM_SCENES_MAX; i++) {
        rig.show(&rig, "x");
    }
    assert_int_equal(sim_camera_qr(rig.bench.sim, "one too many", 1), -ENOSPC);
    assert_int_equal(sim_camera_waiting(rig.bench.sim), SIM_SCENES_MAX);
    assert_int_equal(sim_camera_picture(rig.bench.sim, "/no/such/file.png", 1), -ENOENT);
    sim_camera_clear(rig.bench.sim);
    assert_int_equal(sim_camera_waiting(rig.bench.sim), 0);
    wait_scene(&rig, false);
    close_rig(&rig);
}

static void without_a_camera_auto_takes_the_folder(void **state)
{
    struct camera_spec spec = {.backend = "auto", .device = "/dev/no-such-camera"};
    struct camera *camera = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    assert_int_equal(camera_open(&spec, &bench.context, &camera), -ENODEV);
    assert_true(strlen(bench.context.reason) > 10);
    snprintf(spec.folder, sizeof(spec.folder), "%s/codes", bench.folder);
    assert_int_equal(camera_open(&spec, &bench.context, &camera), 0);
    camera_close(camera);
    assert_int_equal(camera_wait_frame(NULL, 0, &(struct camera_frame){0}), -ENODEV);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(frames_have_the_promised_shape, sim),
        ON_RIG(frames_have_the_promised_shape, folder),
        ON_RIG(frames_have_the_promised_shape, v4l2),
        ON_RIG(a_picture_passes_and_the_empty_scene_returns, sim),
        ON_RIG(a_picture_passes_and_the_empty_scene_returns, folder),
        ON_RIG(a_scene_that_did_not_change_says_so, sim),
        ON_RIG(a_scene_that_did_not_change_says_so, folder),
        ON_RIG(a_scene_that_is_cleared_is_gone_with_the_next_frame, sim),
        ON_RIG(a_viewfinder_shows_what_the_frame_has, sim),
        ON_RIG(a_viewfinder_shows_what_the_frame_has, folder),
        ON_RIG(a_frame_is_not_given_twice, sim),
        ON_RIG(a_frame_is_not_given_twice, folder),
        ON_RIG(a_frame_is_not_given_twice, v4l2),
        ON_RIG(stopping_ends_a_wait, sim),
        ON_RIG(stopping_ends_a_wait, folder),
        ON_RIG(stopping_ends_a_wait, v4l2),
        ON_RIG(an_unplugged_camera_says_so_and_comes_back, sim),
        ON_RIG(an_unplugged_camera_says_so_and_comes_back, folder),
        ON_RIG(the_folder_passes_by_what_is_no_picture, folder),
        ON_RIG(scenes_are_bounded, sim),
        cmocka_unit_test(without_a_camera_auto_takes_the_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
