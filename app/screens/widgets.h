#ifndef APP_SCREENS_WIDGETS_H
#define APP_SCREENS_WIDGETS_H

/* What every screen is made of. Each widget adds items, and a hit when it can be touched. */

#include "screens/scene.h"

/* Text in one of the five sizes. */
struct text_style style_text(const struct scene *scene, enum text_size size, uint32_t colour);
struct text_style style_bold(const struct scene *scene, enum text_size size, uint32_t colour);
struct text_style style_centred(struct text_style style);
struct text_style style_end(struct text_style style);
struct text_style style_lines(struct text_style style, int lines);
struct text_style style_sentence(struct text_style style);
struct text_style style_place(struct text_style style, enum text_place place);

/* Height that n lines of this size take. */
int block_of_lines(const struct scene *scene, enum text_size size, int lines);

/* A white card with soft corners and a quiet edge; returns what is left inside the padding. */
struct rect widget_card(struct scene *scene, struct rect area);
void widget_card_only(struct scene *scene, struct rect area);
/* The same, tinted. */
void widget_panel(struct scene *scene, struct rect area, uint32_t fill);

enum button_kind {
    BUTTON_PRIMARY, /* the accent */
    BUTTON_PLAIN,   /* white with an edge */
    BUTTON_QUIET,   /* no ground */
    BUTTON_DANGER   /* white with red words */
};

struct button {
    enum button_kind kind;
    enum icon icon;
    const char *label; /* in the language of the screen; NULL = icon alone */
    const char *hint;  /* a second, smaller line; NULL = none */
    bool tall;         /* the icon above the label */
    bool disabled;     /* greyed, no hit */
    uint32_t ground;   /* 0 = of the kind; else a full colour, e.g. on a verdict */
    struct ui_hit hit; /* name, intent, argument */
};
void widget_button(struct scene *scene, struct rect area, const struct button *button);
struct ui_hit hit_of(const char *name, enum intent intent, int64_t argument);

/* A coloured pill with an icon and a few words, as wide as they need; returns its width. It stands at the area's end.
 */
struct pill {
    enum icon icon;
    const char *text;
    uint32_t fill, ink;
};
int widget_pill_width(const struct scene *scene, const struct pill *pill, int height);
void widget_pill(struct scene *scene, struct rect area, const struct pill *pill);

/* An icon in a soft disc. */
void widget_disc(struct scene *scene, struct rect area, enum icon icon, uint32_t fill, uint32_t ink);
void widget_line(struct scene *scene, struct rect area); /* along the area's upper edge */

/* A label at the start and a value at the end of one line. */
struct pair_row {
    const char *label, *value;
    uint32_t ink; /* of the value; 0 = ink */
    bool money, strong;
    enum text_size size;
};
void widget_pair(struct scene *scene, struct rect area, const struct pair_row *row);

/* Digits 1–9, then clear, 0 and erase: key_0…key_9, clear, erase. */
void widget_pad(struct scene *scene, struct rect area);
/* Dots for typed digits, boxes for those to come. */
void widget_dots(struct scene *scene, struct rect area, uint32_t filled, uint32_t total);

#endif
