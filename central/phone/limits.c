#include "central/phone/limits.h"

#include <pthread.h>
#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)

struct person {
    uint64_t identity; /* 0: nobody */
    int64_t asked_ms;
    struct {
        int64_t since_ms;
        unsigned count;
    } efforts[PHONE_EFFORTS];
};

struct phone_limits {
    pthread_mutex_t lock;
    struct person people[PHONE_LIMITS_MAX];
};

int phone_limits_open(struct phone_limits **out_limits)
{
    struct phone_limits *limits = calloc(1, sizeof(*limits));
    if (!limits) {
        return -ENOMEM;
    }
    pthread_mutex_init(&limits->lock, NULL);
    *out_limits = limits;
    return 0;
}

void phone_limits_close(struct phone_limits *limits)
{
    if (limits) {
        pthread_mutex_destroy(&limits->lock);
        free(limits);
    }
}

/* Theirs, or that of whoever asked longest ago. */
static struct person *find_person(struct phone_limits *limits, uint64_t identity)
{
    struct person *oldest = &limits->people[0];
    for (size_t i = 0; i < PHONE_LIMITS_MAX; i++) {
        struct person *person = &limits->people[i];
        if (person->identity == identity) {
            return person;
        }
        if (!person->identity || (oldest->identity && person->asked_ms < oldest->asked_ms)) {
            oldest = person;
        }
    }
    *oldest = (struct person){.identity = identity};
    return oldest;
}

bool phone_limits_take(struct phone_limits *limits, uint64_t identity, enum phone_effort effort, int64_t now_ms)
{
    static const unsigned allowed[PHONE_EFFORTS] = {[PHONE_EXPORT] = 1, [PHONE_ACT] = 12, [PHONE_JOIN] = 3};
    pthread_mutex_lock(&limits->lock);
    struct person *person = find_person(limits, identity);
    person->asked_ms = now_ms;
    if (now_ms - person->efforts[effort].since_ms >= MINUTE_MS) {
        person->efforts[effort].since_ms = now_ms;
        person->efforts[effort].count = 0;
    }
    bool may = person->efforts[effort].count < allowed[effort];
    person->efforts[effort].count += may;
    pthread_mutex_unlock(&limits->lock);
    return may;
}
