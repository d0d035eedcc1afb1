#include "desk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_desk {
    struct till *till;
    pthread_mutex_t mutex; /* guards done and answer */
    pthread_cond_t answered;
    bool done;
    struct till_answer answer;
};

static void on_answer(void *context, const struct till_answer *answer)
{
    struct bench_desk *desk = context;
    pthread_mutex_lock(&desk->mutex);
    desk->done = true;
    desk->answer = *answer;
    pthread_cond_signal(&desk->answered);
    pthread_mutex_unlock(&desk->mutex);
}

static void on_nothing(void *context)
{
    (void)context;
}

static void on_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

int bench_desk_open(const char *data, const struct clock *clock, struct bench_desk **out_desk)
{
    char books[160], pepper[160];
    struct bench_desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL)
        return -ENOMEM;
    pthread_mutex_init(&desk->mutex, NULL);
    pthread_cond_init(&desk->answered, NULL);
    snprintf(books, sizeof(books), "%s/terminal.db", data);
    snprintf(pepper, sizeof(pepper), "%s/pepper", data);
    struct till_options options = {.path = books,
                                   .pepper_path = pepper,
                                   .clock = clock,
                                   .answered = on_answer,
                                   .changed = on_nothing,
                                   .greeted = on_greeting,
                                   .appended = on_nothing,
                                   .context = desk};
    int result = till_open(&options, &desk->till);
    if (result != 0) {
        bench_desk_close(desk);
        return result;
    }
    *out_desk = desk;
    return 0;
}

void bench_desk_close(struct bench_desk *desk)
{
    if (desk == NULL)
        return;
    if (desk->till != NULL)
        till_close(desk->till);
    pthread_cond_destroy(&desk->answered);
    pthread_mutex_destroy(&desk->mutex);
    free(desk);
}

struct till *bench_desk_till(struct bench_desk *desk)
{
    return desk->till;
}

static int ask(struct bench_desk *desk, const struct till_request *request)
{
    desk->done = false;
    int result = till_submit(desk->till, request);
    pthread_mutex_lock(&desk->mutex);
    while (result == 0 && !desk->done)
        pthread_cond_wait(&desk->answered, &desk->mutex);
    pthread_mutex_unlock(&desk->mutex);
    return result == 0 ? desk->answer.error : result;
}

int bench_desk_redeem(struct bench_desk *desk, const struct bench_act *act, uint64_t *out_group)
{
    struct till_request request = {.op = TILL_REDEEM, .ticket = 1, .clerk = 1};
    request.redeem.sale_minor = act->sale_minor;
    request.redeem.member = act->member;
    request.redeem.date_confirmed = true;
    snprintf(request.redeem.text, sizeof(request.redeem.text), "%s", act->coupon);
    int result = ask(desk, &request);
    if (result != 0)
        return result;
    if (desk->answer.redeemed.verdict != COUPON_OK) {
        fprintf(stderr, "tillside-bench: coupon refused, verdict %d\n", (int)desk->answer.redeemed.verdict);
        return -EPROTO;
    }
    if (out_group != NULL)
        *out_group = desk->answer.redeemed.group;
    return 0;
}

int bench_desk_note(struct bench_desk *desk, const struct body *note)
{
    struct till_request request = {.op = TILL_NOTE, .ticket = 1, .clerk = 1, .note = *note};
    return ask(desk, &request);
}
