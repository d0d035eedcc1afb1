#include "cmocka_all.h"
#include "platform/queue.h"

#include <poll.h>

struct event {
    int producer;
    int number;
};

static bool readable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    return poll(&pollfd, 1, 0) == 1;
}

static void open_queue(struct queue *queue, size_t capacity)
{
    struct queue_options options = {.item_size = sizeof(struct event), .capacity = capacity, .with_fd = true};
    assert_int_equal(queue_init(queue, &options), 0);
}

static void items_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    open_queue(&queue, 3);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            assert_int_equal(queue_push(&queue, &(struct event){round, i}), 0);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(queue_try_pop(&queue, &event), 0);
            assert_int_equal(event.producer, round);
            assert_int_equal(event.number, i);
        }
        assert_int_equal(queue_try_pop(&queue, &event), -EAGAIN);
    }
    queue_finish(&queue);
}

static void a_full_queue_refuses_counts_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    open_queue(&queue, 2);
    assert_int_equal(queue_push(&queue, &(struct event){0, 1}), 0);
    assert_int_equal(queue_push(&queue, &(struct event){0, 2}), 0);
    assert_int_equal(queue_push(&queue, &(struct event){0, 3}), -ENOSPC);
    assert_int_equal(queue_push(&queue, &(struct event){0, 4}), -ENOSPC);
    assert_int_equal(queue_refused(&queue), 2);
    assert_int_equal(queue_count(&queue), 2);
    assert_int_equal(queue_try_pop(&queue, &event), 0);
    assert_int_equal(event.number, 1);
    queue_finish(&queue);
}

static void the_fd_is_readable_exactly_while_items_wait(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    open_queue(&queue, 4);
    assert_false(readable(queue_fd(&queue)));
    assert_int_equal(queue_push(&queue, &(struct event){0, 1}), 0);
    assert_int_equal(queue_push(&queue, &(struct event){0, 2}), 0);
    assert_true(readable(queue_fd(&queue)));
    assert_int_equal(queue_try_pop(&queue, &event), 0);
    assert_true(readable(queue_fd(&queue)));
    assert_int_equal(queue_try_pop(&queue, &event), 0);
    assert_false(readable(queue_fd(&queue)));
    queue_finish(&queue);
}

static void a_closed_queue_gives_its_rest_and_then_ends(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    open_queue(&queue, 4);
    assert_int_equal(queue_push(&queue, &(struct event){0, 1}), 0);
    queue_close(&queue);
    queue_close(&queue);
    assert_int_equal(queue_push(&queue, &(struct event){0, 2}), -EPIPE);
    assert_int_equal(queue_pop(&queue, -1, &event), 0);
    assert_int_equal(event.number, 1);
    assert_int_equal(queue_pop(&queue, -1, &event), -EPIPE);
    assert_int_equal(queue_try_pop(&queue, &event), -EPIPE);
    assert_true(readable(queue_fd(&queue)));
    queue_finish(&queue);
}

static void waiting_on_an_empty_queue_times_out(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    open_queue(&queue, 1);
    assert_int_equal(queue_pop(&queue, 0, &event), -ETIMEDOUT);
    assert_int_equal(queue_pop(&queue, 5, &event), -ETIMEDOUT);
    queue_finish(&queue);
}

#define PRODUCERS    4
#define PER_PRODUCER 2000

struct producer {
    struct queue *queue;
    int number;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (int i = 0; i < PER_PRODUCER;)
        if (queue_push(producer->queue, &(struct event){producer->number, i}) == 0)
            i++;
    return NULL;
}

static void many_producers_lose_nothing_and_keep_their_own_order(void **state)
{
    (void)state;
    struct queue queue;
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    int next[PRODUCERS] = {0};
    open_queue(&queue, 16);
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){&queue, i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS * PER_PRODUCER; i++) {
        struct event event;
        assert_int_equal(queue_pop(&queue, -1, &event), 0);
        assert_int_equal(event.number, next[event.producer]++);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(queue_count(&queue), 0);
    queue_finish(&queue);
}

static void *close_queue(void *argument)
{
    queue_close(argument);
    return NULL;
}

static void closing_wakes_a_waiting_consumer(void **state)
{
    (void)state;
    struct queue queue;
    struct event event;
    pthread_t thread;
    open_queue(&queue, 1);
    assert_int_equal(pthread_create(&thread, NULL, close_queue, &queue), 0);
    assert_int_equal(queue_pop(&queue, -1, &event), -EPIPE);
    pthread_join(thread, NULL);
    queue_finish(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_went_in),
        cmocka_unit_test(a_full_queue_refuses_counts_and_keeps_what_it_has),
        cmocka_unit_test(the_fd_is_readable_exactly_while_items_wait),
        cmocka_unit_test(a_closed_queue_gives_its_rest_and_then_ends),
        cmocka_unit_test(waiting_on_an_empty_queue_times_out),
        cmocka_unit_test(many_producers_lose_nothing_and_keep_their_own_order),
        cmocka_unit_test(closing_wakes_a_waiting_consumer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
