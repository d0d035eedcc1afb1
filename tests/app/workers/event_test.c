#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event.h"
#include "platform/queue.h"

static void a_flood_of_pictures_leaves_room_for_the_tills_answer(void **state)
{
    (void)state;
    struct queue events;
    struct sim_clock clock;
    struct queue_options options = {.item_size = sizeof(struct event), .capacity = EVENT_QUEUE_MAX};
    assert_int_equal(queue_init(&events, &options), 0);
    sim_clock_init(&clock, 1770000000000);
    for (int i = 0; i < 2 * EVENT_QUEUE_MAX; i++) {
        struct event picture = {.kind = EVENT_PICTURE};
        event_push(&events, &clock.base, &picture);
    }
    assert_int_equal(queue_count(&events), EVENT_QUEUE_MAX - EVENT_RESERVED);
    struct event answer = {.kind = EVENT_TILL};
    event_push(&events, &clock.base, &answer);
    assert_int_equal(queue_count(&events), EVENT_QUEUE_MAX - EVENT_RESERVED + 1);
    queue_finish(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_flood_of_pictures_leaves_room_for_the_tills_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
