#include "bench.h"

#include <string.h>

#define SIDE 96

/* A camera that gives what a test hands it, and says which rates it was set to. */
struct test_camera {
    struct camera base;
    struct queue asked;   /* int: the worker is done with the frame before and wants one */
    struct queue answers; /* int: 0 same scene, 1 something moved, or -errno */
    struct queue rates;   /* enum camera_rate */
    uint8_t grey[SIDE * SIDE];
};

static int give_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame)
{
    struct test_camera *self = (struct test_camera *)camera;
    int answer = 0;
    (void)timeout_ms;
    assert_int_equal(queue_push(&self->asked, &answer), 0);
    if (queue_pop(&self->answers, -1, &answer) != 0)
        return -ECANCELED;
    if (answer < 0)
        return answer;
    if (answer == 1)
        for (size_t i = 0; i < sizeof(self->grey); i++)
            self->grey[i] ^= (uint8_t)((i / SIDE / 8 + i / 8) % 2 ? 0x80 : 0);
    *out_frame = (struct camera_frame){
        .grey = self->grey, .width = SIDE, .height = SIDE, .stride_bytes = SIDE, .same_scene = answer == 0};
    return 0;
}

static void note_rate(struct camera *camera, enum camera_rate rate)
{
    assert_int_equal(queue_push(&((struct test_camera *)camera)->rates, &rate), 0);
}

/* Its memory is the test's. */
static void leave(struct camera *camera)
{
    (void)camera;
}

static const struct camera_ops test_ops = {.wait_frame = give_frame, .set_rate = note_rate, .close = leave};

static void await_worker(struct test_camera *camera)
{
    int asked;
    assert_int_equal(queue_pop(&camera->asked, PATIENCE_MS, &asked), 0);
}

/* Starts the workers before this camera and waits until they look through it. */
static void start_before(struct bench *bench, struct test_camera *camera)
{
    struct queue_options numbers = {.item_size = sizeof(int), .capacity = 64};
    struct queue_options rates = {.item_size = sizeof(enum camera_rate), .capacity = 64};
    memset(camera, 0, sizeof(*camera));
    camera->base.ops = &test_ops;
    memset(camera->grey, 0x40, sizeof(camera->grey));
    assert_int_equal(queue_init(&camera->asked, &numbers), 0);
    assert_int_equal(queue_init(&camera->answers, &numbers), 0);
    assert_int_equal(queue_init(&camera->rates, &rates), 0);
    camera_close(bench->devices.camera);
    bench->devices.camera = &camera->base;
    bench_start(bench);
    await_worker(camera);
}

static void finish_camera(struct test_camera *camera)
{
    queue_finish(&camera->asked);
    queue_finish(&camera->answers);
    queue_finish(&camera->rates);
}

static void give(struct test_camera *camera, int answer)
{
    assert_int_equal(queue_push(&camera->answers, &answer), 0);
}

/* One frame, looked at to its end. */
static void frame(struct test_camera *camera, int answer)
{
    give(camera, answer);
    await_worker(camera);
}

static enum camera_rate next_rate(struct test_camera *camera)
{
    enum camera_rate rate;
    assert_int_equal(queue_pop(&camera->rates, PATIENCE_MS, &rate), 0);
    return rate;
}

static void a_code_that_is_held_up_is_one_scan(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_camera_qr(b.sim, "THE-FIRST", 12), 0);
    assert_int_equal(sim_camera_qr(b.sim, "THE-SECOND", 12), 0);
    assert_int_equal(bench_wait_code(&b, "THE-FIRST"), 0);
    assert_int_equal(bench_wait_code(&b, "THE-SECOND"), 0);
    bench_close(&b);
}

static void a_code_that_went_away_and_came_back_is_another_scan(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_camera_qr(b.sim, "THE-FIRST", 4), 0);
    assert_int_equal(bench_wait_code(&b, "THE-FIRST"), 0);
    assert_int_equal(sim_camera_qr(b.sim, "BETWEEN", 20), 0);
    assert_int_equal(bench_wait_code(&b, "BETWEEN"), 0); /* so the first one is out of sight, for frames enough */
    sim_clock_advance(&b.clock, 2000);
    assert_int_equal(sim_camera_qr(b.sim, "THE-FIRST", 4), 0);
    /* What lay before the lens when the clock was moved may count as come back, too. */
    assert_in_range(bench_wait_code(&b, "THE-FIRST"), 0, 1);
    bench_close(&b);
}

static void a_text_that_is_too_long_for_us_arrives_empty(void **state)
{
    (void)state;
    struct bench b;
    char text[701];
    memset(text, 'A', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_camera_qr(b.sim, text, 30), 0);
    assert_string_equal(bench_wait(&b, EVENT_SCANNED).scanned.text, "");
    bench_close(&b);
}

static void a_still_scene_lets_the_camera_rest_and_movement_wakes_it(void **state)
{
    (void)state;
    struct bench b;
    struct test_camera camera;
    bench_open(&b, NULL);
    start_before(&b, &camera);
    frame(&camera, 0);
    sim_clock_advance(&b.clock, 4001);
    frame(&camera, 0);
    assert_int_equal(next_rate(&camera), CAMERA_IDLE);
    frame(&camera, 1); /* primes what movement is measured against */
    frame(&camera, 1);
    assert_int_equal(next_rate(&camera), CAMERA_FULL);
    sim_clock_advance(&b.clock, 4001);
    frame(&camera, 0);
    assert_int_equal(next_rate(&camera), CAMERA_IDLE);
    queue_close(&camera.answers);
    bench_close(&b);
    finish_camera(&camera);
}

static void a_watched_camera_never_rests_and_hands_over_its_pictures(void **state)
{
    (void)state;
    struct bench b;
    struct test_camera camera;
    struct ui_picture picture;
    bench_open(&b, NULL);
    assert_false(workers_picture(&b.workers, &picture));
    workers_watch(&b.workers, true);
    start_before(&b, &camera);
    frame(&camera, 0);
    assert_int_equal(bench_wait(&b, EVENT_PICTURE).picture_no, 1);
    sim_clock_advance(&b.clock, 60000);
    frame(&camera, 0);
    assert_int_equal(bench_wait(&b, EVENT_PICTURE).picture_no, 2);
    assert_true(workers_picture(&b.workers, &picture));
    assert_int_equal(picture.width, SIDE);
    assert_int_equal(picture.grey[0], 0x40);
    assert_int_equal(queue_count(&camera.rates), 0);
    queue_close(&camera.answers);
    bench_close(&b);
    finish_camera(&camera);
}

static void an_unplugged_camera_is_told_and_sees_again(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_fail(b.sim, HAL_CAMERA, SIM_FAULT_UNPLUG), 0);
    assert_true(bench_wait_device(&b, HAL_CAMERA, false).device.reason[0] != '\0');
    sim_restore(b.sim, HAL_CAMERA);
    bench_wait_device(&b, HAL_CAMERA, true);
    assert_int_equal(sim_camera_qr(b.sim, "AGAIN", 12), 0);
    assert_int_equal(bench_wait_code(&b, "AGAIN"), 0);
    bench_close(&b);
}

static void a_camera_that_gives_bad_frames_only_is_opened_again(void **state)
{
    (void)state;
    struct bench b;
    struct test_camera camera;
    bench_open(&b, NULL);
    start_before(&b, &camera);
    for (int i = 0; i < 29; i++)
        frame(&camera, -EIO);
    frame(&camera, 0);
    for (int i = 0; i < 29; i++)
        frame(&camera, -EIO);
    give(&camera, -EIO);
    bench_wait_device(&b, HAL_CAMERA, false);
    bench_wait_device(&b, HAL_CAMERA, true); /* the board's own, that is the simulated one */
    assert_int_equal(sim_camera_qr(b.sim, "AGAIN", 12), 0);
    assert_int_equal(bench_wait_code(&b, "AGAIN"), 0);
    bench_close(&b);
    finish_camera(&camera);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_that_is_held_up_is_one_scan),
        cmocka_unit_test(a_code_that_went_away_and_came_back_is_another_scan),
        cmocka_unit_test(a_text_that_is_too_long_for_us_arrives_empty),
        cmocka_unit_test(a_still_scene_lets_the_camera_rest_and_movement_wakes_it),
        cmocka_unit_test(a_watched_camera_never_rests_and_hands_over_its_pictures),
        cmocka_unit_test(an_unplugged_camera_is_told_and_sees_again),
        cmocka_unit_test(a_camera_that_gives_bad_frames_only_is_opened_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
