#include "platform/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_LEN 4096

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t cap;
    _Alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
    assert(max_bytes < SIZE_MAX / 2);
    *arena = (struct arena){.max = max_bytes};
}

void arena_finish(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
}

static struct arena_block *arena_grow(struct arena *arena, size_t len)
{
    size_t cap = len > ARENA_BLOCK_LEN ? len : ARENA_BLOCK_LEN;
    size_t left = arena->max - arena->used;
    if (cap > left)
        cap = left;
    if (cap < len)
        return NULL;
    struct arena_block *block = malloc(sizeof(*block) + cap);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .cap = cap};
    arena->blocks = block;
    arena->used += cap;
    return block;
}

void *arena_alloc(struct arena *arena, size_t len)
{
    const size_t align = _Alignof(max_align_t);
    if (len > arena->max)
        return NULL;
    len = len == 0 ? align : (len + align - 1) / align * align;
    struct arena_block *block = arena->blocks;
    if (!block || block->cap - block->used < len)
        block = arena_grow(arena, len);
    if (!block)
        return NULL;
    void *data = block->data + block->used;
    block->used += len;
    return memset(data, 0, len);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
