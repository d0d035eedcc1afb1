#include "plain_memory.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * SQLite's memory from one region with free lists by power of two. Under a sanitizer its own malloc costs more than
 * all of SQLite's work; SQLite is not instrumented, so nothing is found less.
 */

#define REGION_LEN ((size_t)1 << 30) /* address space; touched as it is needed */
#define CLASSES    31

struct block {
    union {
        struct block *next; /* free */
        size_t class;       /* taken */
    };
    uint64_t align; /* SQLite wants eight bytes; sixteen suits everything */
};

static struct {
    uint8_t *at, *end;
    struct block *free[CLASSES];
} region;

static unsigned class_of(int size)
{
    size_t len = (size_t)size + sizeof(struct block);
    return len <= 32 ? 5 : 64 - (unsigned)__builtin_clzl(len - 1);
}

/* SQLite calls these with its own mutex held, as long as its statistics are on. */
static void *plain_malloc(int size)
{
    unsigned class = class_of(size);
    struct block *block = region.free[class];
    if (block) {
        region.free[class] = block->next;
    } else {
        if ((size_t)(region.end - region.at) < (size_t)1 << class)
            return NULL;
        block = (struct block *)region.at;
        region.at += (size_t)1 << class;
    }
    block->class = class;
    return block + 1;
}

static void plain_free(void *memory)
{
    struct block *block = (struct block *)memory - 1;
    size_t class = block->class;
    block->next = region.free[class];
    region.free[class] = block;
}

static int plain_size(void *memory)
{
    return memory ? (int)(((size_t)1 << ((struct block *)memory - 1)->class) - sizeof(struct block)) : 0;
}

static void *plain_realloc(void *memory, int size)
{
    if (plain_size(memory) >= size)
        return memory;
    void *larger = plain_malloc(size);
    if (!larger)
        return NULL;
    memcpy(larger, memory, (size_t)plain_size(memory));
    plain_free(memory);
    return larger;
}

static int plain_roundup(int size)
{
    return (size + 7) & ~7;
}

static int plain_init(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void plain_shutdown(void *context)
{
    (void)context;
}

void plain_memory_use(void)
{
    static const sqlite3_mem_methods methods = {plain_malloc,  plain_free, plain_realloc,  plain_size,
                                                plain_roundup, plain_init, plain_shutdown, NULL};
    region.at = mmap(NULL, REGION_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert(region.at != MAP_FAILED);
    madvise(region.at, REGION_LEN, MADV_HUGEPAGE); /* where the kernel has none it stays as it is */
    region.end = region.at + REGION_LEN;
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    assert(code == SQLITE_OK);
}
