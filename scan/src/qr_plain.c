#include "qr_plain.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    TILT = 3, /* of decoder->tilted: near to what the sampler's certainties mean */
    PADDING_MIN = 2,
    AGREEMENT_MIN = 12, /* bits: fewer are found in any noise */
};

static const uint8_t pads[2] = {0xec, 0x11};

/* What it speaks for, in bits, that this bit is value. */
static float bit_speaks(const struct qr_plain_sight *sight, int at, int value)
{
    int sure = sight->sure[at / 8][at % 8], seen = sight->words[at / 8] >> (7 - at % 8) & 1;
    float bits = sight->decoder->tilted[TILT][sure];

    return seen == value ? bits : bits - QR_TILT_FIRST * (float)(1 << TILT) * (float)sure / (float)M_LN2;
}

static float bits_speak(const struct qr_plain_sight *sight, int at, int count, unsigned value)
{
    float bits = 0;

    for (int i = 0; i < count; i++)
        bits += bit_speaks(sight, at + i, (int)(value >> (count - 1 - i) & 1));
    return bits;
}

/* out[k][i]: for padding from word i on that begins with pads[k]. */
static void padding_speaks(const struct qr_plain_sight *sight, float out[2][QR_PLAIN_MAX + 1])
{
    out[0][sight->len] = out[1][sight->len] = 0;
    for (int i = sight->len - 1; i >= 0; i--)
        for (int k = 0; k < 2; k++)
            out[k][i] = out[!k][i + 1] + bits_speak(sight, i * 8, 8, pads[k]);
}

/* A mode, how many characters, and at which bit they end. */
struct guess {
    int mode, width, count, end;
};

static int bits_of(int mode, int count)
{
    if (mode == 1)
        return count / 3 * 10 + (count % 3 ? count % 3 * 3 + 1 : 0);
    return mode == 2 ? count / 2 * 11 + count % 2 * 6 : count * 8;
}

static float guess_speaks(const struct qr_plain_sight *sight, const struct guess *guess,
                          const float padding[2][QR_PLAIN_MAX + 1])
{
    int first = (guess->end + 4 + 7) / 8;

    return bits_speak(sight, 0, 4, (unsigned)guess->mode) + bits_speak(sight, 4, guess->width, (unsigned)guess->count) +
           bits_speak(sight, guess->end, first * 8 - guess->end, 0) + padding[0][first];
}

static void fix(struct qr_plain *plain, int at, int count, unsigned value)
{
    for (int i = 0; i < count; i++, at++) {
        unsigned bit = value >> (count - 1 - i) & 1;

        plain->fixed[at / 8] |= (uint8_t)(0x80 >> at % 8);
        plain->words[at / 8] |= (uint8_t)(bit << (7 - at % 8));
    }
}

static void tell(const struct guess *guess, int len, struct qr_plain *out_plain)
{
    int first = (guess->end + 4 + 7) / 8;

    memset(out_plain, 0, sizeof(*out_plain));
    fix(out_plain, 0, 4, (unsigned)guess->mode);
    fix(out_plain, 4, guess->width, (unsigned)guess->count);
    fix(out_plain, guess->end, first * 8 - guess->end, 0);
    for (int i = first; i < len; i++)
        fix(out_plain, i * 8, 8, pads[(i - first) & 1]);
}

bool qr_plain_guess(const struct qr_plain_sight *sight, struct qr_plain *out_plain)
{
    static const struct {
        int mode, width;
    } modes[] = {{1, 10}, {2, 9}, {4, 8}};
    float padding[2][QR_PLAIN_MAX + 1], best_speaks = AGREEMENT_MIN;
    struct guess best = {0};

    assert(sight->len <= QR_PLAIN_MAX && sight->version < 10);
    padding_speaks(sight, padding);
    for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
        struct guess guess = {modes[m].mode, modes[m].width, 1, 0};

        for (;; guess.count++) {
            guess.end = 4 + guess.width + bits_of(guess.mode, guess.count);
            if ((guess.end + 4 + 7) / 8 > sight->len - PADDING_MIN)
                break;
            float speaks = guess_speaks(sight, &guess, (const float(*)[QR_PLAIN_MAX + 1]) padding);
            if (speaks > best_speaks) {
                best_speaks = speaks;
                best = guess;
            }
        }
    }
    if (best.mode == 0)
        return false;
    tell(&best, sight->len, out_plain);
    return true;
}
