#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NOW_MS INT64_C(1770000000000)

static const char board_file[] = "[board]\nname = bench\n"
                                 "[display]\nbackend = sim\nwidth = 320\nheight = 240\n"
                                 "[input]\nbackend = sim\n[camera]\nbackend = sim\n[scanner]\nbackend = sim\n"
                                 "[gpio]\nbackend = sim\n[printer]\nbackend = sim\n[drawer]\nbackend = sim\n"
                                 "[sound]\nbackend = sim\n[network]\nbackend = sim\n[storage]\nbackend = sim\n";

static void open_devices(struct bench *bench, const char *const *overrides)
{
    struct board board;
    char error[BOARD_ERROR_MAX], folder[128];
    assert_int_equal(board_parse(board_file, "bench.ini", &board, error), 0);
    for (; overrides != NULL && *overrides != NULL; overrides++)
        assert_int_equal(board_override(&board, *overrides, error), 0);
    snprintf(board.printer.device, sizeof(board.printer.device), "%s",
             tempdir_path(&bench->folder, "receipts", folder));
    assert_int_equal(hal_devices_open(&board, bench->sim, bench->cancel_fd, &bench->devices), 0);
}

void bench_open(struct bench *bench, const char *const *overrides)
{
    struct queue_options options = {.item_size = sizeof(struct event), .capacity = EVENT_QUEUE_MAX};
    memset(bench, 0, sizeof(*bench));
    tempdir_open(&bench->folder);
    bench->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(bench->cancel_fd >= 0);
    assert_int_equal(sim_open(&bench->sim), 0);
    open_devices(bench, overrides);
    assert_int_equal(queue_init(&bench->events, &options), 0);
    sim_clock_init(&bench->clock, NOW_MS);
    bench->workers.devices = &bench->devices;
    bench->workers.events = &bench->events;
    bench->workers.clock = &bench->clock.base;
    bench->workers.version = "0";
    assert_int_equal(workers_init(&bench->workers), 0);
}

void bench_start(struct bench *bench)
{
    assert_int_equal(workers_start(&bench->workers), 0);
}

void bench_close(struct bench *bench)
{
    bench->workers.stopping = true;
    assert_int_equal(eventfd_write(bench->cancel_fd, 1), 0);
    workers_stop(&bench->workers);
    workers_finish(&bench->workers);
    hal_devices_close(&bench->devices);
    sim_close(bench->sim);
    queue_finish(&bench->events);
    close(bench->cancel_fd);
    tempdir_close(&bench->folder);
}

struct event bench_wait(struct bench *bench, enum event_kind kind)
{
    struct event event;
    do {
        assert_int_equal(queue_pop(&bench->events, PATIENCE_MS, &event), 0);
    } while (event.kind != kind);
    return event;
}

struct event bench_wait_device(struct bench *bench, enum hal_device device, bool works)
{
    struct event event;
    do {
        event = bench_wait(bench, EVENT_DEVICE);
    } while (event.device.device != device || (event.device.error == 0) != works);
    return event;
}

int bench_wait_code(struct bench *bench, const char *text)
{
    for (int others = 0;; others++) {
        struct event event = bench_wait(bench, EVENT_SCANNED);
        if (strcmp(event.scanned.text, text) == 0)
            return others;
    }
}
