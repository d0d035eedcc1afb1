#include "disk_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* From SQLite's memory, which plain_memory.h makes fast: there are a few of these for every page that it writes. */
static struct chunk *chunk_make(void)
{
    struct chunk *chunk = sqlite3_malloc64(sizeof(*chunk));
    assert(chunk);
    chunk->users = 1;
    return chunk;
}

static void chunk_leave(struct chunk *chunk)
{
    if (chunk && atomic_fetch_sub(&chunk->users, 1) == 1)
        sqlite3_free(chunk);
}

/* The chunk for writing: made when it is a hole, copied when others see it too. whole: all of it will be written. */
static struct chunk *chunk_own(struct content *content, size_t index, bool whole)
{
    struct chunk *old = content->chunks[index];
    if (old && atomic_load(&old->users) == 1)
        return old;
    struct chunk *own = chunk_make();
    if (old && !whole)
        memcpy(own->bytes, old->bytes, CHUNK_LEN);
    else if (!whole)
        memset(own->bytes, 0, CHUNK_LEN);
    chunk_leave(old);
    content->chunks[index] = own;
    return own;
}

static void resize_chunks(struct content *content, size_t count)
{
    for (size_t i = count; i < content->count; i++)
        chunk_leave(content->chunks[i]);
    if (count != content->count) {
        content->chunks = realloc(content->chunks, (count + 1) * sizeof(*content->chunks));
        assert(content->chunks);
    }
    for (size_t i = content->count; i < count; i++)
        content->chunks[i] = NULL;
    content->count = count;
}

void content_copy(struct content *to, const struct content *from)
{
    assert(to->count == 0 && to->size == 0);
    resize_chunks(to, from->count);
    for (size_t i = 0; i < from->count; i++) {
        to->chunks[i] = from->chunks[i];
        if (to->chunks[i])
            atomic_fetch_add(&to->chunks[i]->users, 1);
    }
    to->size = from->size;
}

void content_clear(struct content *content)
{
    resize_chunks(content, 0);
    free(content->chunks);
    *content = (struct content){0};
}

void content_truncate(struct content *content, int64_t size)
{
    size_t rest = (size_t)(size % CHUNK_LEN), count = (size_t)((size + CHUNK_LEN - 1) / CHUNK_LEN);
    bool shrinks = size < content->size;
    resize_chunks(content, count);
    if (shrinks && rest > 0 && content->chunks[count - 1])
        memset(chunk_own(content, count - 1, false)->bytes + rest, 0, CHUNK_LEN - rest);
    content->size = size;
}

void content_write(struct content *content, int64_t offset, const uint8_t *data, size_t len)
{
    if (offset + (int64_t)len > content->size)
        content_truncate(content, offset + (int64_t)len);
    while (len > 0) {
        size_t at = (size_t)(offset % CHUNK_LEN), part = CHUNK_LEN - at < len ? CHUNK_LEN - at : len;
        memcpy(chunk_own(content, (size_t)(offset / CHUNK_LEN), part == CHUNK_LEN)->bytes + at, data, part);
        offset += (int64_t)part;
        data += part;
        len -= part;
    }
}

size_t content_read(const struct content *content, int64_t offset, uint8_t *out, size_t len)
{
    size_t done = 0;
    if (offset >= content->size)
        return 0;
    if (offset + (int64_t)len > content->size)
        len = (size_t)(content->size - offset);
    while (done < len) {
        size_t at = (size_t)(offset % CHUNK_LEN), part = CHUNK_LEN - at < len - done ? CHUNK_LEN - at : len - done;
        const struct chunk *chunk = content->chunks[offset / CHUNK_LEN];
        if (chunk)
            memcpy(out + done, chunk->bytes + at, part);
        else
            memset(out + done, 0, part);
        offset += (int64_t)part;
        done += part;
    }
    return done;
}
