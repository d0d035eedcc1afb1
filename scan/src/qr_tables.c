#include "qr_tables.h"

#include <assert.h>
#include <string.h>

/* ISO/IEC 18004:2015, table 9: error correction codewords a block and number of blocks, by level M, L, H, Q. */
static const uint8_t ecc_a_block[4][QR_VERSION_MAX] = {
    {10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
     26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
    {7,  10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
     28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
     30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
     28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
};
static const uint8_t block_count[4][QR_VERSION_MAX] = {
    {1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9,  10, 10, 11, 13, 14, 16,
     17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
    {1, 1, 1, 1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
     8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
    {1,  1,  2,  4,  4,  4,  5,  6,  8,  8,  11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
     25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81},
    {1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8,  10, 12, 16, 12, 17, 16, 18, 21, 20,
     23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
};

static int data_modules(int version)
{
    int modules = (16 * version + 128) * version + 64;

    if (version >= 2) {
        int axis = version / 7 + 2;

        modules -= (25 * axis - 10) * axis - 55;
    }
    return version >= 7 ? modules - 36 : modules;
}

struct qr_blocks qr_blocks_of(int version, enum qr_level level)
{
    struct qr_blocks blocks;

    assert(version >= 1 && version <= QR_VERSION_MAX);
    blocks.total = data_modules(version) / 8;
    blocks.count = block_count[level][version - 1];
    blocks.ecc = ecc_a_block[level][version - 1];
    blocks.short_count = blocks.count - blocks.total % blocks.count;
    blocks.short_data = blocks.total / blocks.count - blocks.ecc;
    return blocks;
}

int qr_align_axis(int version, int out_axis[QR_ALIGN_AXIS_MAX])
{
    if (version < 2)
        return 0;
    int count = version / 7 + 2;
    int step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;

    for (int i = count - 1, at = qr_side(version) - 7; i > 0; i--, at -= step)
        out_axis[i] = at;
    out_axis[0] = 6;
    return count;
}

static void fill(uint8_t *map, int side, int row, int column, int rows_columns)
{
    int rows = rows_columns >> 8, columns = rows_columns & 255;

    for (int r = row; r < row + rows; r++)
        memset(&map[r * side + column], 1, (size_t)columns);
}

void qr_function_map(int version, uint8_t *out_map)
{
    enum { BY_9_9 = 9 << 8 | 9, BY_9_8 = 9 << 8 | 8, BY_8_9 = 8 << 8 | 9, BY_5_5 = 5 << 8 | 5 };
    int side = qr_side(version), axis[QR_ALIGN_AXIS_MAX];
    int count = qr_align_axis(version, axis);

    memset(out_map, 0, (size_t)side * (size_t)side);
    fill(out_map, side, 0, 0, BY_9_9);
    fill(out_map, side, 0, side - 8, BY_9_8);
    fill(out_map, side, side - 8, 0, BY_8_9);
    fill(out_map, side, 6, 0, 1 << 8 | side);
    fill(out_map, side, 0, 6, side << 8 | 1);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            if (!(i == 0 && j == 0) && !(i == 0 && j == count - 1) && !(i == count - 1 && j == 0))
                fill(out_map, side, axis[i] - 2, axis[j] - 2, BY_5_5);
    if (version >= 7) {
        fill(out_map, side, 0, side - 11, 6 << 8 | 3);
        fill(out_map, side, side - 11, 0, 3 << 8 | 6);
    }
}

bool qr_mask_bit(int mask, int row, int column)
{
    int r = row, c = column;

    switch (mask) {
    case 0:
        return (r + c) % 2 == 0;
    case 1:
        return r % 2 == 0;
    case 2:
        return c % 3 == 0;
    case 3:
        return (r + c) % 3 == 0;
    case 4:
        return (r / 2 + c / 3) % 2 == 0;
    case 5:
        return r * c % 2 + r * c % 3 == 0;
    case 6:
        return (r * c % 2 + r * c % 3) % 2 == 0;
    default:
        return ((r + c) % 2 + r * c % 3) % 2 == 0;
    }
}

/* value followed by the remainder of its division by the BCH generator. */
static uint32_t bch(uint32_t value, int check_bits, uint32_t generator)
{
    uint32_t rest = value;

    for (int i = 0; i < check_bits; i++)
        rest = (rest << 1) ^ ((rest >> (check_bits - 1) & 1) * generator);
    return value << check_bits | (rest & ((1u << check_bits) - 1));
}

uint32_t qr_format_word(int five_bits)
{
    return bch((uint32_t)five_bits, 10, 0x537) ^ 0x5412;
}

uint32_t qr_version_word(int version)
{
    return bch((uint32_t)version, 12, 0x1f25);
}
