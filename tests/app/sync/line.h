#ifndef TESTS_APP_SYNC_LINE_H
#define TESTS_APP_SYNC_LINE_H

#include "fake_central.h"

#include "platform/random.h"

/* A shop, its sync and the central it talks to. */
struct line {
    struct shop shop;
    struct fake_central central;
    struct sync *sync;
    struct sim_random random;
    char key_path[128];
    _Atomic bool link;
    pthread_mutex_t mutex;
    pthread_cond_t news;
    uint32_t asked_count, asked_ticket;
    int asked_error;
    struct authority_answer asked_answer;
    uint32_t statuses;
};

/* Setup and teardown of a test: a blank shop, its sync, and central. */
void line_start_sync(struct line *line);
void line_stop_sync(struct line *line);
int line_open(void **state);
int line_close(void **state);

/* Returns when it holds; moves the clock by step_ms a turn where the sync waits for time to pass. */
typedef bool (*condition)(struct line *line);
void line_until(struct line *line, condition holds, int64_t step_ms);
/* News from the sync, or a moment: not everything that a condition looks at is told. */
void line_await_news(struct line *line);

/* Conditions. */
bool line_at_confirm(struct line *line);
bool line_is_done(struct line *line);
bool line_has_failed(struct line *line);
bool line_all_stored(struct line *line);
bool line_is_online(struct line *line);
bool line_is_offline(struct line *line);
bool line_is_quarantined(struct line *line);
bool line_waits_to_retry(struct line *line);
bool line_was_asked(struct line *line);
bool line_has_no_error(struct line *line);
bool line_was_called(struct line *line);
bool line_sees_settings(struct line *line);

struct sync_status line_status_of(struct line *line);
uint64_t line_stored(struct line *line);
void line_scan_ticket(struct line *line);
void line_enrol(struct line *line);
void line_set_link(struct line *line, bool up);
void line_note(struct line *line, int count);

/* One or more statements on central, under its lock. */
#define COMMAND(line, ...)                                                                                             \
    do {                                                                                                               \
        pthread_mutex_lock(&(line)->central.mutex);                                                                    \
        __VA_ARGS__;                                                                                                   \
        pthread_cond_broadcast(&(line)->central.changed);                                                              \
        pthread_mutex_unlock(&(line)->central.mutex);                                                                  \
    } while (0)

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, line_open, line_close)

#endif
