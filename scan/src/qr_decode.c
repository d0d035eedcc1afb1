#include "qr_decode.h"

#include "qr_plain.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * How unlikely, in bits, a block must be to have come out of noise. 28 lets through what the standard lets each version
 * correct (its misdecode protection included).
 */
#define EVIDENCE_MIN 28.0

/* Row and column swapped: how a mirrored symbol is read. */
static int soft_at(const struct qr_soft *soft, bool mirrored, int row, int column)
{
    int side = qr_side(soft->version);

    return mirrored ? soft->at[column * side + row] : soft->at[row * side + column];
}

/* ---- format ---- */

static void format_softs(const struct qr_soft *soft, bool mirrored, int out[15])
{
    int side = qr_side(soft->version);

    for (int i = 0; i < 15; i++) {
        int row = i < 6 ? i : i == 6 ? 7 : 8, column = i < 8 ? 8 : i == 8 ? 7 : 14 - i;

        out[i] = soft_at(soft, mirrored, row, column);
        out[i] += i < 8 ? soft_at(soft, mirrored, 8, side - 1 - i) : soft_at(soft, mirrored, side - 15 + i, 8);
    }
}

/* The likeliest five format bits with their score. */
static int best_format(const struct qr_soft *soft, bool mirrored, int *out_score)
{
    int softs[15], best = 0, best_score = -1000000;

    format_softs(soft, mirrored, softs);
    for (int five = 0; five < 32; five++) {
        uint32_t word = qr_format_word(five);
        int score = 0;

        for (int i = 0; i < 15; i++)
            score += word >> i & 1 ? softs[i] : -softs[i];
        if (score > best_score) {
            best_score = score;
            best = five;
        }
    }
    *out_score = best_score;
    return best;
}

/* ---- codewords ---- */

static void map_for(struct qr_decoder *decoder, int version)
{
    if (decoder->map_version != version)
        qr_function_map(version, decoder->map);
    decoder->map_version = version;
}

static void read_words(struct qr_decoder *decoder, const struct qr_soft *soft, bool mirrored, int mask)
{
    int side = qr_side(soft->version), bit = 0, word = 0, doubt = 0;
    int total = qr_blocks_of(soft->version, QR_LEVEL_M).total;

    for (int right = side - 1; right >= 1; right -= 2) {
        right = right == 6 ? 5 : right;
        for (int step = 0; step < 2 * side; step++) {
            int column = right - step % 2, row = (right + 1) & 2 ? step / 2 : side - 1 - step / 2;

            if (decoder->map[row * side + column] || bit >= total * 8)
                continue;
            int value = soft_at(soft, mirrored, row, column), sure = value < 0 ? -value : value;
            word = word << 1 | ((value > 0) ^ qr_mask_bit(mask, row, column));
            sure = sure > 127 ? 127 : sure;
            doubt += decoder->doubts[sure];
            decoder->sure[bit] = (uint8_t)sure;
            if (++bit % 8 == 0) {
                decoder->words[bit / 8 - 1] = (uint8_t)word;
                decoder->doubt[bit / 8 - 1] = (uint16_t)doubt;
                word = 0;
                doubt = 0;
            }
        }
    }
}

/* Where word i of a block stands among the interleaved ones. */
static int interleaved(const struct qr_blocks *blocks, int block, int i)
{
    int data = blocks->short_data + (block >= blocks->short_count);

    if (i < blocks->short_data)
        return i * blocks->count + block;
    if (i < data) /* the one word more of the long blocks */
        return blocks->short_data * blocks->count + block - blocks->short_count;
    return blocks->total - blocks->ecc * blocks->count + (i - data) * blocks->count + block;
}

static double log2_choose(int n, int k)
{
    double sum = 0;

    for (int i = 0; i < k; i++)
        sum += log2((double)(n - i) / (double)(i + 1));
    return sum;
}

/* Bits that a certainty of n agreeing bits out of total weighs: random ones agree by half (Chernoff's bound). */
static double agreement_of(int agreeing, int total)
{
    if (2 * agreeing <= total)
        return 0;
    double p = (double)agreeing / (double)total, q = 1 - p;

    return (double)total * (1 + p * log2(p) + (q > 0 ? q * log2(q) : 0));
}

/* What was seen of a block: its words, and of each bit how sure it is. */
struct sight {
    const struct qr_decoder *decoder;
    int len, ecc;
    int version; /* of a symbol of one block; else 0 */
    uint8_t words[QR_BLOCK_MAX];
    uint16_t doubt[QR_BLOCK_MAX];
    uint8_t sure[QR_BLOCK_MAX][8];
};

/* Which bits of a block count as seen again in what they became: those of words given up or corrected. */
struct regained {
    uint8_t bits[QR_BLOCK_MAX];
};

/*
 * Bits that what was seen weighs against random ones that agree with what they became: by Chernoff's bound, once by
 * their number alone, once by how sure each was.
 */
static double agreement(const struct rs_block *block, const struct sight *sight, const struct regained *regained)
{
    double sums[QR_TILTS] = {0}, against = 0, best = 0;
    int total = 0, agreeing = 0;

    for (int i = 0; i < block->len; i++) {
        for (int b = 0; regained->bits[i] && b < 8; b++) {
            if (!(regained->bits[i] >> (7 - b) & 1))
                continue;
            bool agrees = !((block->words[i] ^ sight->words[i]) >> (7 - b) & 1);
            total++;
            agreeing += agrees;
            against += agrees ? 0 : sight->sure[i][b];
            for (int t = 0; t < QR_TILTS; t++)
                sums[t] += (double)sight->decoder->tilted[t][sight->sure[i][b]];
        }
    }
    for (int t = 0; t < QR_TILTS; t++) {
        double bits = sums[t] - against * (double)QR_TILT_FIRST * (double)(1 << t) / M_LN2;
        best = bits > best ? bits : best;
    }
    double by_number = agreement_of(agreeing, total);
    return best > by_number ? best : by_number;
}

/*
 * Minus log2 of the chance that random words would have been correctable the same way, and that what was seen of the
 * words given up or corrected would be as near to what they became. What was fixed beforehand (plain, NULL: nothing)
 * says nothing, and a codeword that contradicts it is none.
 */
static double evidence(const struct rs_block *block, int wrong, const struct sight *sight, const struct qr_plain *plain)
{
    struct regained regained = {{0}};
    int len = block->len;

    for (int i = 0; i < block->erased_count; i++)
        regained.bits[block->erased[i]] = 0xff;
    for (int i = 0; i < block->len; i++) {
        uint8_t fixed = plain && i < block->len - block->ecc ? plain->fixed[i] : 0;

        if (fixed && ((block->words[i] ^ plain->words[i]) & fixed))
            return 0;
        if (block->words[i] != sight->words[i])
            regained.bits[i] = 0xff;
        regained.bits[i] &= (uint8_t)~fixed;
        len -= fixed == 0xff;
    }
    return 8.0 * (block->ecc - block->erased_count - wrong) - log2_choose(len - block->erased_count, wrong) +
           agreement(block, sight, &regained);
}

static bool is_believed(const struct rs_block *block, int wrong, const struct sight *sight,
                        const struct qr_plain *plain)
{
    return evidence(block, wrong, sight, plain) >= EVIDENCE_MIN;
}

/* The same for the codeword that is nearest of all: minus log2 of the chance that random words have one so near. */
static double evidence_of_nearest(const struct rs_block *block, const struct sight *sight, const struct qr_plain *plain)
{
    struct regained regained;
    int free = 0;

    memset(&regained, 0xff, sizeof(regained));
    for (int i = 0; i < block->len - block->ecc; i++) {
        regained.bits[i] = (uint8_t) ~(plain ? plain->fixed[i] : 0);
        free += __builtin_popcount(regained.bits[i]);
    }
    return agreement(block, sight, &regained) - free;
}

static void order_by_doubt(const uint16_t *doubt, int len, int ecc, uint8_t *out_order)
{
    bool taken[QR_BLOCK_MAX] = {false};

    for (int k = 0; k < ecc; k++) {
        int worst = -1;

        for (int i = 0; i < len; i++)
            if (!taken[i] && (worst < 0 || doubt[i] > doubt[worst]))
                worst = i;
        taken[worst] = true;
        out_order[k] = (uint8_t)worst;
    }
}

/* With what a plain message fixes put in place of what was seen; believed only by what was seen. */
static int correct_plain(const struct sight *sight, uint8_t *out_words)
{
    int len = sight->len, ecc = sight->ecc;
    struct qr_plain_sight seen = {sight->decoder, sight->words, sight->sure, len - ecc, sight->version};
    uint8_t order[QR_BLOCK_MAX], words[QR_BLOCK_MAX], trial[QR_BLOCK_MAX], syndrome[RS_ECC_MAX];
    uint16_t doubt[QR_BLOCK_MAX];
    struct rs_block block = {words, len, ecc, order, 0};
    struct qr_plain plain;

    if (!qr_plain_guess(&seen, &plain))
        return -1;
    memcpy(words, sight->words, (size_t)len);
    memcpy(doubt, sight->doubt, (size_t)len * sizeof(doubt[0]));
    for (int i = 0; i < len - ecc; i++) {
        words[i] = (uint8_t)((words[i] & ~plain.fixed[i]) | plain.words[i]);
        for (int b = 0; b < 8; b++)
            if (plain.fixed[i] >> (7 - b) & 1)
                doubt[i] = (uint16_t)(doubt[i] - sight->decoder->doubts[sight->sure[i][b]]);
    }
    bool whole = !rs_syndromes(&sight->decoder->field, &block, syndrome);
    order_by_doubt(doubt, len, ecc, order);
    block.words = trial;
    for (int erased = 0; erased <= (whole ? 0 : ecc); erased += erased + 1 == ecc ? 1 : 2) {
        block.erased_count = erased;
        memcpy(trial, words, (size_t)len);
        int wrong = whole ? 0 : rs_correct_known(&sight->decoder->field, &block, syndrome);
        if (wrong >= 0 && is_believed(&block, wrong, sight, &plain)) {
            memcpy(out_words, trial, (size_t)len);
            return 0;
        }
    }
    return -1;
}

/* Plain first, then with ever more of the least certain words given up. Returns the share of correction left in %, or
 * -1.
 */
static int correct_block(const struct sight *sight, uint8_t *out_words)
{
    int len = sight->len, ecc = sight->ecc;
    uint8_t order[QR_BLOCK_MAX], trial[QR_BLOCK_MAX], syndrome[RS_ECC_MAX];
    struct rs_block block = {trial, len, ecc, order, 0};
    const struct rs_field *field = &sight->decoder->field;

    assert(ecc > 0 && ecc < len);
    memcpy(trial, sight->words, (size_t)len);
    memcpy(out_words, trial, (size_t)len);
    if (!rs_syndromes(field, &block, syndrome))
        return is_believed(&block, 0, sight, NULL) ? 100 : -1;
    int wrong = rs_correct_known(field, &block, syndrome);
    if (wrong >= 0 && is_believed(&block, wrong, sight, NULL)) {
        memcpy(out_words, trial, (size_t)len);
        return 100 - 100 * wrong / ecc;
    }
    order_by_doubt(sight->doubt, len, ecc, order);
    for (int erased = 2; erased <= ecc; erased += erased + 1 == ecc ? 1 : 2) {
        block.erased_count = erased;
        memcpy(trial, sight->words, (size_t)len);
        wrong = rs_correct_known(field, &block, syndrome);
        if (wrong >= 0 && is_believed(&block, wrong, sight, NULL)) {
            memcpy(out_words, trial, (size_t)len);
            return 100 - 100 * (erased + 2 * wrong) / (2 * ecc);
        }
    }
    return sight->version > 0 ? correct_plain(sight, out_words) : -1;
}

/* Where what was seen tells less than that share of what is to be known, no search finds it. */
#define PROMISING 0.9f

static bool is_promising(const struct sight *sight, const struct qr_plain *plain)
{
    float told = 0, wanted = 0;

    for (int i = 0; i < sight->len; i++) {
        for (int b = 0; b < 8; b++) {
            if (plain && i < sight->len - sight->ecc && plain->fixed[i] >> (7 - b) & 1)
                continue;
            told += sight->decoder->worth[sight->sure[i][b]];
            wanted += i < sight->len - sight->ecc;
        }
    }
    return told >= PROMISING * wanted;
}

static int search_with(struct qr_decoder *decoder, const struct sight *sight, const struct qr_plain *plain,
                       uint8_t *out_words)
{
    uint8_t words[QR_BLOCK_MAX], fixed[QR_BLOCK_MAX] = {0}, found[QR_BLOCK_MAX];
    struct rs_sight seen = {words, sight->sure, fixed, sight->len, sight->ecc};
    struct rs_block block = {found, sight->len, sight->ecc, NULL, 0};

    if (!is_promising(sight, plain))
        return -1;
    memcpy(words, sight->words, (size_t)sight->len);
    for (int i = 0; plain && i < sight->len - sight->ecc; i++) {
        fixed[i] = plain->fixed[i];
        words[i] = (uint8_t)((words[i] & ~fixed[i]) | plain->words[i]);
    }
    if (!rs_search_nearest(&decoder->search, &decoder->field, &seen, found) ||
        evidence_of_nearest(&block, sight, plain) < EVIDENCE_MIN)
        return -1;
    memcpy(out_words, found, (size_t)sight->len);
    return 0;
}

/* For what no correction of words has read: the nearest codeword bit by bit, of a plain message first. */
static int search_block(struct qr_decoder *decoder, const struct sight *sight, uint8_t *out_words)
{
    struct qr_plain_sight seen = {decoder, sight->words, sight->sure, sight->len - sight->ecc, sight->version};
    struct qr_plain plain;

    if (sight->version > 0 && qr_plain_guess(&seen, &plain) && search_with(decoder, sight, &plain, out_words) == 0)
        return 0;
    return search_with(decoder, sight, NULL, out_words);
}

static int correct_all(struct qr_decoder *decoder, const struct qr_blocks *blocks, int version, bool thorough,
                       int *out_len)
{
    int quality = 100, len = 0;

    for (int b = 0; b < blocks->count; b++) {
        int data = blocks->short_data + (b >= blocks->short_count);
        struct sight sight;
        uint8_t words[QR_BLOCK_MAX];

        sight.decoder = decoder;
        sight.len = data + blocks->ecc;
        sight.ecc = blocks->ecc;
        sight.version = blocks->count == 1 ? version : 0;
        for (int i = 0; i < data + blocks->ecc; i++) {
            int at = interleaved(blocks, b, i);

            sight.words[i] = decoder->words[at];
            sight.doubt[i] = decoder->doubt[at];
            memcpy(sight.sure[i], decoder->sure + (size_t)at * 8, 8);
        }
        int left = correct_block(&sight, words);
        if (left < 0 && thorough)
            left = search_block(decoder, &sight, words);
        if (left < 0)
            return -1;
        quality = left < quality ? left : quality;
        memcpy(decoder->data + len, words, (size_t)data);
        len += data;
    }
    *out_len = len;
    return quality < 1 ? 1 : quality;
}

void qr_decoder_init(struct qr_decoder *decoder)
{
    memset(decoder, 0, sizeof(*decoder));
    rs_field_init(&decoder->field);
    for (int sure = 0; sure < 128; sure++)
        decoder->doubts[sure] = (uint16_t)lroundf(2000.0f / (1.0f + expf((float)sure / 12.0f)));
    for (int sure = 0; sure < 128; sure++) {
        double wrong = 1 / (1 + exp((double)sure / 12));
        decoder->worth[sure] = (float)(1 + wrong * log2(wrong) + (1 - wrong) * log2(1 - wrong));
    }
    for (int t = 0; t < QR_TILTS; t++)
        for (int sure = 0; sure < 128; sure++)
            decoder->tilted[t][sure] = 1 - log2f(1 + expf(-QR_TILT_FIRST * (float)(1 << t) * (float)sure));
}

static int decode(struct qr_decoder *decoder, const struct qr_soft *soft, bool thorough, struct qr_content *out_content,
                  struct qr_reading *out_reading)
{
    int scores[2], fives[2], len;

    assert(soft->version >= 1 && soft->version <= QR_VERSION_MAX);
    map_for(decoder, soft->version);
    for (int m = 0; m < 2; m++)
        fives[m] = best_format(soft, m, &scores[m]);
    bool mirrored = scores[1] > scores[0];
    int five = fives[mirrored];
    enum qr_level level = (enum qr_level)(five >> 3);
    struct qr_blocks blocks = qr_blocks_of(soft->version, level);

    read_words(decoder, soft, mirrored, five & 7);
    int quality = correct_all(decoder, &blocks, soft->version, thorough, &len);
    if (quality < 0 || qr_segments_read(decoder->data, len, soft->version, out_content))
        return -EILSEQ;
    *out_reading = (struct qr_reading){level, mirrored, quality};
    return 0;
}

int qr_decode(struct qr_decoder *decoder, const struct qr_soft *soft, struct qr_content *out_content,
              struct qr_reading *out_reading)
{
    return decode(decoder, soft, false, out_content, out_reading);
}

int qr_decode_thoroughly(struct qr_decoder *decoder, const struct qr_soft *soft, struct qr_content *out_content,
                         struct qr_reading *out_reading)
{
    return decode(decoder, soft, true, out_content, out_reading);
}
