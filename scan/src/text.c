#include "text.h"

#include <assert.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* AIM ECI numbers with the C library's names. */
static const struct {
    int eci;
    const char *name;
} charsets[] = {
    {0, "CP437"},        {1, "ISO-8859-1"},   {2, "CP437"},        {3, "ISO-8859-1"},   {4, "ISO-8859-2"},
    {5, "ISO-8859-3"},   {6, "ISO-8859-4"},   {7, "ISO-8859-5"},   {8, "ISO-8859-6"},   {9, "ISO-8859-7"},
    {10, "ISO-8859-8"},  {11, "ISO-8859-9"},  {12, "ISO-8859-10"}, {13, "ISO-8859-11"}, {15, "ISO-8859-13"},
    {16, "ISO-8859-14"}, {17, "ISO-8859-15"}, {18, "ISO-8859-16"}, {20, "CP932"},       {21, "CP1250"},
    {22, "CP1251"},      {23, "CP1252"},      {24, "CP1256"},      {25, "UTF-16BE"},    {26, "UTF-8"},
    {27, "US-ASCII"},    {28, "BIG5"},        {29, "GB18030"},     {30, "EUC-KR"},      {32, "GB18030"},
    {33, "UTF-16LE"},    {34, "UTF-32BE"},    {35, "UTF-32LE"},    {170, "US-ASCII"},
};
enum { CHARSETS = sizeof(charsets) / sizeof(charsets[0]) };

struct text_converters {
    iconv_t handles[CHARSETS];
};

void text_parts_reset(struct text_parts *parts)
{
    parts->len = parts->count = 0;
}

int text_parts_add(struct text_parts *parts, int eci, const uint8_t *bytes, int len)
{
    struct text_part *last = parts->count ? &parts->parts[parts->count - 1] : NULL;

    if (len > TEXT_BYTES_MAX - parts->len)
        return -ENOSPC;
    if (!last || last->eci != eci) {
        if (parts->count == TEXT_PARTS_MAX)
            return -ENOSPC;
        last = &parts->parts[parts->count++];
        *last = (struct text_part){eci, parts->len, 0};
    }
    memcpy(parts->bytes + parts->len, bytes, (size_t)len);
    parts->len += len;
    last->len += len;
    return 0;
}

int text_converters_open(struct text_converters **out_converters)
{
    struct text_converters *converters = calloc(1, sizeof(*converters));

    if (!converters)
        return -ENOMEM;
    for (int i = 0; i < CHARSETS; i++)
        converters->handles[i] = iconv_open("UTF-8", charsets[i].name);
    *out_converters = converters;
    return 0;
}

void text_converters_close(struct text_converters *converters)
{
    if (!converters)
        return;
    for (int i = 0; i < CHARSETS; i++)
        if (converters->handles[i] != (iconv_t)-1)
            iconv_close(converters->handles[i]);
    free(converters);
}

static iconv_t handle_of(struct text_converters *converters, int eci)
{
    for (int i = 0; i < CHARSETS; i++)
        if (charsets[i].eci == eci)
            return converters->handles[i];
    return (iconv_t)-1;
}

/* ---- plausibility of bytes nobody said anything about ---- */

static bool is_ascii(const uint8_t *bytes, int len)
{
    for (int i = 0; i < len; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

static bool is_utf8(const uint8_t *bytes, int len)
{
    for (int i = 0; i < len;) {
        uint8_t c = bytes[i++];
        int more = c < 0x80                ? 0
                   : c >= 0xc2 && c < 0xe0 ? 1
                   : c >= 0xe0 && c < 0xf0 ? 2
                   : c >= 0xf0 && c < 0xf5 ? 3
                                           : -1;

        if (more < 0 || more > len - i)
            return false;
        if (more == 2 && ((c == 0xe0 && bytes[i] < 0xa0) || (c == 0xed && bytes[i] >= 0xa0)))
            return false;
        if (more == 3 && ((c == 0xf0 && bytes[i] < 0x90) || (c == 0xf4 && bytes[i] >= 0x90)))
            return false;
        for (; more > 0; more--, i++)
            if ((bytes[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Whether a half-width katakana may carry the voiced mark 0xde or 0xdf: U, KA..TO, HA..HO. */
static bool takes_mark(uint8_t c)
{
    return c == 0xb3 || (c >= 0xb6 && c <= 0xc4) || (c >= 0xca && c <= 0xce);
}

/*
 * How much the bytes look like Shift-JIS: -1 when they are not, else the common characters (kana, level 1 kanji, half
 * width words) less the rare ones. Chinese in GB 2312 passes for half-width katakana too, but its bytes 0xde and 0xdf
 * rarely stand where a voiced mark can.
 */
static int sjis_score(const uint8_t *bytes, int len)
{
    int score = 0, half_run = 0;

    for (int i = 0; i < len; i++) {
        uint8_t c = bytes[i];

        if (c >= 0xa1 && c <= 0xdf) {
            half_run++;
            score += half_run >= 3 ? 1 : -1;
            if (c >= 0xde)
                score += i > 0 && takes_mark(bytes[i - 1]) ? 4 : -4;
            continue;
        }
        half_run = 0;
        if (c < 0x80)
            continue;
        if (c == 0x80 || c == 0xa0 || c > 0xfc || ++i == len)
            return -1;
        uint8_t d = bytes[i];
        if (d < 0x40 || d == 0x7f || d > 0xfc)
            return -1;
        bool common = (c >= 0x81 && c <= 0x83) || (c >= 0x88 && c <= 0x97);
        score += common ? 2 : -1;
    }
    return score;
}

/* The same for GB 18030: the first level of GB 2312 and its punctuation are the common ones. */
static int gb_score(const uint8_t *bytes, int len)
{
    int score = 0;

    for (int i = 0; i < len; i++) {
        uint8_t c = bytes[i];

        if (c < 0x80)
            continue;
        if (c == 0x80 || c == 0xff || ++i == len)
            return -1;
        uint8_t d = bytes[i];
        if (d >= 0x30 && d <= 0x39 && i + 2 < len && bytes[i + 1] >= 0x81 && bytes[i + 2] >= 0x30 &&
            bytes[i + 2] <= 0x39) {
            i += 2;
            score -= 1;
            continue;
        }
        if (d < 0x40 || d == 0x7f || d == 0xff)
            return -1;
        bool common = ((c >= 0xb0 && c <= 0xd7) || c == 0xa1 || c == 0xa3) && d >= 0xa1;
        score += common ? 2 : -1;
    }
    return score;
}

/* Latin-1 text has single letters of its upper half between plain ones, hardly ever pairs or C1 controls. */
static int latin_score(const uint8_t *bytes, int len)
{
    int score = 0;

    for (int i = 0; i < len; i++) {
        if (bytes[i] < 0x80)
            continue;
        if (bytes[i] < 0xa0)
            return -1;
        bool pair = (i > 0 && bytes[i - 1] >= 0x80) || (i + 1 < len && bytes[i + 1] >= 0x80);
        score += pair ? -1 : bytes[i] >= 0xc0 ? 3 : 1;
    }
    return score;
}

static int guess_eci(const struct text_parts *parts, bool *out_binary)
{
    const uint8_t *bytes = parts->bytes;
    int len = parts->len;

    *out_binary = false;
    if (is_ascii(bytes, len))
        return TEXT_ECI_UTF8;
    if (parts->count == 1 && is_utf8(bytes, len))
        return TEXT_ECI_UTF8;
    int sjis = sjis_score(bytes, len), gb = gb_score(bytes, len), latin = latin_score(bytes, len);
    for (int i = 0; i < parts->count; i++)
        if (parts->parts[i].eci == TEXT_ECI_SJIS)
            sjis += 4; /* kanji mode elsewhere in the code */
    if (sjis > 0 && sjis >= gb && sjis >= latin)
        return TEXT_ECI_SJIS;
    if (gb > 0 && gb >= latin)
        return TEXT_ECI_GB;
    *out_binary = latin < 0;
    return 3;
}

/* ---- conversion ---- */

struct sink {
    char *at;
    size_t left;
};

static int put_latin1(struct sink *sink, const uint8_t *bytes, int len)
{
    for (int i = 0; i < len; i++) {
        if (sink->left < 2)
            return -EILSEQ;
        if (bytes[i] < 0x80) {
            *sink->at++ = (char)bytes[i];
            sink->left--;
        } else {
            *sink->at++ = (char)(0xc0 | bytes[i] >> 6);
            *sink->at++ = (char)(0x80 | (bytes[i] & 0x3f));
            sink->left -= 2;
        }
    }
    return 0;
}

static bool put_converted(struct sink *sink, iconv_t handle, const uint8_t *bytes, int len)
{
    char *in = (char *)(uintptr_t)bytes; /* iconv only reads it */
    size_t in_left = (size_t)len;
    struct sink trial = *sink;

    if (handle == (iconv_t)-1)
        return false;
    iconv(handle, NULL, NULL, NULL, NULL);
    if (iconv(handle, &in, &in_left, &trial.at, &trial.left) == (size_t)-1 || in_left != 0)
        return false;
    iconv(handle, NULL, NULL, &trial.at, &trial.left);
    /* The C library lets code points pass that are beyond Unicode. */
    if (!is_utf8((const uint8_t *)sink->at, (int)(trial.at - sink->at)))
        return false;
    *sink = trial;
    return true;
}

int text_to_utf8(struct text_converters *converters, const struct text_parts *parts, struct scan_code *out_code)
{
    struct sink sink = {out_code->text, SCAN_TEXT_MAX};
    bool binary;
    int guessed = guess_eci(parts, &binary);

    out_code->flags &= ~(unsigned)SCAN_FLAG_BINARY;
    for (int i = 0; i < parts->count; i++) {
        const struct text_part *part = &parts->parts[i];
        const uint8_t *bytes = parts->bytes + part->start;
        int eci = part->eci == TEXT_ECI_NONE ? guessed : part->eci;

        /* Writers often say ISO 8859-1 and put UTF-8. */
        if ((eci == 1 || eci == 3) && part->eci != TEXT_ECI_NONE && is_utf8(bytes, part->len))
            eci = TEXT_ECI_UTF8;
        if (part->eci == TEXT_ECI_NONE && binary)
            out_code->flags |= SCAN_FLAG_BINARY;
        if (put_converted(&sink, handle_of(converters, eci), bytes, part->len))
            continue;
        if (put_latin1(&sink, bytes, part->len))
            return -EILSEQ;
        out_code->flags |= SCAN_FLAG_BINARY;
    }
    *sink.at = '\0';
    out_code->text_len = (size_t)(sink.at - out_code->text);
    return out_code->text_len > 0 ? 0 : -EILSEQ;
}
