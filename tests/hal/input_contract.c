#include "rig.h"

#include <poll.h>
#include <SDL.h>

#include "hal/display.h"
#include "hal/input.h"

#define EVENTS_MAX 600

struct seen {
    struct input_event events[EVENTS_MAX];
    size_t count;
};

static void on_event(void *context, const struct input_event *event)
{
    struct seen *seen = context;

    assert_true(seen->count < EVENTS_MAX);
    seen->events[seen->count++] = *event;
}

struct rig {
    const char *display_backend;
    const char *backend;
    const char *driver;
    void (*tap)(struct rig *rig, int x, int y); /* down, a little to the right, up */
    void (*type)(struct rig *rig, const char *character);
    void (*enter)(struct rig *rig);
    struct bench bench;
    struct display *display;
    struct input *input;
};

static void sim_tap(struct rig *rig, int x, int y)
{
    assert_int_equal(sim_input(rig->bench.sim, &(struct input_event){.kind = INPUT_DOWN, .x = x, .y = y}), 0);
    assert_int_equal(sim_input(rig->bench.sim, &(struct input_event){.kind = INPUT_MOVE, .x = x + 1, .y = y}), 0);
    assert_int_equal(sim_input(rig->bench.sim, &(struct input_event){.kind = INPUT_UP, .x = x + 1, .y = y}), 0);
}

static void sim_type(struct rig *rig, const char *character)
{
    struct input_event event = {.kind = INPUT_TEXT};

    strcpy(event.text, character);
    assert_int_equal(sim_input(rig->bench.sim, &event), 0);
}

static void sim_enter(struct rig *rig)
{
    assert_int_equal(sim_input(rig->bench.sim, &(struct input_event){.kind = INPUT_KEY, .key = INPUT_KEY_ENTER}), 0);
}

static void push(SDL_Event event)
{
    assert_int_equal(SDL_PushEvent(&event), 1);
}

static void window_tap(struct rig *rig, int x, int y)
{
    (void)rig;
    push((SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .x = x - 9, .y = y}});
    push((SDL_Event){.button = {.type = SDL_MOUSEBUTTONDOWN, .button = SDL_BUTTON_RIGHT, .x = x, .y = y}});
    push((SDL_Event){.button = {.type = SDL_MOUSEBUTTONDOWN, .button = SDL_BUTTON_LEFT, .x = x, .y = y}});
    push((SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .x = x + 1, .y = y}});
    push((SDL_Event){.button = {.type = SDL_MOUSEBUTTONUP, .button = SDL_BUTTON_LEFT, .x = x + 1, .y = y}});
}

static void window_type(struct rig *rig, const char *character)
{
    SDL_Event event = {.text = {.type = SDL_TEXTINPUT}};

    (void)rig;
    strcpy(event.text.text, character);
    push(event);
}

static void window_enter(struct rig *rig)
{
    (void)rig;
    push((SDL_Event){.key = {.type = SDL_KEYDOWN, .keysym = {.sym = SDLK_RETURN}}});
}

#define WINDOW(with_driver)                                                                                            \
    {                                                                                                                  \
        .display_backend = "window", .backend = "window", .driver = with_driver, .tap = window_tap,                    \
        .type = window_type, .enter = window_enter                                                                     \
    }

static const struct rig sim = {
    .display_backend = "sim", .backend = "sim", .tap = sim_tap, .type = sim_type, .enter = sim_enter};
static const struct rig window_dummy = WINDOW("dummy");
static const struct rig window_x11 = WINDOW("x11");

static void open_rig(struct rig *rig, void **state)
{
    struct display_spec display = {.width = 320, .height = 200};
    struct input_spec spec = {0};
    struct seen ignored = {.count = 0};

    *rig = *(const struct rig *)*state;
    bench_open(&rig->bench);
    if (rig->driver) {
        setenv("SDL_VIDEODRIVER", rig->driver, 1);
    }
    strcpy(display.backend, rig->display_backend);
    strcpy(spec.backend, rig->backend);
    if (display_open(&display, &rig->bench.context, &rig->display) < 0) {
        bench_close(&rig->bench);
        skip();
    }
    rig->bench.context.display = rig->display;
    assert_int_equal(input_open(&spec, &rig->bench.context, &rig->input), 0);
    /* What a window system says about a new window is not what is tested. */
    assert_int_equal(input_drain(rig->input, on_event, &ignored), 0);
}

static void close_rig(struct rig *rig)
{
    input_close(rig->input);
    display_close(rig->display);
    bench_close(&rig->bench);
}

static void a_tap_is_down_move_up_where_it_was(void **state)
{
    struct seen seen = {.count = 0};
    struct rig rig;

    open_rig(&rig, state);
    rig.tap(&rig, 100, 50);
    assert_int_equal(input_drain(rig.input, on_event, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.events[0].kind, INPUT_DOWN);
    assert_int_equal(seen.events[0].x, 100);
    assert_int_equal(seen.events[0].y, 50);
    assert_int_equal(seen.events[1].kind, INPUT_MOVE);
    assert_int_equal(seen.events[2].kind, INPUT_UP);
    assert_int_equal(seen.events[2].x, 101);
    close_rig(&rig);
}

static void characters_and_keys_arrive_in_order(void **state)
{
    struct seen seen = {.count = 0};
    struct rig rig;

    open_rig(&rig, state);
    rig.type(&rig, "7");
    rig.type(&rig, "券");
    rig.enter(&rig);
    assert_int_equal(input_drain(rig.input, on_event, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.events[0].text, "7");
    assert_string_equal(seen.events[1].text, "券");
    assert_int_equal(seen.events[2].key, INPUT_KEY_ENTER);
    seen.count = 0;
    assert_int_equal(input_drain(rig.input, on_event, &seen), 0);
    assert_int_equal(seen.count, 0);
    close_rig(&rig);
}

static void there_is_something_to_poll(void **state)
{
    struct rig rig;

    open_rig(&rig, state);
    assert_true(input_fd(rig.input) >= 0);
    if (strcmp(rig.backend, "sim") == 0) {
        struct pollfd polled = {.fd = input_fd(rig.input), .events = POLLIN};

        assert_int_equal(poll(&polled, 1, 0), 0);
        rig.enter(&rig);
        assert_int_equal(poll(&polled, 1, 0), 1);
    }
    close_rig(&rig);
}

static void a_full_queue_says_so_and_loses_nothing_older(void **state)
{
    struct input_event event = {.kind = INPUT_KEY, .key = INPUT_KEY_F1};
    static struct seen seen;
    struct rig rig;

    open_rig(&rig, state);
    seen.count = 0;
    for (int i = 0; i < SIM_INPUTS_MAX; i++) {
        assert_int_equal(sim_input(rig.bench.sim, &event), 0);
    }
    assert_int_equal(sim_input(rig.bench.sim, &event), -ENOSPC);
    assert_int_equal(input_drain(rig.input, on_event, &seen), 0);
    assert_int_equal(seen.count, SIM_INPUTS_MAX);
    close_rig(&rig);
}

static void an_unplugged_panel_says_so(void **state)
{
    struct seen seen = {.count = 0};
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_INPUT, SIM_FAULT_UNPLUG), 0);
    rig.tap(&rig, 1, 1);
    assert_int_equal(input_drain(rig.input, on_event, &seen), -ENODEV);
    assert_int_equal(seen.count, 0);
    close_rig(&rig);
}

static void closing_the_window_asks_to_quit(void **state)
{
    struct seen seen = {.count = 0};
    struct rig rig;

    open_rig(&rig, state);
    push((SDL_Event){.quit = {.type = SDL_QUIT}});
    push((SDL_Event){.window = {.type = SDL_WINDOWEVENT, .event = SDL_WINDOWEVENT_EXPOSED}});
    assert_int_equal(input_drain(rig.input, on_event, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.events[0].kind, INPUT_QUIT);
    close_rig(&rig);
}

static void an_input_that_cannot_be_says_why(void **state)
{
    static const struct input_spec absent[] = {
        {.backend = "window"},
        {.backend = "evdev", .device = "/dev/input/no-such-panel"},
        {.backend = "mind"},
    };
    struct input *input = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        assert_true(input_open(&absent[i], &bench.context, &input) < 0);
        assert_null(input);
        assert_true(strlen(bench.context.reason) > 10);
    }
    assert_int_equal(input_fd(NULL), -1);
    assert_int_equal(input_drain(NULL, on_event, NULL), -ENODEV);
    bench_close(&bench);
}

static void keys_have_names(void **state)
{
    enum input_key key = INPUT_KEY_NONE;

    (void)state;
    for (int i = INPUT_KEY_NONE; i <= INPUT_KEY_F12; i++) {
        assert_int_equal(input_key_from_name(input_key_name((enum input_key)i), &key), 0);
        assert_int_equal(key, i);
    }
    assert_int_equal(input_key_from_name("any", &key), -ENOENT);
}

#define ON_ALL(test) ON_RIG(test, sim), ON_RIG(test, window_dummy), ON_RIG(test, window_x11)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(a_tap_is_down_move_up_where_it_was),
        ON_ALL(characters_and_keys_arrive_in_order),
        ON_ALL(there_is_something_to_poll),
        ON_RIG(a_full_queue_says_so_and_loses_nothing_older, sim),
        ON_RIG(an_unplugged_panel_says_so, sim),
        ON_RIG(closing_the_window_asks_to_quit, window_dummy),
        ON_RIG(closing_the_window_asks_to_quit, window_x11),
        cmocka_unit_test(an_input_that_cannot_be_says_why),
        cmocka_unit_test(keys_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
