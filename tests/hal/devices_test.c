#include "rig.h"

#include <pthread.h>

#include "hal/devices.h"

static struct board load_sim(const struct bench *bench)
{
    char error[BOARD_ERROR_MAX] = "";
    char receipts[HAL_DEVICE_MAX];
    struct board board;

    if (board_load("board/sim/board.ini", &board, error)) {
        fail_msg("%s", error);
    }
    snprintf(receipts, sizeof(receipts), "printer.device=%s/receipts", bench->folder);
    assert_int_equal(board_override(&board, receipts, error), 0);
    return board;
}

static void a_simulated_board_opens_whole(void **state)
{
    struct hal_devices devices;
    struct bench bench;
    struct board board;

    (void)state;
    bench_open(&bench);
    board = load_sim(&bench);
    assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 0);
    for (int device = 0; device < HAL_DEVICE_COUNT; device++) {
        assert_int_equal(devices.failures[device].error, 0);
        assert_string_equal(devices.failures[device].reason, "");
    }
    assert_int_equal(drawer_kick(devices.drawer), 0);
    assert_int_equal(hal_lamp_set(&devices, "green", true), 0);
    assert_int_equal(hal_buzz(&devices, 1), 0);
    hal_devices_close(&devices);
    bench_close(&bench);
}

static void one_dead_device_never_stops_the_others(void **state)
{
    (void)state;
    for (int dead = 0; dead < HAL_DEVICE_COUNT; dead++) {
        struct hal_devices devices;
        struct bench bench;
        struct board board;

        bench_open(&bench);
        board = load_sim(&bench);
        /* The drawer hangs on the printer and has nothing of its own to lose. */
        strcpy(board.drawer.backend, "sim");
        assert_int_equal(sim_fail(bench.sim, (enum hal_device)dead, SIM_FAULT_UNPLUG), 0);
        assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 1);
        for (int device = 0; device < HAL_DEVICE_COUNT; device++) {
            assert_int_equal(devices.failures[device].error, device == dead ? -ENODEV : 0);
        }
        assert_non_null(strstr(devices.failures[dead].reason, hal_device_name((enum hal_device)dead)));
        /* Calls on the dead one answer like on an unplugged one. */
        assert_int_equal(hal_device_reopen(&devices, (enum hal_device)dead), -ENODEV);
        sim_restore(bench.sim, (enum hal_device)dead);
        assert_int_equal(hal_device_reopen(&devices, (enum hal_device)dead), 0);
        assert_int_equal(devices.failures[dead].error, 0);
        hal_devices_close(&devices);
        bench_close(&bench);
    }
}

static void what_a_board_does_not_have_is_no_failure(void **state)
{
    struct hal_devices devices;
    char error[BOARD_ERROR_MAX];
    struct bench bench;
    struct board board;

    (void)state;
    bench_open(&bench);
    board = load_sim(&bench);
    assert_int_equal(board_override(&board, "printer=none", error), 0);
    assert_int_equal(board_override(&board, "drawer=none", error), 0);
    assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 0);
    assert_null(devices.printer);
    assert_int_equal(devices.failures[HAL_PRINTER].error, -ENOTSUP);
    assert_true(strlen(devices.failures[HAL_PRINTER].reason) > 5);
    assert_int_equal(drawer_kick(devices.drawer), -ENODEV);
    hal_devices_close(&devices);
    bench_close(&bench);
}

static void recovering_waits_longer_each_time_and_ends_with_the_program(void **state)
{
    struct hal_devices devices;
    struct bench bench;
    struct board board;

    (void)state;
    bench_open(&bench);
    board = load_sim(&bench);
    assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 0);
    assert_int_equal(devices.failures[HAL_SCANNER].backoff_ms, HAL_BACKOFF_FIRST_MS);
    assert_int_equal(sim_fail(bench.sim, HAL_SCANNER, SIM_FAULT_UNPLUG), 0);
    devices.failures[HAL_SCANNER].backoff_ms = 1;
    assert_int_equal(hal_device_recover(&devices, HAL_SCANNER), -ENODEV);
    assert_int_equal(devices.failures[HAL_SCANNER].backoff_ms, 2);
    assert_null(devices.scanner);
    sim_restore(bench.sim, HAL_SCANNER);
    assert_int_equal(hal_device_recover(&devices, HAL_SCANNER), 0);
    assert_int_equal(devices.failures[HAL_SCANNER].backoff_ms, HAL_BACKOFF_FIRST_MS);
    assert_non_null(devices.scanner);
    bench_cancel(&bench);
    devices.failures[HAL_SCANNER].backoff_ms = 3600000;
    assert_int_equal(hal_device_recover(&devices, HAL_SCANNER), -ECANCELED);
    hal_devices_close(&devices);
    bench_close(&bench);
}

static void an_input_lives_on_the_new_display(void **state)
{
    struct hal_devices devices;
    struct bench bench;
    struct board board;

    (void)state;
    bench_open(&bench);
    board = load_sim(&bench);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    strcpy(board.display.backend, "window");
    strcpy(board.input.backend, "window");
    assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 0);
    assert_int_equal(hal_device_reopen(&devices, HAL_DISPLAY), 0);
    assert_non_null(devices.input);
    assert_int_equal(devices.failures[HAL_INPUT].error, 0);
    hal_devices_close(&devices);
    bench_close(&bench);
}

struct worker {
    struct hal_devices *devices;
    int frames;
    int recoveries;
};

/* A camera worker as the application has it. */
static void *camera_work(void *context)
{
    struct worker *worker = context;

    for (;;) {
        struct camera_frame frame;
        int error = camera_wait_frame(worker->devices->camera, 1000, &frame);

        if (!error) {
            worker->frames++;
        } else if (error == -ENODEV) {
            worker->devices->failures[HAL_CAMERA].backoff_ms = 1;
            error = hal_device_recover(worker->devices, HAL_CAMERA);
            worker->recoveries += error == 0;
        }
        if (error == -ECANCELED) {
            return NULL;
        }
    }
}

static void others_may_set_the_rate_while_a_worker_recovers(void **state)
{
    struct hal_devices devices;
    struct worker worker = {&devices, 0, 0};
    struct bench bench;
    struct board board;
    pthread_t thread;

    (void)state;
    bench_open(&bench);
    board = load_sim(&bench);
    assert_int_equal(hal_devices_open(&board, bench.sim, bench.cancel, &devices), 0);
    assert_int_equal(pthread_create(&thread, NULL, camera_work, &worker), 0);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(sim_fail(bench.sim, HAL_CAMERA, SIM_FAULT_UNPLUG), 0);
        hal_camera_rate_set(&devices, i % 2 ? CAMERA_IDLE : CAMERA_FULL);
        sim_restore(bench.sim, HAL_CAMERA);
        hal_camera_rate_set(&devices, i % 2 ? CAMERA_FULL : CAMERA_IDLE);
        assert_int_equal(hal_lamp_set(&devices, "green", i % 2), 0);
    }
    bench_cancel(&bench);
    pthread_join(thread, NULL);
    assert_int_equal(devices.camera_rate, CAMERA_FULL);
    hal_devices_close(&devices);
    bench_close(&bench);
}

static void devices_have_names(void **state)
{
    enum hal_device device = HAL_DISPLAY;
    enum sim_fault fault = SIM_FAULT_NONE;

    (void)state;
    for (int i = 0; i < HAL_DEVICE_COUNT; i++) {
        assert_int_equal(hal_device_from_name(hal_device_name((enum hal_device)i), &device), 0);
        assert_int_equal(device, i);
    }
    assert_int_equal(hal_device_from_name("toaster", &device), -ENOENT);
    assert_int_equal(sim_fault_from_name("paper_end", &fault), 0);
    assert_int_equal(fault, SIM_FAULT_PAPER_END);
    assert_int_equal(sim_fault_from_name("bored", &fault), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simulated_board_opens_whole),
        cmocka_unit_test(one_dead_device_never_stops_the_others),
        cmocka_unit_test(what_a_board_does_not_have_is_no_failure),
        cmocka_unit_test(recovering_waits_longer_each_time_and_ends_with_the_program),
        cmocka_unit_test(an_input_lives_on_the_new_display),
        cmocka_unit_test(others_may_set_the_rate_while_a_worker_recovers),
        cmocka_unit_test(devices_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
