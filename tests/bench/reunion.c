#include "server.h"
#include "sync.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TERMINALS   200
#define STORES      2
#define EVENTS_EACH 6100 /* 7 days of 870 */
#define PARCEL      500
#define PARCELS     ((EVENTS_EACH + PARCEL - 1) / PARCEL)
#define LIVE        4 /* terminals that were never away */
#define LIVE_GAP_MS 20
#define LIVE_MAX    60000
#define LIMIT_S     120
#define LIVE_MS     500

/* 200 terminals come back at once after seven days, while others go on with a record here and there. */

struct guest {
    struct bench_uploader uploader;
    struct bench_parcel parcels[PARCELS];
    pthread_t thread;
    int result;
};

struct live {
    struct bench_uploader uploader;
    pthread_t thread;
    atomic_bool *ended;
    int result;
    size_t count;
    double ms[LIVE_MAX / LIVE];
};

struct reunion {
    struct guest guests[TERMINALS];
    struct live live[LIVE];
    atomic_bool ended;
    double all_ms[LIVE_MAX];
};

static void *guest_main(void *argument)
{
    struct guest *guest = argument;
    for (int i = 0; i < PARCELS && guest->result == 0; i++)
        guest->result = bench_parcel_send(&guest->uploader, &guest->parcels[i]);
    return NULL;
}

static int send_one(struct live *live)
{
    struct bench_parcel parcel;
    int result = bench_parcel_make(&live->uploader, 1, &parcel);
    if (result != 0)
        return result;
    int64_t start = bench_now_ns();
    result = bench_parcel_send(&live->uploader, &parcel);
    live->ms[live->count++] = bench_seconds_since(start) * 1000;
    free(parcel.data);
    return result;
}

static void *live_main(void *argument)
{
    struct live *live = argument;
    while (!atomic_load(live->ended) && live->result == 0 && live->count < ARRAY_LEN(live->ms)) {
        live->result = send_one(live);
        bench_pause_ms(LIVE_GAP_MS);
    }
    return NULL;
}

static int prepare(const struct bench_server *server, struct reunion *reunion)
{
    int result = 0;
    for (int i = 0; i < TERMINALS && result == 0; i++) {
        struct guest *guest = &reunion->guests[i];
        result = bench_uploader_open(server, 1 + (uint32_t)i % STORES, &guest->uploader);
        for (int j = 0; j < PARCELS && result == 0; j++) {
            unsigned rest = EVENTS_EACH - (unsigned)j * PARCEL;
            result = bench_parcel_make(&guest->uploader, rest < PARCEL ? rest : PARCEL, &guest->parcels[j]);
        }
    }
    for (int i = 0; i < LIVE && result == 0; i++) {
        reunion->live[i].ended = &reunion->ended;
        result = bench_uploader_open(server, 1 + (uint32_t)i % STORES, &reunion->live[i].uploader);
    }
    return result;
}

static void start(pthread_t *thread, void *(*loop)(void *argument), void *argument)
{
    if (pthread_create(thread, NULL, loop, argument) != 0)
        abort();
}

static int meet(struct reunion *reunion, double *out_s)
{
    int result = 0;
    for (int i = 0; i < LIVE; i++)
        start(&reunion->live[i].thread, live_main, &reunion->live[i]);
    int64_t began = bench_now_ns();
    for (int i = 0; i < TERMINALS; i++)
        start(&reunion->guests[i].thread, guest_main, &reunion->guests[i]);
    for (int i = 0; i < TERMINALS; i++) {
        pthread_join(reunion->guests[i].thread, NULL);
        result = result == 0 ? reunion->guests[i].result : result;
    }
    *out_s = bench_seconds_since(began);
    atomic_store(&reunion->ended, true);
    for (int i = 0; i < LIVE; i++) {
        pthread_join(reunion->live[i].thread, NULL);
        result = result == 0 ? reunion->live[i].result : result;
    }
    return result;
}

static double live_p99(struct reunion *reunion)
{
    size_t count = 0;
    for (int i = 0; i < LIVE; i++) {
        memcpy(reunion->all_ms + count, reunion->live[i].ms, reunion->live[i].count * sizeof(double));
        count += reunion->live[i].count;
    }
    return bench_percentile(reunion->all_ms, count, 0.99);
}

static void finish(struct reunion *reunion)
{
    for (int i = 0; i < TERMINALS; i++) {
        bench_uploader_close(&reunion->guests[i].uploader);
        for (int j = 0; j < PARCELS; j++)
            free(reunion->guests[i].parcels[j].data);
    }
    for (int i = 0; i < LIVE; i++)
        bench_uploader_close(&reunion->live[i].uploader);
    free(reunion);
}

bool bench_reunion(const struct bench_sync_options *options)
{
    char data[128];
    struct bench_server server = {0};
    struct reunion *reunion = calloc(1, sizeof(*reunion));
    double took = NAN;
    if (reunion == NULL)
        return bench_failed("reunion", -ENOMEM);
    snprintf(data, sizeof(data), "%s/reunion", options->work);
    int result = bench_server_start(data, NULL, &server);
    if (result == 0)
        result = prepare(&server, reunion);
    if (result == 0)
        result = meet(reunion, &took);
    bench_server_stop(&server);
    bool ok = result == 0 || bench_failed("reunion", result);
    double p99 = ok ? live_p99(reunion) : NAN;
    ok &=
        bench_print(&(struct bench_line){"reunion_200_terminals_1220k_events", took, "s", NAN, LIMIT_S, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"reunion_live_p99", p99, "ms", NAN, LIVE_MS, GOAL_AT_MOST});
    finish(reunion);
    return ok;
}
