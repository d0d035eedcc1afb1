#include "line.h"

#include <string.h>
#include <time.h>

#define PATIENCE_S 20 /* of a test that hangs; no test waits for it */

static bool link_up(void *context)
{
    return atomic_load(&((struct line *)context)->link);
}

static void on_status(void *context, const struct sync_status *status)
{
    struct line *line = context;

    (void)status;
    pthread_mutex_lock(&line->mutex);
    line->statuses++;
    pthread_cond_broadcast(&line->news);
    pthread_mutex_unlock(&line->mutex);
}

static void on_asked(void *context, uint32_t ticket, int error, const struct authority_answer *answer)
{
    struct line *line = context;

    pthread_mutex_lock(&line->mutex);
    line->asked_count++;
    line->asked_ticket = ticket;
    line->asked_error = error;
    line->asked_answer = *answer;
    pthread_cond_broadcast(&line->news);
    pthread_mutex_unlock(&line->mutex);
}

static void on_append(void *context)
{
    sync_wake(((struct line *)context)->sync);
}

void line_start_sync(struct line *line)
{
    const struct sync_options options = {.till = line->shop.till,
                                         .clock = &line->shop.clock.base,
                                         .random = &line->random.base,
                                         .transport = fake_central_transport(&line->central),
                                         .key_path = line->key_path,
                                         .incarnation = {.hardware_serial = "HW-1", .version = "0.1.0"},
                                         .link_up = link_up,
                                         .status_changed = on_status,
                                         .asked = on_asked,
                                         .context = line};

    assert_int_equal(sync_open(&options, &line->sync), 0);
    pthread_mutex_lock(&line->shop.mutex);
    line->shop.append_context = line;
    line->shop.on_append = on_append;
    pthread_mutex_unlock(&line->shop.mutex);
}

void line_stop_sync(struct line *line)
{
    pthread_mutex_lock(&line->shop.mutex);
    line->shop.on_append = NULL;
    pthread_mutex_unlock(&line->shop.mutex);
    sync_close(line->sync);
    line->sync = NULL;
}

int line_open(void **state)
{
    static struct line line;

    memset(&line, 0, sizeof(line));
    shop_init(&line.shop);
    shop_start(&line.shop);
    fake_central_init(&line.central, &line.shop);
    tempdir_path(&line.shop.dir, "key", line.key_path);
    sim_random_init(&line.random, 7);
    atomic_store(&line.link, true);
    pthread_mutex_init(&line.mutex, NULL);
    pthread_cond_init(&line.news, NULL);
    line_start_sync(&line);
    *state = &line;
    return 0;
}

int line_close(void **state)
{
    struct line *line = *state;

    line_stop_sync(line);
    shop_finish(&line->shop);
    fake_central_finish(&line->central);
    pthread_cond_destroy(&line->news);
    pthread_mutex_destroy(&line->mutex);
    return 0;
}

struct sync_status line_status_of(struct line *line)
{
    struct sync_status status;

    sync_status_copy(line->sync, &status);
    return status;
}

/* News from the sync, or a moment: not everything that a condition looks at is told. */
void line_await_news(struct line *line)
{
    struct timespec moment;

    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_nsec += 2000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&line->mutex);
    pthread_cond_timedwait(&line->news, &line->mutex, &moment);
    pthread_mutex_unlock(&line->mutex);
}

void line_until(struct line *line, condition holds, int64_t step_ms)
{
    time_t begun = time(NULL);

    while (!holds(line)) {
        assert_true(time(NULL) - begun < PATIENCE_S);
        line_await_news(line);
        if (step_ms > 0) {
            sim_clock_advance(&line->shop.clock, step_ms);
            sync_wake(line->sync);
        }
    }
}

bool line_at_confirm(struct line *line)
{
    return line_status_of(line).enrol == ENROL_STAGE_CONFIRM;
}

bool line_is_done(struct line *line)
{
    return line_status_of(line).enrol == ENROL_STAGE_DONE;
}

bool line_has_failed(struct line *line)
{
    return line_status_of(line).enrol == ENROL_STAGE_FAILED;
}

uint64_t line_stored(struct line *line)
{
    uint64_t through;

    pthread_mutex_lock(&line->central.mutex);
    through = line->central.stored_through;
    pthread_mutex_unlock(&line->central.mutex);
    return through;
}

bool line_all_stored(struct line *line)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(line->shop.till, &backlog), 0);
    return backlog.last_seq > 0 && backlog.waiting == 0 && line_stored(line) == backlog.last_seq &&
           line_status_of(line).waiting == 0;
}

bool line_is_online(struct line *line)
{
    return line_status_of(line).online;
}

bool line_is_offline(struct line *line)
{
    return !line_status_of(line).online;
}

bool line_is_quarantined(struct line *line)
{
    return line_status_of(line).quarantined;
}

bool line_waits_to_retry(struct line *line)
{
    struct sync_status status = line_status_of(line);

    return status.next_try_mono_ms != 0 && status.waiting > 0;
}

bool line_was_asked(struct line *line)
{
    bool asked;

    pthread_mutex_lock(&line->mutex);
    asked = line->asked_count > 0;
    pthread_mutex_unlock(&line->mutex);
    return asked;
}

bool line_has_no_error(struct line *line)
{
    return line_status_of(line).error[0] == '\0';
}

bool line_was_called(struct line *line)
{
    bool called;

    pthread_mutex_lock(&line->central.mutex);
    called = line->central.ask_calls > 0;
    pthread_mutex_unlock(&line->central.mutex);
    return called;
}

bool line_sees_settings(struct line *line)
{
    struct till_reference reference;

    till_reference_copy(line->shop.till, &reference);
    return reference.settings.store == SHOP_STORE;
}

void line_scan_ticket(struct line *line)
{
    char ticket[ENROL_TEXT_MAX];

    fake_central_ticket(&line->central, ticket);
    sync_enrol(line->sync, ticket);
}

void line_enrol(struct line *line)
{
    COMMAND(line, line->central.confirmed = true);
    line_scan_ticket(line);
    line_until(line, line_is_done, 0);
}

void line_set_link(struct line *line, bool up)
{
    atomic_store(&line->link, up);
    sync_wake(line->sync);
}

void line_note(struct line *line, int count)
{
    struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = RECORD_QR_SHOWN}};

    for (int i = 0; i < count; i++)
        assert_int_equal(shop_ask(&line->shop, &request).error, 0);
}
