#include <math.h>
#include <string.h>

#include "screens/theme.h"

#define WHITE        0xFFFFFFFFu
#define INK          0xFF1D1B18u
#define HOUSE_ACCENT 0x0E5E6Fu

static int least(int a, int b)
{
    return a < b ? a : b;
}

uint32_t colour_mix(uint32_t a, uint32_t b, int permille)
{
    uint32_t out = a & 0xFF000000u;
    for (int shift = 0; shift <= 16; shift += 8) {
        int from = (int)((a >> shift) & 0xFF);
        int to = (int)((b >> shift) & 0xFF);
        out |= (uint32_t)(from + ((to - from) * permille) / 1000) << shift;
    }
    return out;
}

uint32_t colour_alpha(uint32_t colour, int alpha)
{
    return (colour & 0x00FFFFFFu) | (uint32_t)alpha << 24;
}

static double channel_luminance(uint32_t value)
{
    double c = value / 255.0;
    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
    return 0.2126 * channel_luminance((colour >> 16) & 0xFF) + 0.7152 * channel_luminance((colour >> 8) & 0xFF) +
           0.0722 * channel_luminance(colour & 0xFF);
}

int colour_contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a) + 0.05;
    double lb = luminance(b) + 0.05;
    return (int)(100 * (la > lb ? la / lb : lb / la));
}

uint32_t colour_on(uint32_t ground)
{
    return colour_contrast(ground, WHITE) >= 320 ? WHITE : INK;
}

/* Millimetres to pixels on the panel that this resolution is sold with. */
static int millimetres(int width, int height, double mm)
{
    double diagonal = sqrt((double)width * width + (double)height * height);
    int shorter = least(width, height);
    double inches = shorter <= 600 ? 7.0 : shorter <= 900 ? 10.1 : 15.6;
    return (int)ceil(diagonal / inches / 25.4 * mm);
}

/* The scale in permille, 1000 at 800 lines. Type shrinks less than a small panel does; a tall panel is looked at from
 * further away. */
static int scale_of(int width, int height)
{
    int shorter = least(width, height);
    int scale = shorter <= 800 ? 1000 * (shorter + 800) / 1600 : 1000 * (shorter + 120) / 920;
    return height > width ? scale * 27 / 25 : scale;
}

static void theme_colours(struct theme *t)
{
    t->paper = 0xFFF6F3ECu;
    t->card = 0xFFFFFFFFu;
    t->sunken = 0xFFEDE9DFu;
    t->line = 0xFFE0DBCFu;
    t->ink = INK;
    t->muted = 0xFF655F56u;
    t->good = 0xFF0B6B3Au;
    t->ask = 0xFFF4B63Fu;
    t->refuse = 0xFFA31D17u;
    t->wait = 0xFF2B4868u;
    t->on_ask = 0xFF2A1F04u;
    theme_set_accent(t, 0);
}

void theme_init(struct theme *theme, int width, int height)
{
    static const int sizes[TEXT_SIZES] = {18, 24, 34, 52, 104};
    int scale = scale_of(width, height);
    memset(theme, 0, sizeof(*theme));
    theme->width = width;
    theme->height = height;
    theme->portrait = height > width;
    theme->compact = least(width, height) < 600;
    theme->unit = (8 * scale + 500) / 1000;
    theme->margin = theme->unit * (theme->compact ? 2 : 4);
    theme->gap = theme->unit * (theme->compact ? 2 : 3);
    theme->pad = theme->unit * (theme->compact ? 2 : 4);
    theme->radius = theme->unit * 2;
    theme->hairline = scale >= 1150 ? 2 : 1;
    theme->touch = millimetres(width, height, 9.0);
    theme->button = theme->touch + theme->unit * (theme->compact ? 1 : 2);
    theme->strip = theme->touch + theme->unit * (theme->compact ? 1 : 2);
    for (int i = 0; i < TEXT_SIZES; i++) {
        theme->text[i] = (sizes[i] * scale + 500) / 1000;
    }
    int roomy = theme->text[TEXT_LEAD] * 2;
    theme->strip = theme->strip > roomy ? theme->strip : roomy;
    theme->button = theme->button > roomy ? theme->button : roomy;
    theme_colours(theme);
}

void theme_set_accent(struct theme *theme, uint32_t rgb)
{
    uint32_t accent = 0xFF000000u | (rgb != 0 ? rgb & 0xFFFFFFu : HOUSE_ACCENT);
    theme->accent = accent;
    theme->on_accent = colour_on(accent);
    theme->accent_soft = colour_mix(theme->paper, accent, 110);
    theme->accent_ink = accent;
    for (int i = 0; i < 20 && colour_contrast(theme->accent_ink, theme->paper) < 450; i++) {
        theme->accent_ink = colour_mix(theme->accent_ink, 0xFF000000u, 100);
    }
}

uint32_t theme_tone(const struct theme *theme, enum view_tone tone)
{
    switch (tone) {
    case TONE_GOOD:
        return theme->good;
    case TONE_ASK:
        return theme->ask;
    case TONE_REFUSE:
        return theme->refuse;
    case TONE_WAIT:
        return theme->wait;
    }
    return theme->wait;
}

uint32_t theme_on_tone(const struct theme *theme, enum view_tone tone)
{
    return tone == TONE_ASK ? theme->on_ask : WHITE;
}
