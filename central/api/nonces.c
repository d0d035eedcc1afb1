#include "central/api/nonces.h"

#include <pthread.h>
#include <stdlib.h>

#define NONCES_PER_KEY 512

struct key_memory {
    uint32_t terminal;
    int64_t miss_period_s;
    uint32_t misses;
    struct nonce_window window;
    struct nonce_entry entries[NONCES_PER_KEY];
};

struct nonce_table {
    int64_t started_s;
    pthread_mutex_t mutex;    /* guards all below */
    struct key_memory **keys; /* in order of terminal */
    size_t count, cap;
};

int nonce_table_open(int64_t started_s, struct nonce_table **out_table)
{
    struct nonce_table *table = calloc(1, sizeof(*table));
    if (!table)
        return -ENOMEM;
    table->started_s = started_s;
    pthread_mutex_init(&table->mutex, NULL);
    *out_table = table;
    return 0;
}

void nonce_table_close(struct nonce_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->keys[i]);
    free(table->keys);
    pthread_mutex_destroy(&table->mutex);
    free(table);
}

/* Where terminal is, or would go. */
static size_t position_of(const struct nonce_table *table, uint32_t terminal)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->keys[middle]->terminal < terminal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct nonce_table *table)
{
    if (table->count < table->cap)
        return true;
    size_t cap = table->cap ? table->cap * 2 : 16;
    struct key_memory **keys = realloc(table->keys, cap * sizeof(struct key_memory *));
    if (!keys)
        return false;
    table->keys = keys;
    table->cap = cap;
    return true;
}

/* NULL only without memory. */
static struct key_memory *memory_of(struct nonce_table *table, uint32_t terminal)
{
    size_t at = position_of(table, terminal);
    if (at < table->count && table->keys[at]->terminal == terminal)
        return table->keys[at];
    struct key_memory *key = make_room(table) ? calloc(1, sizeof(*key)) : NULL;
    if (!key)
        return NULL;
    key->terminal = terminal;
    nonce_window_init(&key->window, key->entries, NONCES_PER_KEY, table->started_s);
    for (size_t i = table->count; i > at; i--)
        table->keys[i] = table->keys[i - 1];
    table->keys[at] = key;
    table->count++;
    return key;
}

int nonce_table_check(struct nonce_table *table, uint32_t terminal, const struct signature_params *params,
                      const struct signature_policy *policy, enum signature_verdict *out_verdict)
{
    pthread_mutex_lock(&table->mutex);
    struct key_memory *key = memory_of(table, terminal);
    if (key)
        *out_verdict = nonce_window_check(&key->window, params, policy);
    pthread_mutex_unlock(&table->mutex);
    return key ? 0 : -ENOMEM;
}

bool nonce_table_may_guess(struct nonce_table *table, uint32_t terminal, int64_t now_s)
{
    pthread_mutex_lock(&table->mutex);
    struct key_memory *key = memory_of(table, terminal);
    bool may = key && (now_s - key->miss_period_s >= CODE_MISS_PERIOD_S || key->misses < CODE_MISSES_MAX);
    pthread_mutex_unlock(&table->mutex);
    return may;
}

void nonce_table_note_miss(struct nonce_table *table, uint32_t terminal, int64_t now_s)
{
    pthread_mutex_lock(&table->mutex);
    struct key_memory *key = memory_of(table, terminal);
    if (key && now_s - key->miss_period_s >= CODE_MISS_PERIOD_S) {
        key->miss_period_s = now_s;
        key->misses = 0;
    }
    if (key)
        key->misses++;
    pthread_mutex_unlock(&table->mutex);
}
