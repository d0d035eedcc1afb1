#include "qr_segments.h"

#include <errno.h>
#include <string.h>

struct bit_reader {
    const uint8_t *data;
    int bits, at;
};

struct segment_state {
    struct bit_reader in;
    struct qr_content *out;
    int version, eci;
    bool fnc1;
};

static int bits_left(const struct bit_reader *in)
{
    return in->bits - in->at;
}

/* The caller has seen that they are there. */
static int take_bits(struct bit_reader *in, int count)
{
    int value = 0;

    for (; count > 0; count--, in->at++)
        value = value << 1 | (in->data[in->at >> 3] >> (7 - (in->at & 7)) & 1);
    return value;
}

static int take_count(struct segment_state *s, const uint8_t widths[3], int *out_count)
{
    int width = widths[s->version < 10 ? 0 : s->version < 27 ? 1 : 2];

    if (bits_left(&s->in) < width)
        return -EILSEQ;
    *out_count = take_bits(&s->in, width);
    return 0;
}

static int put(struct segment_state *s, int eci, const uint8_t *bytes, int len)
{
    return text_parts_add(&s->out->text, eci, bytes, len) ? -EILSEQ : 0;
}

static int read_numeric(struct segment_state *s)
{
    static const uint8_t widths[3] = {10, 12, 14};
    int count;

    if (take_count(s, widths, &count))
        return -EILSEQ;
    while (count > 0) {
        int digits = count < 3 ? count : 3, need = digits * 3 + 1;
        uint8_t text[3];

        if (bits_left(&s->in) < need)
            return -EILSEQ;
        int value = take_bits(&s->in, need);
        for (int i = digits - 1; i >= 0; i--, value /= 10)
            text[i] = (uint8_t)('0' + value % 10);
        if (value != 0 || put(s, s->eci, text, digits))
            return -EILSEQ;
        count -= digits;
    }
    return 0;
}

/* In a GS1 code % stands for the separator and %% for itself. */
static int put_alphanumeric(struct segment_state *s, const uint8_t *text, int len, bool *percent)
{
    for (int i = 0; i < len; i++) {
        uint8_t c = text[i];

        if (s->fnc1 && *percent) {
            *percent = false;
            uint8_t first = c == '%' ? '%' : 0x1d;
            if (put(s, s->eci, &first, 1))
                return -EILSEQ;
            if (c == '%')
                continue;
        }
        if (s->fnc1 && c == '%')
            *percent = true;
        else if (put(s, s->eci, &c, 1))
            return -EILSEQ;
    }
    return 0;
}

static int read_alphanumeric(struct segment_state *s)
{
    static const uint8_t widths[3] = {9, 11, 13};
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    bool percent = false;
    int count;

    if (take_count(s, widths, &count))
        return -EILSEQ;
    while (count > 0) {
        int chars = count < 2 ? 1 : 2, need = chars == 2 ? 11 : 6;

        if (bits_left(&s->in) < need)
            return -EILSEQ;
        int value = take_bits(&s->in, need);
        if (value >= (chars == 2 ? 45 * 45 : 45))
            return -EILSEQ;
        uint8_t text[2] = {(uint8_t)letters[chars == 2 ? value / 45 : value], (uint8_t)letters[value % 45]};
        if (put_alphanumeric(s, text, chars, &percent))
            return -EILSEQ;
        count -= chars;
    }
    if (percent) {
        uint8_t separator = 0x1d;
        return put(s, s->eci, &separator, 1);
    }
    return 0;
}

static int read_bytes(struct segment_state *s)
{
    static const uint8_t widths[3] = {8, 16, 16};
    int count;

    if (take_count(s, widths, &count) || bits_left(&s->in) < count * 8)
        return -EILSEQ;
    for (int i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)take_bits(&s->in, 8);

        if (put(s, s->eci, &byte, 1))
            return -EILSEQ;
    }
    return 0;
}

/* 13 bits a character: Shift-JIS (kanji mode) or GB 2312 (hanzi mode) with the gaps taken out. */
static int read_double_bytes(struct segment_state *s, bool hanzi)
{
    static const uint8_t widths[3] = {8, 10, 12};
    int count, row = hanzi ? 0x60 : 0xc0;

    if (hanzi && (bits_left(&s->in) < 4 || take_bits(&s->in, 4) != 1))
        return -EILSEQ;
    if (take_count(s, widths, &count) || bits_left(&s->in) < count * 13)
        return -EILSEQ;
    for (; count > 0; count--) {
        int packed = take_bits(&s->in, 13), pair = (packed / row) << 8 | packed % row;

        if (hanzi)
            pair += pair < 0xa00 ? 0xa1a1 : 0xa6a1;
        else
            pair += pair < 0x1f00 ? 0x8140 : 0xc140;
        uint8_t bytes[2] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        if (put(s, hanzi ? TEXT_ECI_GB : TEXT_ECI_SJIS, bytes, 2))
            return -EILSEQ;
    }
    return 0;
}

static int read_eci(struct segment_state *s)
{
    if (bits_left(&s->in) < 8)
        return -EILSEQ;
    int first = take_bits(&s->in, 8);
    int more = first < 0x80 ? 0 : first < 0xc0 ? 8 : first < 0xe0 ? 16 : -1;
    if (more < 0 || bits_left(&s->in) < more)
        return -EILSEQ;
    int high = more == 0 ? first : more == 8 ? first & 0x3f : first & 0x1f;
    s->eci = high << more | take_bits(&s->in, more);
    return 0;
}

static int read_append(struct segment_state *s)
{
    if (bits_left(&s->in) < 16)
        return -EILSEQ;
    s->out->append_index = (uint8_t)take_bits(&s->in, 4);
    s->out->append_total = (uint8_t)(take_bits(&s->in, 4) + 1);
    s->out->append_parity = (uint8_t)take_bits(&s->in, 8);
    return s->out->append_index < s->out->append_total ? 0 : -EILSEQ;
}

static int read_fnc1(struct segment_state *s, bool second_position)
{
    s->fnc1 = true;
    s->out->gs1 = !second_position;
    if (!second_position)
        return 0;
    if (bits_left(&s->in) < 8)
        return -EILSEQ;
    take_bits(&s->in, 8); /* the application's number; no part of the text */
    return 0;
}

static int read_segment(struct segment_state *s, int mode)
{
    switch (mode) {
    case 1:
        return read_numeric(s);
    case 2:
        return read_alphanumeric(s);
    case 3:
        return read_append(s);
    case 4:
        return read_bytes(s);
    case 5:
        return read_fnc1(s, false);
    case 7:
        return read_eci(s);
    case 8:
        return read_double_bytes(s, false);
    case 9:
        return read_fnc1(s, true);
    case 13:
        return read_double_bytes(s, true);
    default:
        return -EILSEQ;
    }
}

int qr_segments_read(const uint8_t *data, int len, int version, struct qr_content *out_content)
{
    struct segment_state s = {{data, len * 8, 0}, out_content, version, TEXT_ECI_NONE, false};

    text_parts_reset(&out_content->text);
    out_content->append_index = out_content->append_total = out_content->append_parity = 0;
    out_content->gs1 = false;
    while (bits_left(&s.in) >= 4) {
        int mode = take_bits(&s.in, 4);

        if (mode == 0)
            break;
        if (read_segment(&s, mode))
            return -EILSEQ;
    }
    return out_content->text.len > 0 ? 0 : -EILSEQ;
}
