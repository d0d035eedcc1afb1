#include "platform/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_CAP 256

void buffer_init(struct buffer *buffer, size_t max)
{
    assert(max < SIZE_MAX / 4);
    *buffer = (struct buffer){.max = max};
}

void buffer_finish(struct buffer *buffer)
{
    if (!buffer)
        return;
    free(buffer->data);
    *buffer = (struct buffer){.max = buffer->max};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

/* Room for need bytes and the final NUL. */
static int buffer_reserve(struct buffer *buffer, size_t need)
{
    if (need < buffer->cap)
        return 0;
    size_t cap = buffer->cap ? buffer->cap : BUFFER_FIRST_CAP;
    while (cap <= need)
        cap *= 2;
    if (cap > buffer->max + 1)
        cap = buffer->max + 1;
    uint8_t *data = realloc(buffer->data, cap);
    if (!data)
        return -ENOMEM;
    buffer->data = data;
    buffer->cap = cap;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (len > buffer->max - buffer->len)
        return -E2BIG;
    int error = buffer_reserve(buffer, buffer->len + len);
    if (error)
        return error;
    if (len > 0)
        memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    buffer->data[buffer->len] = 0;
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data ? (const char *)buffer->data : "";
}
