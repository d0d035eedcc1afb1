#include "domain/export.h"

#include <string.h>

void export_length_put(uint32_t len, uint8_t out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(len >> (24 - 8 * i));
}

static uint32_t length_get(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

int export_open(struct slice file, struct export_reader *out_reader)
{
    if (file.len < EXPORT_MAGIC_LEN || memcmp(file.data, EXPORT_MAGIC, EXPORT_MAGIC_LEN) != 0)
        return -EBADMSG;
    *out_reader = (struct export_reader){.file = file, .pos = EXPORT_MAGIC_LEN};
    return 0;
}

int export_next(struct export_reader *reader, struct slice *out_batch)
{
    const uint8_t *at = reader->file.data + reader->pos;
    size_t left = reader->file.len - reader->pos;
    uint32_t len;

    if (left < 4)
        return -EBADMSG;
    len = length_get(at);
    if (len == 0) {
        if (left != 4 + SIGNATURE_LEN)
            return -EBADMSG;
        reader->pos += 4;
        return 0;
    }
    if (len > EXPORT_BATCH_MAX || left - 4 < len)
        return -EBADMSG;
    *out_batch = (struct slice){at + 4, len};
    reader->pos += 4 + len;
    return 1;
}

void export_end(const struct export_reader *reader, uint8_t out_hash[HASH_LEN], uint8_t out_signature[SIGNATURE_LEN])
{
    crypto_sha256(reader->file.data, reader->pos, out_hash);
    memcpy(out_signature, reader->file.data + reader->pos, SIGNATURE_LEN);
}
