#include "workers/internal.h"

#include "platform/log.h"

#include <poll.h>
#include <string.h>

#define SAME_CODE_MS 1200 /* a hand scanner that reads the same code twice in this time read it once */
#define WAIT_MS      1000

void *worker_scanner(void *argument)
{
    struct workers *workers = argument;
    char last[SCANCODE_TEXT_MAX] = "";
    int64_t last_ns = 0;
    int result = workers->devices->scanner != NULL ? 0 : -ENODEV;
    while (!workers->stopping) {
        struct scanner_text text;
        if (result == 0)
            result = scanner_wait(workers->devices->scanner, WAIT_MS, &text);
        if (result == -ENODEV || result == -EIO || result == -ECANCELED) {
            if (!worker_recover(workers, HAL_SCANNER, result))
                return NULL;
        } else if (result == 0) {
            struct event event = {.kind = EVENT_SCANNED, .scanned = {.source = SOURCE_SCANNER}};
            if (text.length < sizeof(event.scanned.text) && text.dropped == 0)
                memcpy(event.scanned.text, text.text, text.length + 1);
            bool doubled = strcmp(event.scanned.text, last) == 0 && text.at_ns - last_ns < SAME_CODE_MS * 1000000LL;
            memcpy(last, event.scanned.text, sizeof(last));
            last_ns = text.at_ns;
            if (!doubled)
                worker_push(workers, &event);
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
