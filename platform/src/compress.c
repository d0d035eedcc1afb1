#include "platform/compress.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct compress {
    int level;
    ZSTD_CCtx *packer;   /* made when it is first asked for, */
    ZSTD_DCtx *unpacker; /* so is this */
};

int compress_open(int level, struct compress **out_compress)
{
    assert(level >= -7 && level <= 19 && level != 0);
    struct compress *compress = calloc(1, sizeof(*compress));
    if (!compress)
        return -ENOMEM;
    compress->level = level;
    *out_compress = compress;
    return 0;
}

static int make_packer(struct compress *compress)
{
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    if (!packer || ZSTD_isError(ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, compress->level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(packer, ZSTD_c_checksumFlag, 1))) {
        ZSTD_freeCCtx(packer);
        return -ENOMEM;
    }
    compress->packer = packer;
    return 0;
}

static int make_unpacker(struct compress *compress)
{
    compress->unpacker = ZSTD_createDCtx();
    return compress->unpacker ? 0 : -ENOMEM;
}

void compress_close(struct compress *compress)
{
    if (!compress)
        return;
    ZSTD_freeCCtx(compress->packer);
    ZSTD_freeDCtx(compress->unpacker);
    free(compress);
}

size_t compress_bound(size_t len)
{
    return ZSTD_compressBound(len);
}

int compress_pack(struct compress *compress, struct slice input, uint8_t *out_data, size_t cap, size_t *out_len)
{
    int rc = compress->packer ? 0 : make_packer(compress);
    if (rc < 0)
        return rc;
    size_t packed = ZSTD_compress2(compress->packer, out_data, cap, input.data, input.len);
    if (!ZSTD_isError(packed)) {
        *out_len = packed;
        return 0;
    }
    return ZSTD_getErrorCode(packed) == ZSTD_error_dstSize_tooSmall ? -ENOSPC : -ENOMEM;
}

int compress_unpack(struct compress *compress, struct slice input, uint8_t *out_data, size_t cap, size_t *out_len)
{
    unsigned long long claimed = ZSTD_getFrameContentSize(input.data, input.len);
    if (claimed == ZSTD_CONTENTSIZE_ERROR)
        return -EBADMSG;
    if (claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed > cap)
        return -E2BIG;
    int rc = compress->unpacker ? 0 : make_unpacker(compress);
    if (rc < 0)
        return rc;
    size_t unpacked = ZSTD_decompressDCtx(compress->unpacker, out_data, cap, input.data, input.len);
    if (!ZSTD_isError(unpacked)) {
        *out_len = unpacked;
        return 0;
    }
    switch (ZSTD_getErrorCode(unpacked)) {
    case ZSTD_error_dstSize_tooSmall:
        return -E2BIG;
    case ZSTD_error_memory_allocation:
        return -ENOMEM;
    default:
        return -EBADMSG;
    }
}
