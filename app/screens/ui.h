#ifndef APP_SCREENS_UI_H
#define APP_SCREENS_UI_H

/*
 * Draws view models with Cairo and Pango straight into the display's pixels, only where something changed, and says
 * what a touch means. Main thread only. Knows nothing of the flow, the till or devices.
 */

#include "hal/display.h"
#include "view/view_model.h"

struct ui;

#define UI_HITS_MAX   64
#define UI_DAMAGE_MAX 16

struct ui_hit {
    char name[32]; /* stable, for the control socket: "scan", "key_7", "pick_clerk_3", "page_2" */
    struct rect area;
    enum intent intent;
    int64_t argument;
    bool held; /* counts from the touch on: down gives the intent with argument 1, letting go gives it with 0 */
};

/* The camera's latest picture, for the viewfinder. */
struct ui_picture {
    const uint8_t *grey;
    int width, height, stride;
    bool has_outline;
    struct {
        float x, y;
    } outline[4]; /* of the code that was seen, in picture coordinates */
};

struct ui_options {
    int width, height;       /* pixels, after rotation */
    const char *assets_dir;  /* icons, translations */
    const char *font_family; /* NULL = the theme's ("Noto Sans CJK SC") */
};

/* -ENOENT: assets are missing; *out_missing_font says that no Chinese font was found (drawn all the same). */
MUST_CHECK int ui_open(const struct ui_options *options, struct ui **out_ui, bool *out_missing_font);
void ui_close(struct ui *ui);

/*
 * Draws what differs from the last model into the frame and says where (at most UI_DAMAGE_MAX rectangles, none when
 * nothing changed). picture is the camera's latest and goes with every draw of the viewfinder; NULL leaves its field
 * dark. now_mono_ms drives the pressed look of buttons; ui_next_ms says in how many milliseconds to call again for it
 * (0 = at once, -1 = not before something changes).
 */
int ui_draw(struct ui *ui, const struct view_model *view, const struct ui_picture *picture, int64_t now_mono_ms,
            const struct display_frame *frame, struct rect out_damage[UI_DAMAGE_MAX]);
int64_t ui_next_ms(const struct ui *ui, int64_t now_mono_ms);
/* Forget what is on the screen: the next draw is whole (display reopened). */
void ui_invalidate(struct ui *ui);

/* Touch: down shows the pressed state; up on the same area gives its intent (INTENT_NONE otherwise). Of a held area the
 * intent comes at once, and again wherever the finger is lifted. */
enum intent ui_pointer_down(struct ui *ui, int x, int y);
enum intent ui_pointer_up(struct ui *ui, int x, int y, int64_t *out_argument);
/* What can be touched now; owned by the ui until the next draw. */
const struct ui_hit *ui_hits(const struct ui *ui, size_t *out_count);

#endif
