#include "plain_memory.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * SQLite's memory from one region with free lists, four sizes to a power of two. Under a sanitizer its own malloc costs
 * more than all of SQLite's work; SQLite is not instrumented, so nothing is found less.
 */

#define REGION_LEN ((size_t)1 << 30) /* address space; touched as it is needed */
#define CLASSES    128
#define SMALLEST   32

struct block {
    union {
        struct block *next; /* free */
        size_t class;       /* taken */
    };
    uint64_t align; /* to eight bytes, which is what SQLite wants */
};

static struct {
    uint8_t *at, *end;
    struct block *free[CLASSES];
} region;

/* 4 · the power of two below + which quarter above it. */
static unsigned class_of(int size)
{
    size_t last = (size_t)size + sizeof(struct block) - 1;
    if (last < SMALLEST)
        last = SMALLEST;
    unsigned power = 63 - (unsigned)__builtin_clzl(last);
    return 4 * power + (unsigned)(last >> (power - 2)) - 4;
}

static size_t len_of(size_t class)
{
    return (class % 4 + 5) << (class / 4 - 2);
}

/* SQLite calls these with its own mutex held, as long as its statistics are on. */
static void *plain_malloc(int size)
{
    unsigned class = class_of(size);
    struct block *block = region.free[class];
    if (block) {
        region.free[class] = block->next;
    } else {
        if ((size_t)(region.end - region.at) < len_of(class))
            return NULL;
        block = (struct block *)region.at;
        region.at += len_of(class);
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
    return memory ? (int)(len_of(((struct block *)memory - 1)->class) - sizeof(struct block)) : 0;
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
