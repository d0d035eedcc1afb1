#include "platform/signature.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void nonce_window_init(struct nonce_window *window, struct nonce_entry *entries, size_t capacity, int64_t floor_s)
{
    assert(capacity > 0);
    *window = (struct nonce_window){.entries = entries, .capacity = capacity, .floor_s = floor_s, .latest_s = floor_s};
}

/* Forgets what is created at or before second: the floor refuses it from now on. */
static void raise_floor(struct nonce_window *window, int64_t second)
{
    size_t kept = 0;
    if (second <= window->floor_s)
        return;
    window->floor_s = second;
    for (size_t i = 0; i < window->count; i++)
        if (window->entries[i].created_s > second)
            window->entries[kept++] = window->entries[i];
    window->count = kept;
}

static int64_t oldest_second(const struct nonce_window *window)
{
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < window->count; i++)
        if (window->entries[i].created_s < oldest)
            oldest = window->entries[i].created_s;
    return oldest;
}

/* Entries that the skew refuses until the clock is there again would only fill the window. */
static void start_over(struct nonce_window *window, const struct signature_policy *policy)
{
    size_t kept = 0;
    for (size_t i = 0; i < window->count; i++) {
        int64_t created_s = window->entries[i].created_s;
        if (created_s > policy->now_s && created_s <= policy->now_s + policy->max_skew_s)
            window->entries[kept++] = window->entries[i];
    }
    window->count = kept;
    window->floor_s = policy->now_s;
}

static void follow_clock(struct nonce_window *window, const struct signature_policy *policy)
{
    if (window->latest_s != INT64_MIN && policy->now_s < window->latest_s - policy->max_skew_s)
        start_over(window, policy);
    window->latest_s = policy->now_s;
}

enum signature_verdict nonce_window_check(struct nonce_window *window, const struct signature_params *params,
                                          const struct signature_policy *policy)
{
    struct nonce_entry entry = {.created_s = params->created_s};
    int error = crypto_generichash(entry.hash, sizeof(entry.hash), (const uint8_t *)params->nonce,
                                   strlen(params->nonce), NULL, 0);
    assert(!error);
    follow_clock(window, policy);
    /* What the skew refuses anyway need not be remembered. The full window makes room first, so that the floor that
       this raises also judges the request at hand. */
    if (window->count == window->capacity)
        raise_floor(window, policy->now_s - policy->max_skew_s - 1);
    for (size_t i = 0; i < window->count; i++)
        if (memcmp(window->entries[i].hash, entry.hash, sizeof(entry.hash)) == 0)
            return SIGNATURE_REPLAYED;
    if (entry.created_s <= window->floor_s)
        return SIGNATURE_STALE;
    if (window->count == window->capacity)
        raise_floor(window, oldest_second(window));
    if (entry.created_s <= window->floor_s)
        return SIGNATURE_STALE;
    window->entries[window->count++] = entry;
    return SIGNATURE_VALID;
}
