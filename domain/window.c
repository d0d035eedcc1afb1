#include "domain/window.h"

#include <assert.h>

#define MINUTE_MS    INT64_C(60000)
#define TWO_DAYS_MS  (INT64_C(48) * 60 * MINUTE_MS)
#define MASS_A_MONTH 4
#define ANY_NUMBER   UINT32_MAX

static const struct {
    int64_t length_ms;
    uint32_t messages;
} rules[WINDOW_KINDS] = {
    [WINDOW_ACTION] = {MINUTE_MS, 3},
    [WINDOW_MESSAGE] = {TWO_DAYS_MS, 5},
    [WINDOW_PAYMENT] = {TWO_DAYS_MS, ANY_NUMBER},
};

static bool is_open(const struct window_state *window, enum window_kind kind, int64_t now_ms)
{
    return window->opened_ms != 0 && now_ms >= window->opened_ms && now_ms - window->opened_ms <= rules[kind].length_ms;
}

static bool has_left(const struct window_state *window, enum window_kind kind)
{
    return rules[kind].messages == ANY_NUMBER || window->sent < rules[kind].messages;
}

static struct window_choice choose_window(const struct message_facts *facts, int64_t now_ms)
{
    struct window_choice choice = {.answer = WINDOW_SHUT};

    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        const struct window_state *window = &facts->windows[kind];
        int64_t until_ms = window->opened_ms + rules[kind].length_ms;

        if (!is_open(window, kind, now_ms))
            continue;
        if (!has_left(window, kind)) {
            if (choice.answer == WINDOW_SHUT)
                choice.answer = WINDOW_USED_UP;
        } else if (choice.answer != WINDOW_OPEN || until_ms < choice.until_ms) {
            choice.answer = WINDOW_OPEN;
            choice.window = (enum window_kind)kind;
            choice.until_ms = until_ms;
            choice.left = rules[kind].messages == ANY_NUMBER ? ANY_NUMBER : rules[kind].messages - window->sent;
        }
    }
    return choice;
}

/* Local midnight that begins the next month. */
static int64_t next_month_ms(int64_t now_ms)
{
    int64_t day_ms = time_day_start_ms(time_local_day(now_ms));

    do
        day_ms += TIME_DAY_MS;
    while (time_same_month(day_ms, now_ms));
    return day_ms;
}

static struct window_choice choose_mass(const struct message_facts *facts, int64_t now_ms)
{
    uint32_t sent = facts->last_mass_ms != 0 && time_same_month(facts->last_mass_ms, now_ms) ? facts->mass_sent : 0;

    if (sent >= MASS_A_MONTH)
        return (struct window_choice){.answer = WINDOW_MONTH_FULL, .next_ms = next_month_ms(now_ms)};
    return (struct window_choice){
        .answer = WINDOW_OPEN, .until_ms = next_month_ms(now_ms) - 1, .left = MASS_A_MONTH - sent};
}

struct window_choice window_choose(const struct message_facts *facts, enum message_channel channel, int64_t now_ms)
{
    if (!facts->follows)
        return (struct window_choice){.answer = WINDOW_LEFT};
    return channel == MESSAGE_MASS ? choose_mass(facts, now_ms) : choose_window(facts, now_ms);
}

void window_open(struct message_facts *facts, enum window_kind kind, int64_t at_ms)
{
    struct window_state *window = &facts->windows[kind];

    if (at_ms > window->opened_ms)
        *window = (struct window_state){.opened_ms = at_ms};
}

void window_count(struct message_facts *facts, enum message_channel channel, int64_t now_ms)
{
    struct window_choice choice = window_choose(facts, channel, now_ms);

    assert(choice.answer == WINDOW_OPEN);
    if (channel != MESSAGE_MASS) {
        facts->windows[choice.window].sent++;
        return;
    }
    facts->mass_sent = MASS_A_MONTH - choice.left + 1;
    facts->last_mass_ms = now_ms;
}

const char *window_answer_name(enum window_answer answer)
{
    switch (answer) {
    case WINDOW_OPEN:
        return "open";
    case WINDOW_SHUT:
        return "shut";
    case WINDOW_USED_UP:
        return "used_up";
    case WINDOW_MONTH_FULL:
        return "month_full";
    case WINDOW_LEFT:
        return "left";
    }
    return "?";
}
