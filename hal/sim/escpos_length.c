#include "escpos_length.h"

#include <string.h>

#define DLE 0x10
#define ESC 0x1B
#define FS  0x1C
#define GS  0x1D

#define BARCODE_MAX 255 /* the whole command, when its end is a NUL */

static bool is_one_of(uint8_t byte, const char *set)
{
    return byte != 0 && strchr(set, byte) != NULL;
}

static int64_t number16(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8;
}

/* A command that runs to its NUL. */
static int64_t to_nul(const uint8_t *bytes, size_t available, size_t from, size_t most)
{
    for (size_t i = from; i < available; i++) {
        if (bytes[i] == 0) {
            return (int64_t)i + 1;
        }
    }
    return available >= most ? -1 : 0;
}

/* prefix ( fn pL pH … */
static int64_t bracket(const uint8_t *bytes, size_t available)
{
    return available < 5 ? 0 : 5 + number16(bytes + 3);
}

static int64_t dle_length(const uint8_t *bytes, size_t available)
{
    if (bytes[1] == 0x04 || bytes[1] == 0x05) {
        return 3;
    }
    if (bytes[1] == 0x14) {
        return available < 3 ? 0 : bytes[2] == 8 ? 10 : 5;
    }
    return -1;
}

static int64_t esc_length(const uint8_t *bytes, size_t available)
{
    if (is_one_of(bytes[1], "@2<LSimv\x0C")) {
        return 2;
    }
    if (is_one_of(bytes[1], "aEGMdJ3-!tR{V rUeK=%?Tu")) {
        return 3;
    }
    switch (bytes[1]) {
    case '$':
    case '\\':
    case 'c':
        return 4;
    case 'p':
        return 5;
    case 'W':
        return 10;
    case 'D':
        return to_nul(bytes, available, 2, 36);
    case '(':
        return bracket(bytes, available);
    case '*':
        return available < 5 ? 0 : 5 + number16(bytes + 3) * (bytes[2] >= 32 ? 3 : 1);
    default:
        return -1;
    }
}

static int64_t fs_length(const uint8_t *bytes, size_t available)
{
    switch (bytes[1]) {
    case '&':
    case '.':
        return 2;
    case '!':
    case '-':
    case 'C':
    case 'W':
        return 3;
    case 'S':
    case 'p':
        return 4;
    case '2':
        return 76;
    case '(':
        return bracket(bytes, available);
    default:
        return -1;
    }
}

static int64_t barcode_length(const uint8_t *bytes, size_t available)
{
    if (available < 3) {
        return 0;
    }
    if (bytes[2] <= 6) {
        return to_nul(bytes, available, 3, BARCODE_MAX);
    }
    return available < 4 ? 0 : 4 + bytes[3];
}

static int64_t gs_length(const uint8_t *bytes, size_t available)
{
    if (is_one_of(bytes[1], "!BHhwfaIrb/TE")) {
        return 3;
    }
    if (is_one_of(bytes[1], "LW$\\PA")) {
        return 4;
    }
    switch (bytes[1]) {
    case ':':
    case 'c':
        return 2;
    case 'V':
        return available < 3 ? 0 : bytes[2] == 0 || bytes[2] == 1 || bytes[2] == 48 || bytes[2] == 49 ? 3 : 4;
    case 'k':
        return barcode_length(bytes, available);
    case '(':
        return bracket(bytes, available);
    case '8':
        return available < 7 ? 0 : 7 + (number16(bytes + 3) | number16(bytes + 5) << 16);
    case '*':
        return available < 4 ? 0 : 4 + (int64_t)bytes[2] * bytes[3] * 8;
    case 'v':
        return available < 8 ? 0 : 8 + number16(bytes + 4) * number16(bytes + 6);
    default:
        return -1;
    }
}

int64_t escpos_length(const uint8_t *bytes, size_t available)
{
    if (bytes[0] != DLE && bytes[0] != ESC && bytes[0] != FS && bytes[0] != GS) {
        return 1;
    }
    if (available < 2) {
        return 0;
    }
    switch (bytes[0]) {
    case DLE:
        return dle_length(bytes, available);
    case ESC:
        return esc_length(bytes, available);
    case FS:
        return fs_length(bytes, available);
    default:
        return gs_length(bytes, available);
    }
}
