#include "hal/escpos.h"

#include <assert.h>
#include <iconv.h>
#include <string.h>

#define QR_BYTES_MAX   7089
#define BARCODE_DOTS   96 /* 12 mm high */
#define BARCODE_MODULE 3
#define YUAN_SIGN      0xA5 /* ¥, which GB18030 writes in four bytes; ￥ is the same sign in two */

/* One character decoded: its code point and how many bytes it took; 0 bytes when it is no UTF-8. */
struct character {
    uint32_t code;
    size_t length;
};

static struct character decode(const char *utf8)
{
    const uint8_t *s = (const uint8_t *)utf8;
    size_t n = s[0] < 0x80 ? 1 : (s[0] & 0xE0) == 0xC0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : (s[0] & 0xF8) == 0xF0 ? 4 : 0;
    uint32_t code = n < 2 ? s[0] : s[0] & (0xFFU >> (n + 1));

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return (struct character){0, 0};
        }
        code = code << 6 | (s[i] & 0x3FU);
    }
    return (struct character){code, n};
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/* The columns of one character. Everything but ASCII leaves as two bytes, which printers set in two columns. */
static int columns_of(uint32_t code)
{
    return is_control(code) ? 0 : code < 0x80 ? 1 : 2;
}

int escpos_width(const char *utf8)
{
    int width = 0;

    assert(utf8);
    while (*utf8) {
        struct character c = decode(utf8);

        if (c.length == 0) {
            return -1;
        }
        width += columns_of(c.code);
        utf8 += c.length;
    }
    return width;
}

static void fail(struct escpos *e, int error)
{
    if (!e->error) {
        e->error = error;
    }
}

static void put(struct escpos *e, const void *bytes, size_t n)
{
    if (e->error) {
        return;
    }
    if (n > e->capacity - e->length) {
        fail(e, -ENOSPC);
        return;
    }
    memcpy(e->bytes + e->length, bytes, n);
    e->length += n;
}

#define PUT(e, ...)                                                                                                    \
    do {                                                                                                               \
        const uint8_t put_bytes[] = {__VA_ARGS__};                                                                     \
        put((e), put_bytes, sizeof(put_bytes));                                                                        \
    } while (0)

void escpos_init(struct escpos *e, uint8_t *buffer, size_t capacity, int columns)
{
    iconv_t converter = iconv_open("GB18030", "UTF-8");

    assert(e && buffer && columns >= 1 && columns <= ESCPOS_COLUMNS_MAX);
    *e = (struct escpos){.bytes = buffer, .capacity = capacity, .columns = columns, .scale_x = 1};
    if (converter == (iconv_t)-1) {
        fail(e, -ENOTSUP);
    } else {
        e->iconv = converter;
    }
    PUT(e, 0x1B, 0x40, 0x1C, 0x26);
}

int escpos_finish(struct escpos *e, size_t *out_length)
{
    assert(e && out_length);
    if (e->iconv) {
        iconv_close(e->iconv);
        e->iconv = NULL;
    }
    if (!e->error) {
        *out_length = e->length;
    }
    return e->error;
}

void escpos_align(struct escpos *e, enum escpos_align align)
{
    assert((unsigned)align <= ESCPOS_RIGHT);
    PUT(e, 0x1B, 0x61, (uint8_t)align);
}

void escpos_bold(struct escpos *e, bool on)
{
    PUT(e, 0x1B, 0x45, on);
}

void escpos_size(struct escpos *e, int scale_x, int scale_y)
{
    assert(scale_x >= 1 && scale_x <= 8 && scale_y >= 1 && scale_y <= 8);
    e->scale_x = scale_x;
    PUT(e, 0x1D, 0x21, (uint8_t)((scale_x - 1) << 4 | (scale_y - 1)));
}

/* Anything that is neither ASCII nor two bytes becomes ？: printers' Chinese fonts end there. */
static void put_character(struct escpos *e, const char *utf8, struct character c)
{
    char wide[8];
    char *in = (char *)utf8;
    char *out = wide;
    size_t in_left = c.length;
    size_t out_left = sizeof(wide);

    if (c.code < 0x80) {
        PUT(e, (uint8_t)c.code);
    } else if (c.code == YUAN_SIGN) {
        PUT(e, 0xA3, 0xA4);
    } else if (e->iconv && iconv(e->iconv, &in, &in_left, &out, &out_left) != (size_t)-1 && out - wide == 2) {
        put(e, wide, 2);
    } else {
        PUT(e, 0xA3, 0xBF);
    }
}

/* As much of the text as fits into so many columns; returns the columns used. */
static int put_text(struct escpos *e, const char *utf8, int columns)
{
    int used = 0;

    while (*utf8 && !e->error) {
        struct character c = decode(utf8);

        if (c.length == 0) {
            fail(e, -EILSEQ);
            break;
        }
        if (used + columns_of(c.code) > columns) {
            break;
        }
        used += columns_of(c.code);
        if (c.code == '\n') {
            PUT(e, '\n');
        } else if (!is_control(c.code)) {
            put_character(e, utf8, c);
        }
        utf8 += c.length;
    }
    return used;
}

void escpos_text(struct escpos *e, const char *utf8)
{
    assert(utf8);
    put_text(e, utf8, INT32_MAX);
}

void escpos_line(struct escpos *e, const char *utf8)
{
    escpos_text(e, utf8);
    PUT(e, '\n');
}

void escpos_feed(struct escpos *e, int lines)
{
    assert(lines >= 1 && lines <= 255);
    PUT(e, 0x1B, 0x64, (uint8_t)lines);
}

void escpos_rule(struct escpos *e, char c)
{
    assert(c >= 0x20 && c < 0x7F);
    for (int i = 0; i < e->columns / e->scale_x; i++) {
        PUT(e, (uint8_t)c);
    }
    PUT(e, '\n');
}

void escpos_columns(struct escpos *e, const char *left, const char *right)
{
    int columns = e->columns / e->scale_x;
    int right_width;
    int used;

    assert(left && right);
    right_width = escpos_width(right);
    if (right_width < 0) {
        fail(e, -EILSEQ);
        return;
    }
    if (right_width >= columns) {
        escpos_line(e, left);
        escpos_line(e, right);
        return;
    }
    used = put_text(e, left, columns - right_width - 1);
    for (int i = used; i < columns - right_width; i++) {
        PUT(e, ' ');
    }
    escpos_line(e, right);
}

void escpos_qr(struct escpos *e, const char *data, int module_dots, enum escpos_qr_level level)
{
    size_t length;
    size_t stored;

    assert(data && module_dots >= 1 && module_dots <= 16 && (unsigned)level <= ESCPOS_QR_H);
    length = strlen(data);
    if (length == 0 || length > QR_BYTES_MAX) {
        fail(e, -EINVAL);
        return;
    }
    stored = length + 3;
    PUT(e, 0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00);
    PUT(e, 0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, (uint8_t)module_dots);
    PUT(e, 0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, (uint8_t)(0x30 + level));
    PUT(e, 0x1D, 0x28, 0x6B, (uint8_t)(stored & 0xFF), (uint8_t)(stored >> 8), 0x31, 0x50, 0x30);
    put(e, data, length);
    PUT(e, 0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30);
}

static char ean13_check(const char *digits)
{
    int sum = 0;

    for (int i = 0; i < 12; i++) {
        sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

void escpos_ean13(struct escpos *e, const char *digits)
{
    size_t length;

    assert(digits);
    length = strlen(digits);
    if ((length != 12 && length != 13) || strspn(digits, "0123456789") != length ||
        (length == 13 && digits[12] != ean13_check(digits))) {
        fail(e, -EINVAL);
        return;
    }
    PUT(e, 0x1D, 0x48, 0x02, 0x1D, 0x68, BARCODE_DOTS, 0x1D, 0x77, BARCODE_MODULE, 0x1D, 0x6B, 0x43, 0x0C);
    put(e, digits, 12);
}

void escpos_raster(struct escpos *e, const uint8_t *bits, int width_bytes, int height)
{
    assert(bits && width_bytes > 0 && width_bytes <= 255 && height > 0 && height <= 0xFFFF);
    PUT(e, 0x1D, 0x76, 0x30, 0x00, (uint8_t)width_bytes, 0x00, (uint8_t)(height & 0xFF), (uint8_t)(height >> 8));
    put(e, bits, (size_t)width_bytes * (size_t)height);
}

void escpos_cut(struct escpos *e)
{
    PUT(e, 0x1D, 0x56, 0x42, 0x00);
}

void escpos_drawer(struct escpos *e, int pin, int pulse_ms)
{
    uint8_t time = (uint8_t)(pulse_ms / 2);

    assert((pin == 0 || pin == 1) && pulse_ms >= 2 && pulse_ms <= 500);
    PUT(e, 0x1B, 0x70, (uint8_t)pin, time, time);
}
