#include "sync_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* What the device's service wants of central: files and a place for its logs. On the service's thread. */

#define PART_MS 120000 /* of a slow line */

/* Signs for the terminal and says how long it may take; the rest is the caller's. */
static int send(struct sync *sync, const struct sync_call *what, struct sync_response *response)
{
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    struct sync_call call = *what;
    bool reachable;

    pthread_mutex_lock(&sync->loops.mutex);
    reachable = sync->enrolled && sync->link && !sync->closing;
    sync_key_id_terminal(sync->enrolment.answer.terminal, key_id);
    pthread_mutex_unlock(&sync->loops.mutex);
    if (!reachable)
        return -ENETDOWN;
    call.key_id = key_id;
    call.timeout_ms = PART_MS;
    int r = sync_send(sync, &call, response);
    if (r < 0)
        return r;
    return response->status == 404 ? -ENOENT : response->status == 206 ? 0 : sync_status_error(response->status);
}

int sync_fetch(struct sync *sync, const struct sync_part *part, size_t *out_len)
{
    char path[48], range[64];
    struct sync_response response = {.body = part->out, .cap = part->cap};
    struct sync_call call = {.method = "GET", .path = path, .range = range};
    int r;

    snprintf(path, sizeof(path), "/v1/release/%" PRIu32, part->release);
    snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64, part->offset, part->offset + part->cap - 1);
    r = send(sync, &call, &response);
    if (r == 0 && (response.status != 206 || response.len == 0))
        r = -EPROTO;
    if (r == 0)
        *out_len = response.len;
    return r;
}

int sync_logs(struct sync *sync, uint64_t order, struct slice packed)
{
    uint8_t body[SYNC_SMALL_BODY_MAX];
    char path[48];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct sync_call call = {.method = "POST", .path = path, .body = packed, .compressed = true};

    snprintf(path, sizeof(path), "/v1/logs?order=%" PRIu64, order);
    return send(sync, &call, &response);
}

void sync_cancel(struct sync *sync)
{
    sync->options.transport.ops->cancel(sync->options.transport.self);
}
