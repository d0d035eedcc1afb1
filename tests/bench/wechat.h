#ifndef TESTS_BENCH_WECHAT_H
#define TESTS_BENCH_WECHAT_H

/* The peak day of a chain's official account, pushed through the real encrypted callback. */

#include "domain/base.h"

#include <sys/types.h>

#define WECHAT_BENCH_TOKEN   "peakDayToken2026"
#define WECHAT_BENCH_APPID   "wx5823bf96d3bd56c7"
#define WECHAT_BENCH_AES_KEY "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
#define WECHAT_BENCH_SCENES  10

struct wechat_load {
    uint16_t port; /* of the public listener */
    unsigned connections;
    uint32_t follows, interactions;
    unsigned double_every; /* every so many-th push is sent a second time, as WeChat's retry */
    /* Called when so many were acknowledged, in steps of a hundredth; may kill and start the server. */
    void (*progress)(void *context, uint64_t acknowledged, uint64_t total);
    void *context;
};

struct wechat_load_result {
    uint64_t acknowledged, doubled, refused, reconnects; /* refused: answers other than 200, sent again */
    double seconds;
    double p50_ms, p99_ms, max_ms;
};

/* Pushes until everything was acknowledged with 200. -ETIMEDOUT: ten minutes were not enough. */
MUST_CHECK int wechat_load_run(const struct wechat_load *load, struct wechat_load_result *out_result);

int bench_wechat_main(int argc, char **argv);

#endif
