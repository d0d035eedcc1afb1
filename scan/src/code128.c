#include "code128.h"

#include <math.h>
#include <string.h>

enum {
    SYMBOLS_MAX = 120,
    EDGES_MAX = 6 * SYMBOLS_MAX + 8,
    SAMPLES_MAX = 4096,
    CODE_C = 99,
    CODE_B = 100, /* FNC4 in set B */
    CODE_A = 101, /* FNC4 in set A */
    FNC1 = 102,
    START_A = 103,
    START_C = 105,
    STOP = 106,
    SHIFT = 98,
};

/* Widths of bar, space, bar, space, bar, space in modules. */
static const char *const patterns[107] = {
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "233111",
};

/* ---- edges ---- */

static int find_edges(const struct plane *plane, struct scan_point from, struct scan_point to, float out[EDGES_MAX])
{
    float length = hypotf(to.x - from.x, to.y - from.y), low = 255, high = 0, before = 0;
    int samples = (int)(length * 2), count = 0;

    if (samples < 2 || samples > SAMPLES_MAX)
        return 0;
    struct scan_point step = {(to.x - from.x) / (float)samples, (to.y - from.y) / (float)samples};
    for (int i = 0; i <= samples; i++) {
        float grey = plane_sample(plane, from.x + step.x * (float)i, from.y + step.y * (float)i);

        low = fminf(low, grey);
        high = fmaxf(high, grey);
    }
    for (int i = 0; i <= samples && count < EDGES_MAX; i++) {
        float above = plane_sample(plane, from.x + step.x * (float)i, from.y + step.y * (float)i) - (low + high) / 2;

        if (i == 0 && above < 0)
            return 0; /* starts inside a bar */
        if (i > 0 && (above < 0) != (before < 0))
            out[count++] = (float)i - 1 + before / (before - above);
        before = above;
    }
    return count;
}

/* The nearest pattern to six widths, or -1 when none is near. Sums of neighbours do not mind blooming. */
static int match(const float *edges)
{
    float module = (edges[6] - edges[0]) / 11, best = 1e9f;
    int found = -1;

    for (int p = 0; p < 107; p++) {
        float off = 0;

        for (int i = 0; i < 5; i++) {
            float pair = (edges[i + 2] - edges[i]) / module - (float)(patterns[p][i] + patterns[p][i + 1] - 2 * '0');
            off += pair * pair;
        }
        if (off < best) {
            best = off;
            found = p;
        }
    }
    return best < 1.5f ? found : -1;
}

/* ---- text ---- */

struct writer {
    char *text;
    int len;
    bool upper_once, upper_always;
};

static void put(struct writer *writer, int c)
{
    bool upper = writer->upper_once != writer->upper_always;

    writer->upper_once = false;
    if (writer->len > CODE128_TEXT_MAX - 3)
        return;
    if (upper) {
        c |= 0x80;
        writer->text[writer->len++] = (char)(0xc0 | c >> 6);
        c = 0x80 | (c & 0x3f);
    }
    writer->text[writer->len++] = (char)c;
}

static void put_fnc4(struct writer *writer)
{
    if (writer->upper_once)
        writer->upper_always = !writer->upper_always;
    writer->upper_once = !writer->upper_once;
}

static void put_in_set(struct writer *writer, int set, int code)
{
    if (set == CODE_C) { /* FNC4 does not reach its digits */
        if (writer->len > CODE128_TEXT_MAX - 3)
            return;
        writer->text[writer->len++] = (char)('0' + code / 10);
        writer->text[writer->len++] = (char)('0' + code % 10);
    } else {
        put(writer, set == CODE_A && code >= 64 ? code - 64 : code + 32);
    }
}

/* The other of A and B for the one code after a shift. */
static int write_text(const int *codes, int count, char *out_text)
{
    struct writer writer = {out_text, 0, false, false};
    int set = codes[0] == START_C ? CODE_C : codes[0] == START_A ? CODE_A : CODE_B, shifted = 0;

    for (int i = 1; i < count; i++) {
        int code = codes[i], now = shifted ? CODE_A + CODE_B - set : set;

        shifted = 0;
        if (code < 96 || (set == CODE_C && code < 100))
            put_in_set(&writer, now, code);
        else if (code == SHIFT && set != CODE_C)
            shifted = 1;
        else if (code == set)
            put_fnc4(&writer); /* where a set would name itself */
        else if (code == CODE_A || code == CODE_B || code == CODE_C)
            set = code;
        else if (code == FNC1 && i > 1)
            put(&writer, 0x1d);
    }
    return writer.len;
}

static int decode(const float *edges, int count, char *out_text)
{
    int codes[SYMBOLS_MAX], symbols = 0;

    for (int at = 0; at + 6 < count && symbols < SYMBOLS_MAX; at += 6) {
        int code = match(edges + at);

        if (code < 0 || (symbols == 0 && (code < START_A || code > START_C)))
            return 0;
        if (code == STOP)
            break;
        codes[symbols++] = code;
    }
    if (symbols < 3)
        return 0;
    int sum = codes[0];
    for (int i = 1; i < symbols - 1; i++)
        sum += i * codes[i];
    return sum % 103 == codes[symbols - 1] ? write_text(codes, symbols - 1, out_text) : 0;
}

int code128_read(const struct plane *plane, struct scan_point from, struct scan_point to,
                 char out_text[CODE128_TEXT_MAX])
{
    float edges[EDGES_MAX] = {0}, back[EDGES_MAX];
    int count = find_edges(plane, from, to, edges);
    int len = decode(edges, count, out_text);

    if (len > 0 || count == 0)
        return len;
    for (int i = 0; i < count; i++)
        back[i] = edges[count - 1] - edges[count - 1 - i];
    return decode(back, count, out_text);
}
