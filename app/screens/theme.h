#ifndef APP_SCREENS_THEME_H
#define APP_SCREENS_THEME_H

/*
 * Every measure and colour in one place. Lengths come from the display's size: the grid step is 8 px at 800 lines.
 * Touch targets are 9 mm at the panel this resolution is sold with (800×480: 7", 1280×800: 10.1", larger: 15.6").
 */

#include <stdbool.h>
#include <stdint.h>

#include "view/view_model.h"

#define THEME_FONT "Noto Sans CJK SC"

enum text_size { TEXT_CAPTION, TEXT_BODY, TEXT_LEAD, TEXT_TITLE, TEXT_DISPLAY, TEXT_SIZES };

struct theme {
    int width, height;
    bool portrait;
    bool compact; /* short side under 600 px: every line counts */

    int unit;     /* grid step */
    int margin;   /* between content and the display's edge */
    int gap;      /* between cards */
    int pad;      /* inside a card */
    int radius;   /* of a card's corners */
    int hairline; /* of edges */
    int touch;    /* least side of what can be touched: 9 mm */
    int button;   /* height of a main button */
    int strip;    /* height of the status strip */
    int text[TEXT_SIZES];

    /* 0xAARRGGBB */
    uint32_t paper, card, sunken, line, ink, muted;
    uint32_t accent, on_accent; /* a filled accent and what stands on it */
    uint32_t accent_ink;        /* the accent as text on paper: dark enough to read */
    uint32_t accent_soft;       /* a breath of it, for backgrounds */
    uint32_t good, ask, refuse, wait, on_ask;
};

void theme_init(struct theme *theme, int width, int height);
/* 0 = the house's own accent. */
void theme_set_accent(struct theme *theme, uint32_t rgb);

uint32_t theme_tone(const struct theme *theme, enum view_tone tone);
uint32_t theme_on_tone(const struct theme *theme, enum view_tone tone);

/* permille of b in a; alpha as in a. */
uint32_t colour_mix(uint32_t a, uint32_t b, int permille);
uint32_t colour_alpha(uint32_t colour, int alpha);
/* WCAG contrast ratio in hundredths: 450 = 4.5 : 1. */
int colour_contrast(uint32_t a, uint32_t b);
/* White or ink, whichever is the easier to read on this ground. */
uint32_t colour_on(uint32_t ground);

#endif
