#include "workers/internal.h"

#include "platform/log.h"

#include <poll.h>
#include <string.h>

#define SAME_CODE_MS 1200 /* a hand scanner that reads the same code twice in this time read it once */
#define WAIT_MS      1000

/* What the hand scanner read before: a shaking hand reads a code twice. */
struct last_read {
    char text[SCANCODE_TEXT_MAX];
    int64_t mono_ms;
};

/* A text that is too long for any code of ours, or damaged, arrives as empty: "no code of ours". */
static void tell_read(struct workers *workers, struct last_read *last, const struct scanner_text *text)
{
    struct event event = {.kind = EVENT_SCANNED, .scanned = {.source = SOURCE_SCANNER}};
    int64_t now_ms = clock_mono_ms(workers->clock);
    if (text != NULL && text->length < sizeof(event.scanned.text) && text->dropped == 0)
        memcpy(event.scanned.text, text->text, text->length + 1);
    bool doubled = strcmp(event.scanned.text, last->text) == 0 && now_ms - last->mono_ms < SAME_CODE_MS;
    memcpy(last->text, event.scanned.text, sizeof(last->text));
    last->mono_ms = now_ms;
    if (!doubled)
        worker_push(workers, &event);
}

void *worker_scanner(void *argument)
{
    struct workers *workers = argument;
    struct last_read last = {.mono_ms = INT64_MIN / 2};
    int result = workers->devices->scanner != NULL ? 0 : -ENODEV;
    while (!workers->stopping) {
        struct scanner_text text;
        if (result == 0)
            result = scanner_wait(workers->devices->scanner, WAIT_MS, &text);
        if (result == -ENODEV || result == -EIO || result == -ECANCELED) {
            if (!worker_recover(workers, HAL_SCANNER, result))
                return NULL;
        } else if (result == 0 || result == -EMSGSIZE) {
            tell_read(workers, &last, result == 0 ? &text : NULL);
        }
        result = 0;
    }
    return NULL;
}

static void gpio_usable(struct workers *workers, bool usable)
{
    pthread_mutex_lock(&workers->lamp_mutex);
    workers->gpio_open = usable;
    pthread_mutex_unlock(&workers->lamp_mutex);
}

static void tell_line(struct workers *workers, const struct gpio_event *line)
{
    struct event event = {.kind = EVENT_PRESENCE, .somebody = line->active};
    if (line->role == GPIO_BUTTON) {
        if (!line->active)
            return;
        event.kind = EVENT_BUTTON;
        memcpy(event.button, line->name, sizeof(event.button));
    }
    worker_push(workers, &event);
}

void *worker_gpio(void *argument)
{
    struct workers *workers = argument;
    int result = workers->devices->gpio != NULL ? 0 : -ENODEV;
    while (!workers->stopping) {
        struct gpio_event line;
        if (result == 0)
            result = gpio_wait(workers->devices->gpio, WAIT_MS, &line);
        if (result == -ENODEV || result == -EIO || result == -ECANCELED) {
            gpio_usable(workers, false);
            if (!worker_recover(workers, HAL_GPIO, result))
                return NULL;
            gpio_usable(workers, true);
        } else if (result == 0) {
            tell_line(workers, &line);
        }
        result = 0;
    }
    return NULL;
}

/* Waits for a change of the link; a periodic look mends a missed one. */
static void wait_for_change(struct workers *workers)
{
    struct pollfd fds[2] = {
        {.fd = workers->devices->network != NULL ? network_fd(workers->devices->network) : -1, .events = POLLIN},
        {.fd = workers->devices->cancel_fd, .events = POLLIN}};
    int ready = poll(fds, 2, 5000);
    (void)ready;
}

void *worker_network(void *argument)
{
    struct workers *workers = argument;
    while (!workers->stopping) {
        struct network_state state = {0};
        int result = workers->devices->network != NULL ? network_state(workers->devices->network, &state) : -ENODEV;
        bool up = result == 0 && state.up;
        if (up != workers->link_up) {
            workers->link_up = up;
            log_info("network", "%s", up ? "up" : "down");
            if (workers->sync != NULL) /* out of service there is none */
                sync_wake(workers->sync);
        }
        if (result != 0) {
            if (!worker_recover(workers, HAL_NETWORK, result))
                return NULL;
            continue;
        }
        wait_for_change(workers);
    }
    return NULL;
}
