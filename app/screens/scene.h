#ifndef APP_SCREENS_SCENE_H
#define APP_SCREENS_SCENE_H

/*
 * A screen as a flat list of things to paint, in painting order, and of places to touch. A screen is a pure function
 * from the view model to a scene; two scenes compared say what must be painted anew. Fixed capacities: a screen that
 * overruns them is a programming mistake and asserts. Main thread.
 */

#include "screens/geometry.h"
#include "screens/icons.h"
#include "screens/qr.h"
#include "screens/text.h"
#include "screens/ui.h"
#include "screens/words.h"

#define SCENE_ITEMS_MAX 400
#define SCENE_POOL      24576u /* bytes of text */

enum item_kind { ITEM_BOX, ITEM_TEXT, ITEM_ICON, ITEM_QR, ITEM_PICTURE };

struct box_style {
    uint32_t fill;
    uint32_t fill_end; /* colour at the bottom; 0 = flat */
    uint32_t edge;     /* 0 = none */
    int radius;
    int edge_width; /* 0 = the theme's hairline */
};

struct item {
    enum item_kind kind;
    enum icon icon;
    struct rect area;   /* where it is laid out */
    struct rect bounds; /* all that painting it may touch */
    uint64_t hash;      /* of everything that can be seen of it, its place included */
    uint32_t colour;
    const char *text; /* in the pool */
    struct box_style box;
    struct text_style style;
};

struct scene {
    const struct theme *theme;
    const struct words *words;
    struct text_engine *engine; /* for measuring */
    struct qr *qr;              /* for measuring */
    const char *pressed;        /* name of the hit under the finger; "" = none */
    const struct ui_picture *picture;
    uint32_t picture_no;

    size_t item_count, hit_count, pool_used;
    struct item items[SCENE_ITEMS_MAX];
    struct ui_hit hits[UI_HITS_MAX];
    char pool[SCENE_POOL];
};

void scene_clear(struct scene *scene);

void scene_box(struct scene *scene, struct rect area, struct box_style style);
void scene_fill(struct scene *scene, struct rect area, uint32_t colour);
void scene_text(struct scene *scene, struct rect area, struct text_style style, const char *text);
void scene_icon(struct scene *scene, struct rect area, enum icon icon, uint32_t colour);
void scene_qr(struct scene *scene, struct rect area, const char *text);
/* The camera's picture with rounded corners on this ground colour. */
void scene_picture(struct scene *scene, struct rect area, uint32_t ground);
void scene_hit(struct scene *scene, struct rect area, struct ui_hit hit); /* hit.area is set to area */
bool scene_pressed(const struct scene *scene, const char *name);

/* Width of a single line at its size; height when wrapped to a width. */
int scene_text_width(const struct scene *scene, struct text_style style, const char *text);
int scene_text_height(const struct scene *scene, struct text_style style, const char *text, int width);

/* Translations. */
const char *say(const struct scene *scene, const char *message);
const char *say_plural(const struct scene *scene, const char *one, const char *many, uint64_t n);
#define N_(message) message /* marks a message of a table for xgettext */

#define MONEY_LABEL_MAX 32
/* "¥68.00"; signed: "+¥3.40", "−¥20.00". */
const char *money_label(int64_t amount_minor, bool with_sign, char out[MONEY_LABEL_MAX]);

/* What differs between what is on the display and what shall be: at most UI_DAMAGE_MAX rectangles inside the frame. */
int scene_compare(const struct scene *old, const struct scene *new, struct rect frame,
                  struct rect out_damage[UI_DAMAGE_MAX]);

#endif
