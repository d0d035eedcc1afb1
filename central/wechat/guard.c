#include "central/wechat/guard.h"

#include "domain/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SETS   16384 /* a power of two */
#define WAYS   8
#define KEY    12
#define MS_MIN 100000000000 /* later than the year 5000 in seconds */

struct seen {
    uint8_t signature[KEY], identity[KEY]; /* of SHA-256 */
    int64_t at_s;                          /* 0: free */
};

struct guard {
    pthread_mutex_t mutex;
    struct seen seen[SETS][WAYS]; /* guarded */
};

int guard_open(struct guard **out_guard)
{
    struct guard *guard = calloc(1, sizeof(*guard));
    if (!guard) {
        return -ENOMEM;
    }
    pthread_mutex_init(&guard->mutex, NULL);
    *out_guard = guard;
    return 0;
}

void guard_close(struct guard *guard)
{
    if (guard) {
        pthread_mutex_destroy(&guard->mutex);
        free(guard);
    }
}

bool guard_fresh(const char *text, int64_t now_s)
{
    char *end = NULL;
    if (!text || text[0] < '0' || text[0] > '9' || strlen(text) > 15) {
        return false;
    }
    int64_t at = strtoll(text, &end, 10);
    if (*end) {
        return false;
    }
    at = at > MS_MIN ? at / 1000 : at;
    return at >= now_s - GUARD_WINDOW_S && at <= now_s + GUARD_WINDOW_S;
}

/* The set's entry of this signature, else its oldest. */
static struct seen *find_entry(struct seen set[WAYS], const uint8_t signature[KEY])
{
    struct seen *oldest = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (set[i].at_s && memcmp(set[i].signature, signature, KEY) == 0) {
            return &set[i];
        }
        oldest = set[i].at_s < oldest->at_s ? &set[i] : oldest;
    }
    return oldest;
}

bool guard_admit(struct guard *guard, const char *signature, const char *identity, int64_t now_s)
{
    uint8_t first[HASH_LEN], second[HASH_LEN];
    crypto_sha256(signature, strlen(signature), first);
    crypto_sha256(identity, strlen(identity), second);
    size_t at = ((size_t)first[KEY] << 8 | first[KEY + 1]) % SETS;

    pthread_mutex_lock(&guard->mutex);
    struct seen *entry = find_entry(guard->seen[at], first);
    bool known = entry->at_s > now_s - 2 * (int64_t)GUARD_WINDOW_S && memcmp(entry->signature, first, KEY) == 0;
    bool admitted = !known || memcmp(entry->identity, second, KEY) == 0;
    if (!known) {
        memcpy(entry->signature, first, KEY);
        memcpy(entry->identity, second, KEY);
        entry->at_s = now_s;
    }
    pthread_mutex_unlock(&guard->mutex);
    return admitted;
}
