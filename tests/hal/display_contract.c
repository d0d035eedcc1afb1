#include "rig.h"

#include <SDL.h>

#include "hal/display.h"
#include "linux/display_window.h"
#include "panel.h"
#include "picture.h"

struct rig {
    const char *backend;
    const char *driver; /* SDL's, for windows */
    struct bench bench;
    struct display *display;
};

static const struct rig sim = {.backend = "sim"};
static const struct rig window_dummy = {.backend = "window", .driver = "dummy"};
static const struct rig window_x11 = {.backend = "window", .driver = "x11"};
static const struct rig kms = {.backend = "kms"};

static void open_turned(struct rig *rig, void **state, int rotation)
{
    struct display_spec spec = {.width = 320, .height = 200, .rotation = rotation, .dpi = 160};

    *rig = *(const struct rig *)*state;
    strcpy(spec.backend, rig->backend);
    bench_open(&rig->bench);
    if (rig->driver) {
        setenv("SDL_VIDEODRIVER", rig->driver, 1);
    }
    if (display_open(&spec, &rig->bench.context, &rig->display) < 0) {
        /* No X server, no card: what cannot run here says so. */
        assert_true(strlen(rig->bench.context.reason) > 10);
        bench_close(&rig->bench);
        skip();
    }
}

static void close_rig(struct rig *rig)
{
    display_close(rig->display);
    bench_close(&rig->bench);
}

static void the_picture_is_as_large_as_it_says(void **state)
{
    struct display_frame frame;
    struct display_size size;
    struct rig rig;

    open_turned(&rig, state, 0);
    display_size(rig.display, &size);
    display_frame(rig.display, &frame);
    assert_int_equal(frame.width, size.width);
    assert_int_equal(frame.height, size.height);
    assert_true(frame.stride_bytes >= frame.width * 4);
    assert_int_equal(frame.pixels[0], 0);
    if (strcmp(rig.backend, "kms") != 0) {
        assert_int_equal(size.width, 320);
        assert_int_equal(size.height, 200);
        assert_int_equal(size.dpi, 160);
    }
    close_rig(&rig);
}

static void what_was_drawn_stays(void **state)
{
    struct display_frame before;
    struct display_frame after;
    struct rect all = {0, 0, 320, 200};
    struct rig rig;

    open_turned(&rig, state, 0);
    display_frame(rig.display, &before);
    before.pixels[5] = 0x00123456;
    assert_int_equal(display_present(rig.display, &all, 1), 0);
    display_frame(rig.display, &after);
    assert_ptr_equal(before.pixels, after.pixels);
    assert_int_equal(after.pixels[5], 0x00123456);
    close_rig(&rig);
}

static void damage_outside_the_picture_does_no_harm(void **state)
{
    static const struct rect odd[] = {
        {-50, -50, 100, 100}, {300, 190, 4000, 4000},   {0, 0, 0, 0},      {10, 10, -5, 5},
        {5000, 5000, 1, 1},   {INT32_MAX - 1, 0, 9, 9}, {-10, 5, 9, 9999},
    };
    struct rect many[DISPLAY_DAMAGE_MAX * 2];
    struct rig rig;

    open_turned(&rig, state, 90);
    assert_int_equal(display_present(rig.display, odd, ARRAY_LEN(odd)), 0);
    assert_int_equal(display_present(rig.display, NULL, 0), 0);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct rect){(int)i, (int)i, 3, 3};
    }
    assert_int_equal(display_present(rig.display, many, ARRAY_LEN(many)), 0);
    close_rig(&rig);
}

static void a_screenshot_is_the_picture(void **state)
{
    struct pixels picture = {0};
    struct display_frame frame;
    char path[96];
    struct rig rig;

    open_turned(&rig, state, 270);
    display_frame(rig.display, &frame);
    frame.pixels[3 * frame.stride_bytes / 4 + 7] = 0x00FF8040;
    snprintf(path, sizeof(path), "%s/shot.png", rig.bench.folder);
    assert_int_equal(display_write_png(rig.display, path), 0);
    assert_int_equal(picture_load(path, &picture), 0);
    assert_int_equal(picture.width, frame.width);
    assert_int_equal(picture.height, frame.height);
    assert_int_equal(picture.xrgb[3 * picture.width + 7], 0x00FF8040);
    assert_int_equal(display_write_png(rig.display, "/no/such/folder/shot.png"), -ENOENT);
    picture_finish(&picture);
    close_rig(&rig);
}

/* Looks at the window's own pixels: the top left of the picture must be where the panel's mounting puts it. */
static void a_turned_picture_reaches_the_right_corner(void **state)
{
    static const struct {
        int rotation;
        int width;
        int height;
        int x;
        int y;
    } table[] = {{0, 320, 200, 0, 0}, {90, 200, 320, 199, 0}, {180, 320, 200, 319, 199}, {270, 200, 320, 0, 319}};

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct display_frame frame;
        SDL_Surface *surface;
        const uint32_t *row;
        struct rect corner = {0, 0, 2, 2};
        struct rig rig;
        int x;
        int y;

        open_turned(&rig, state, table[i].rotation);
        display_frame(rig.display, &frame);
        frame.pixels[0] = 0x00FF0000;
        assert_int_equal(display_present(rig.display, &corner, 1), 0);
        surface = SDL_GetWindowSurface(display_window_of(rig.display));
        assert_int_equal(surface->w, table[i].width);
        assert_int_equal(surface->h, table[i].height);
        row = (const uint32_t *)(const void *)((const uint8_t *)surface->pixels + table[i].y * surface->pitch);
        assert_int_equal(row[table[i].x] & 0xFFFFFF, 0xFF0000);
        display_from_panel(rig.display, table[i].x, table[i].y, &x, &y);
        assert_int_equal(x, 0);
        assert_int_equal(y, 0);
        assert_int_equal(display_window_repaint(rig.display), 0);
        close_rig(&rig);
    }
}

static void only_what_was_presented_is_on_the_screen(void **state)
{
    struct pixels picture = {0};
    struct display_frame frame;
    struct rect left = {0, 0, 10, 10};
    struct sim_outputs outputs;
    char path[96];
    struct rig rig;

    open_turned(&rig, state, 0);
    display_frame(rig.display, &frame);
    frame.pixels[0] = frame.pixels[100] = 0x00FFFFFF;
    assert_int_equal(display_present(rig.display, &left, 1), 0);
    snprintf(path, sizeof(path), "%s/seen.png", rig.bench.folder);
    assert_int_equal(sim_display_png(rig.bench.sim, path), 0);
    assert_int_equal(picture_load(path, &picture), 0);
    assert_int_equal(picture.xrgb[0], 0x00FFFFFF);
    assert_int_equal(picture.xrgb[100], 0);
    sim_outputs(rig.bench.sim, &outputs);
    assert_int_equal(outputs.frames_presented, 1);
    picture_finish(&picture);
    display_close(rig.display);
    rig.display = NULL;
    assert_int_equal(sim_display_png(rig.bench.sim, path), -ENODEV);
    close_rig(&rig);
}

static void a_lost_screen_says_so_and_comes_back(void **state)
{
    struct display_spec spec = {.backend = "sim"};
    struct rect all = {0, 0, 320, 200};
    struct display *other = NULL;
    struct rig rig;

    open_turned(&rig, state, 0);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_DISPLAY, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(display_present(rig.display, &all, 1), -ENODEV);
    assert_int_equal(display_open(&spec, &rig.bench.context, &other), -ENODEV);
    sim_restore(rig.bench.sim, HAL_DISPLAY);
    assert_int_equal(display_present(rig.display, &all, 1), 0);
    close_rig(&rig);
}

static void a_screen_that_cannot_be_says_why(void **state)
{
    static const struct display_spec absent[] = {
        {.backend = "kms", .device = "/dev/dri/no-such-card"},
        {.backend = "kms", .device = "/dev/null"},
        {.backend = "crystal ball"},
    };
    struct display *display = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        assert_true(display_open(&absent[i], &bench.context, &display) < 0);
        assert_null(display);
        assert_true(strlen(bench.context.reason) > 10);
    }
    assert_int_equal(display_present(NULL, &(struct rect){0, 0, 1, 1}, 1), -ENODEV);
    bench_close(&bench);
}

#define ON_ALL(test) ON_RIG(test, sim), ON_RIG(test, window_dummy), ON_RIG(test, window_x11), ON_RIG(test, kms)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(the_picture_is_as_large_as_it_says),
        ON_ALL(what_was_drawn_stays),
        ON_ALL(damage_outside_the_picture_does_no_harm),
        ON_ALL(a_screenshot_is_the_picture),
        ON_RIG(a_turned_picture_reaches_the_right_corner, window_dummy),
        ON_RIG(a_turned_picture_reaches_the_right_corner, window_x11),
        ON_RIG(only_what_was_presented_is_on_the_screen, sim),
        ON_RIG(a_lost_screen_says_so_and_comes_back, sim),
        cmocka_unit_test(a_screen_that_cannot_be_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
