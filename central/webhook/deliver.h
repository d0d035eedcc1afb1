#ifndef CENTRAL_WEBHOOK_DELIVER_H
#define CENTRAL_WEBHOOK_DELIVER_H

/*
 * The worker that tells integrators: for each webhook the next piece of the journal behind its position, one request
 * after the other, so that every receiver hears in the journal's order. A piece is pinned before it is sent and sent
 * again just so until it is taken (any 2xx): who hears of it twice knows it by its delivery id.
 */

#include "central/server.h"
#include "central/store/webhook.h"
#include "domain/time.h"

struct webhook_service;

#define WEBHOOK_BATCH_MAX  50                /* events in one delivery */
#define WEBHOOK_BODY_MAX   (64 * 1024)       /* bytes of it */
#define WEBHOOK_GIVE_UP_MS (3 * TIME_DAY_MS) /* failing so long is dead */
#define WEBHOOK_TIMEOUT_MS 10000

MUST_CHECK int webhook_open(struct central *central, struct webhook_service **out_service);
void webhook_stop(struct webhook_service *service);  /* the thread ends, a request under way is cut off; NULL-safe */
void webhook_close(struct webhook_service *service); /* NULL-safe */

void webhook_wake(struct webhook_service *service); /* NULL-safe */

/*
 * One look at every webhook; *out_sent: requests made. What cannot be read of one counts as a failure of that one;
 * errors of the writer end it. For central_tick without threads.
 */
MUST_CHECK int webhook_run(struct webhook_service *service, unsigned *out_sent);

/* A delivery with one event "test", now, whatever else waits. *out_status 0: no answer, *out_reason says why. */
MUST_CHECK int webhook_test(struct webhook_service *service, uint32_t id, int *out_status,
                            char out_reason[WEBHOOK_REASON_MAX]);

#endif
