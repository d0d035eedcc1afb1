#include "fresh.h"

#include "world.h"

#include <stdlib.h>

#define TRIES_MAX 64

struct fresh_pool {
    uint32_t store;
    size_t *places; /* rising */
    size_t count, cap;
};

void fresh_close(struct fresh *fresh)
{
    for (size_t i = 0; i < fresh->pool_count; i++)
        free(fresh->pools[i].places);
    free(fresh->pools);
    *fresh = (struct fresh){0};
}

static struct fresh_pool *find_pool(const struct fresh *fresh, uint32_t store)
{
    for (size_t i = 0; i < fresh->pool_count; i++) {
        if (fresh->pools[i].store == store)
            return &fresh->pools[i];
    }
    return NULL;
}

static struct fresh_pool *add_pool(struct fresh *fresh, uint32_t store)
{
    struct fresh_pool *grown = realloc(fresh->pools, (fresh->pool_count + 1) * sizeof(*grown));
    world_must(grown ? 0 : -ENOMEM, "fresh coupons");
    fresh->pools = grown;
    grown[fresh->pool_count] = (struct fresh_pool){.store = store};
    return &grown[fresh->pool_count++];
}

void fresh_add(struct fresh *fresh, uint32_t store, size_t place)
{
    struct fresh_pool *pool = find_pool(fresh, store);
    if (!pool)
        pool = add_pool(fresh, store);
    if (pool->count == pool->cap) {
        pool->cap = pool->cap ? pool->cap * 2 : 256;
        size_t *grown = realloc(pool->places, pool->cap * sizeof(*grown));
        world_must(grown ? 0 : -ENOMEM, "fresh coupons");
        pool->places = grown;
    }
    pool->places[pool->count++] = place;
}

void fresh_cut(struct fresh *fresh, size_t place)
{
    for (size_t i = 0; i < fresh->pool_count; i++) {
        struct fresh_pool *pool = &fresh->pools[i];
        while (pool->count > 0 && pool->places[pool->count - 1] >= place)
            pool->count--;
    }
}

static bool any_of(const struct fresh_pool *pool, struct world *world, size_t *out_place)
{
    if (!pool || pool->count == 0)
        return false;
    *out_place = pool->places[world_below(world, pool->count)];
    return true;
}

bool fresh_of(const struct fresh *fresh, struct world *world, uint32_t store, size_t *out_place)
{
    return any_of(find_pool(fresh, store), world, out_place);
}

bool fresh_elsewhere(const struct fresh *fresh, struct world *world, uint32_t store, size_t *out_place)
{
    for (int tries = 0; tries < TRIES_MAX && fresh->pool_count > 0; tries++) {
        const struct fresh_pool *pool = &fresh->pools[world_below(world, fresh->pool_count)];
        if (pool->store != store && any_of(pool, world, out_place))
            return true;
    }
    return false;
}

void fresh_take(struct fresh *fresh, uint32_t store, size_t place)
{
    struct fresh_pool *pool = find_pool(fresh, store);
    size_t at = 0;
    while (pool && at < pool->count && pool->places[at] < place)
        at++;
    if (!pool || at == pool->count || pool->places[at] != place)
        return; /* shown before */
    for (pool->count--; at < pool->count; at++)
        pool->places[at] = pool->places[at + 1];
}
