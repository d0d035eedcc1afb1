#include "flow/state.h"

/* The technician's round: every device once, one after the other, by eye, by hand or by itself; then one record. */

#define AUTO_MS       12000
#define STORAGE_MS    120000 /* a large file on a slow card */
#define PERSON_MS     600000 /* until the round is given up */
#define CLOCK_OFF_MS  300000
#define CLOCK_SANE_MS INT64_C(1735689600000) /* 2025-01-01: before it the clock was never set */
#define ALL_CORNERS   ((1u << SELF_TEST_CORNERS) - 1)

bool flow_self_test_at(const struct flow *flow, enum self_test_item item)
{
    return flow->screen == SCREEN_SELF_TEST && flow->self_test.item == item;
}

static bool absent(const struct flow *flow, enum self_test_item item)
{
    switch (item) {
    case SELF_TEST_CAMERA:
        return flow->config.absent[HAL_CAMERA];
    case SELF_TEST_LAMP:
    case SELF_TEST_BUTTONS:
        return flow->config.absent[HAL_GPIO];
    case SELF_TEST_PRINTER:
        return flow->config.absent[HAL_PRINTER];
    case SELF_TEST_DRAWER:
        return flow->config.absent[HAL_DRAWER];
    case SELF_TEST_SOUND:
        return flow->config.absent[HAL_SOUND];
    case SELF_TEST_SCREEN:
    case SELF_TEST_TOUCH:
    case SELF_TEST_NETWORK:
    case SELF_TEST_CLOCK:
    case SELF_TEST_DISK:
    case SELF_TEST_STORAGE:
        break;
    }
    return false;
}

static bool clock_right(const struct flow *flow)
{
    int64_t off_ms = flow->now.wall_ms - flow->sync.last_contact_ms;
    if (flow->sync.online && flow->sync.last_contact_ms != 0)
        return off_ms < CLOCK_OFF_MS && off_ms > -CLOCK_OFF_MS;
    return flow->now.wall_ms > CLOCK_SANE_MS;
}

/* In a shop it opens the till: only for a clerk who gave the PIN, and on record. */
static bool open_drawer(struct flow *flow, struct effects *effects)
{
    struct body body = {.kind = RECORD_DRAWER_KICK, .drawer = {.clerk = flow->clerk.id, .reason = "self-test"}};
    if ((flow->reference.enrolled || flow->out_of_service) && !flow->clerk.by_pin)
        return false;
    effect_add(effects, EFFECT_TEST)->test = HAL_DRAWER;
    if (flow->reference.enrolled)
        flow_note(flow, effects, &body);
    return true;
}

static void settle(struct flow *flow, struct effects *effects, enum self_test_outcome outcome);

static void wait_for(struct flow *flow, int64_t for_ms)
{
    flow->self_test.due_mono_ms = flow->now.mono_ms + for_ms;
}

/* Begins the item that stands in flow->self_test.item. */
static void begin_item(struct flow *flow, struct effects *effects)
{
    enum self_test_item item = (enum self_test_item)flow->self_test.item;
    flow->self_test.due_mono_ms = 0;
    if (absent(flow, item)) {
        settle(flow, effects, SELF_TEST_ABSENT);
        return;
    }
    switch (item) {
    case SELF_TEST_SCREEN:
    case SELF_TEST_TOUCH:
    case SELF_TEST_LAMP:
    case SELF_TEST_BUTTONS:
        break; /* a person answers */
    case SELF_TEST_SOUND:
        effect_add(effects, EFFECT_SOUND)->sound = SOUND_GREET;
        break;
    case SELF_TEST_CAMERA:
        wait_for(flow, AUTO_MS);
        break;
    case SELF_TEST_PRINTER:
        wait_for(flow, AUTO_MS);
        effect_add(effects, EFFECT_TEST)->test = HAL_PRINTER;
        break;
    case SELF_TEST_DRAWER:
        wait_for(flow, AUTO_MS);
        if (!open_drawer(flow, effects))
            settle(flow, effects, SELF_TEST_SKIPPED);
        break;
    case SELF_TEST_NETWORK:
        settle(flow, effects, flow->sync.link && !flow->device_down[HAL_NETWORK] ? SELF_TEST_PASSED : SELF_TEST_FAILED);
        break;
    case SELF_TEST_CLOCK:
        settle(flow, effects, clock_right(flow) ? SELF_TEST_PASSED : SELF_TEST_FAILED);
        break;
    case SELF_TEST_DISK:
        wait_for(flow, AUTO_MS);
        effect_add(effects, EFFECT_TEST)->test = HAL_STORAGE;
        break;
    case SELF_TEST_STORAGE:
        wait_for(flow, STORAGE_MS);
        effect_add(effects, EFFECT_CHECK);
        break;
    }
}

static void finish(struct flow *flow, struct effects *effects)
{
    struct flow_self_test *test = &flow->self_test;
    struct body body = {.kind = RECORD_SELF_TEST};
    test->item = 0;
    test->due_mono_ms = 0;
    test->result.seconds = (uint32_t)((flow->now.mono_ms - test->started_mono_ms) / 1000);
    test->result.clerk = flow->clerk.id;
    struct device_report *report = &effect_add(effects, EFFECT_REPORT)->report;
    report->terminal = flow->reference.enrolled ? flow->reference.terminal : 0;
    report->incarnation = flow->reference.enrolled ? flow->reference.incarnation : 0;
    report->test = test->result;
    test->kept = flow->reference.enrolled;
    if (!test->kept)
        return;
    body.self_test = test->result;
    flow_note(flow, effects, &body);
}

/* Recursion ends: each call goes one item on. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void settle(struct flow *flow, struct effects *effects, enum self_test_outcome outcome)
{
    struct body_self_test *result = &flow->self_test.result;
    result->results[result->count++] = SELF_TEST_RESULT(flow->self_test.item, outcome);
    flow->deadline_mono_ms = flow->now.mono_ms + PERSON_MS;
    if (flow->self_test.item >= SELF_TEST_ITEMS) {
        finish(flow, effects);
        return;
    }
    flow->self_test.item++;
    begin_item(flow, effects);
}

void flow_self_test_begin(struct flow *flow, struct effects *effects)
{
    struct flow_self_test *test = &flow->self_test;
    if (flow->screen != SCREEN_SERVICE && flow->screen != SCREEN_SELF_TEST)
        return;
    memset(test, 0, sizeof(*test));
    test->item = 1;
    test->started_mono_ms = flow->now.mono_ms;
    test->result.started_ms = flow->now.wall_ms;
    memcpy(test->result.version, flow->config.version, sizeof(test->result.version));
    memcpy(test->result.board, flow->config.board, sizeof(test->result.board));
    memcpy(test->result.hardware, flow->config.hardware, sizeof(test->result.hardware));
    flow_go(flow, SCREEN_SELF_TEST, PERSON_MS);
    begin_item(flow, effects);
}

void flow_self_test_answer(struct flow *flow, struct effects *effects, int64_t answer)
{
    static const enum self_test_outcome outcomes[] = {SELF_TEST_FAILED, SELF_TEST_PASSED, SELF_TEST_SKIPPED};
    if (flow->screen != SCREEN_SELF_TEST || flow->self_test.item == 0 || answer < 0 ||
        answer >= (int64_t)ARRAY_LEN(outcomes))
        return;
    settle(flow, effects, outcomes[answer]);
}

void flow_self_test_corner(struct flow *flow, struct effects *effects, int64_t corner)
{
    if (!flow_self_test_at(flow, SELF_TEST_TOUCH) || corner < 0 || corner >= SELF_TEST_CORNERS)
        return;
    flow->self_test.corners |= 1u << corner;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_KEY;
    if (flow->self_test.corners == ALL_CORNERS)
        settle(flow, effects, SELF_TEST_PASSED);
}

void flow_self_test_heard(struct flow *flow, struct effects *effects, enum self_test_item item, bool works)
{
    if (flow_self_test_at(flow, item))
        settle(flow, effects, works ? SELF_TEST_PASSED : SELF_TEST_FAILED);
}

void flow_self_test_tick(struct flow *flow, struct effects *effects)
{
    struct flow_self_test *test = &flow->self_test;
    if (flow->screen == SCREEN_SELF_TEST && test->due_mono_ms != 0 && flow->now.mono_ms >= test->due_mono_ms)
        settle(flow, effects, SELF_TEST_FAILED);
}
