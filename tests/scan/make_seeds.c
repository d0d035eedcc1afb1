/* make_seeds FOLDER: writes the seeds of the scanner's fuzzers anew, FOLDER/<layer>/<name>. */

#include "fuzz_scan.h"
#include "render.h"

#include <stdio.h>

static int failures;

static void write_seed(const char *folder, const char *name, const uint8_t *data, size_t len)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    failures += !file || fwrite(data, 1, len, file) != len;
    failures += file && fclose(file) != 0;
}

/* What fuzz_scan_modules takes. */
static void modules(const char *folder, const char *name, const char *text, int version, QRecLevel level)
{
    bool searched = version == 1; /* larger ones take too long */
    static uint8_t seed[1 + 177 * 177];
    QRcode *code = QRcode_encodeString8bit(text, version, level);

    if (!code) {
        failures++;
        return;
    }
    size_t count = (size_t)code->width * (size_t)code->width;
    seed[0] = (uint8_t)(code->version - 1 + (searched ? 200 : 0));
    for (size_t i = 0; i < count; i++)
        seed[1 + i] = code->data[i] & 1 ? 100 : (uint8_t)-100;
    write_seed(folder, name, seed, 1 + count);
    QRcode_free(code);
}

/* ---- the words of symbols ---- */

struct words {
    uint8_t at[2957]; /* the version first */
    int bits;
};

static void put(struct words *words, unsigned value, int bits)
{
    for (int i = bits - 1; i >= 0; i--, words->bits++)
        if (value >> i & 1)
            words->at[1 + words->bits / 8] |= (uint8_t)(0x80 >> words->bits % 8);
}

static void put_bytes(struct words *words, int count_bits, const char *bytes)
{
    put(words, 4, 4);
    put(words, (unsigned)strlen(bytes), count_bits);
    for (; *bytes; bytes++)
        put(words, (uint8_t)*bytes, 8);
}

static void put_eci(struct words *words, unsigned number)
{
    put(words, 7, 4);
    put(words, number, 8);
}

static void text(const char *folder, const char *name, struct words *words)
{
    put(words, 0, 4);
    write_seed(folder, name, words->at, 1 + (size_t)(words->bits + 7) / 8);
    *words = (struct words){.bits = 0};
}

static void make_texts(const char *folder)
{
    static struct words words;
    char line[1401] = "";

    words.at[0] = 39;
    put_eci(&words, 29);
    put_bytes(&words, 16, "\xd6\xd0\xce\xc4\x81\x30\x81\x30");
    put_eci(&words, 26);
    put_bytes(&words, 16, "https://shop.example/\xe4\xb8\xad");
    put_eci(&words, 20);
    put_bytes(&words, 16, "\x93\xfa\x96{\xb1");
    text(folder, "sets", &words);
    words.at[0] = 39;
    for (int i = 0; i < 300; i++) {
        put_eci(&words, (unsigned)(i % 2 ? 26 : 3));
        put_bytes(&words, 16, "a");
    }
    text(folder, "parts", &words);
    words.at[0] = 39;
    for (int i = 0; i < 1400; i += 2)
        memcpy(line + i, "\xd6\xd0", 3);
    put_bytes(&words, 16, line);
    text(folder, "long", &words);
    words.at[0] = 4;
    put_bytes(&words, 8, "TSC1:0123456789abcdef");
    put(&words, 3, 4); /* one of several that starts anew in the middle is what nobody writes */
    put_bytes(&words, 8, "4006381333931");
    text(folder, "coupon", &words);
}

/* What fuzz_scan_frame takes: the scanner reads it as a picture and then as three frames. */
static void frame(const char *folder, const char *name, const struct scan_image *image)
{
    static uint8_t seed[2 + FRAME_WIDTH_MAX * FRAME_HEIGHT_MAX];
    int width = image->width, height = image->height;

    if (width > FRAME_WIDTH_MAX || height > FRAME_HEIGHT_MAX) {
        failures++;
        return;
    }

    seed[0] = (uint8_t)(width - 1);
    seed[1] = 8 << 2 | 3;
    for (int y = 0; y < height; y++)
        memcpy(seed + 2 + y * width, image->grey + (size_t)y * (size_t)image->stride, (size_t)width);
    write_seed(folder, name, seed, 2 + (size_t)width * (size_t)height);
}

static void symbol(const char *folder, const char *name, const char *text, struct render_view view)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (!code) {
        failures++;
        return;
    }
    view.width = view.height = FRAME_HEIGHT_MAX;
    struct scan_image image = render_qrcode(code, &view);
    frame(folder, name, &image);
    render_finish(&image);
    QRcode_free(code);
}

static void bars(const char *folder, const char *name, const char *row)
{
    struct scan_image image = render_bars(row, 2), middle = image;

    middle.grey += 60 * image.stride; /* bars all over */
    middle.height = 40;
    frame(folder, name, &middle);
    render_finish(&image);
}

static void make_frames(const char *folder)
{
    struct render_view view = render_view_default();

    view.module = 3;
    symbol(folder, "plain", "TSC1:A", view);
    view.noise = 25;
    symbol(folder, "noisy", "TSC1:A", view);
    view.turn = 33;
    symbol(folder, "turned", "0123456789", view);
    view.tilt = 35;
    view.noise = 4;
    symbol(folder, "tilted", "TSC1:A", view);
    view.turn = 4;
    view.inverted = true;
    symbol(folder, "inverted", "TSC1:A", view);
    view.mirrored = true;
    view.module = 2.2f;
    symbol(folder, "mirrored", "https://shop.example/c", view);
    view.module = 1.2f;
    symbol(folder, "small", "https://shop.example/c?0123456789012345678901234567890123456789012345", view);
    bars(folder, "ean8", "1010001101011000100110010010011010101000010101110010011101101100101"); /* 05123452 */
    bars(folder, "code128", "1101001000010100011000100010110001100011101011");                   /* A */
}

int main(int argc, char **argv)
{
    char folder[4000];

    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return 2;
    }
    snprintf(folder, sizeof(folder), "%s/scan_modules", argv[1]);
    modules(folder, "1L", "TSC1:A", 1, QR_ECLEVEL_L);
    modules(folder, "2M", "https://shop.example/c", 2, QR_ECLEVEL_M);
    modules(folder, "3Q", "https://shop.example/c?0123456789", 3, QR_ECLEVEL_Q);
    modules(folder, "7H", "https://shop.example/c?0123456789012345678901234567890123456789", 7, QR_ECLEVEL_H);
    modules(folder, "10Q", "many blocks", 10, QR_ECLEVEL_Q);
    snprintf(folder, sizeof(folder), "%s/scan_frame", argv[1]);
    make_frames(folder);
    snprintf(folder, sizeof(folder), "%s/scan_text", argv[1]);
    make_texts(folder);
    return failures ? 1 : 0;
}
