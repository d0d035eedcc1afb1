#include <math.h>
#include <string.h>

#include "screens/canvas.h"
#include "screens/picture.h"

void canvas_init(struct canvas *canvas, struct icons *icons)
{
    memset(canvas, 0, sizeof(*canvas));
    canvas->icons = icons;
}

void canvas_finish(struct canvas *canvas)
{
    if (canvas->cairo != NULL) {
        cairo_destroy(canvas->cairo);
        cairo_surface_destroy(canvas->surface);
    }
    canvas->cairo = NULL;
    canvas->surface = NULL;
}

bool canvas_is_on(const struct canvas *canvas, const struct display_frame *frame)
{
    const struct display_frame *own = &canvas->frame;
    return canvas->cairo != NULL && own->pixels == frame->pixels && own->width == frame->width &&
           own->height == frame->height && own->stride_bytes == frame->stride_bytes;
}

int canvas_target(struct canvas *canvas, const struct display_frame *frame)
{
    if (canvas_is_on(canvas, frame)) {
        return 0;
    }
    canvas_finish(canvas);
    cairo_surface_t *surface = cairo_image_surface_create_for_data((unsigned char *)frame->pixels, CAIRO_FORMAT_RGB24,
                                                                   frame->width, frame->height, frame->stride_bytes);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_status_t status = cairo_surface_status(surface);
        cairo_surface_destroy(surface);
        return status == CAIRO_STATUS_NO_MEMORY ? -ENOMEM : -EINVAL;
    }
    canvas->surface = surface;
    canvas->cairo = cairo_create(surface);
    canvas->frame = *frame;
    return 0;
}

static void set_colour(cairo_t *cairo, uint32_t colour)
{
    cairo_set_source_rgba(cairo, ((colour >> 16) & 0xFF) / 255.0, ((colour >> 8) & 0xFF) / 255.0,
                          (colour & 0xFF) / 255.0, (colour >> 24) / 255.0);
}

static void round_path(cairo_t *cairo, struct rect r, double inset, double radius)
{
    double x = r.x + inset;
    double y = r.y + inset;
    double width = r.width - 2 * inset;
    double height = r.height - 2 * inset;
    double most = fmin(width, height) / 2;
    double round = fmax(fmin(radius - inset, most), 0);
    if (round <= 0) {
        cairo_rectangle(cairo, x, y, width, height);
        return;
    }
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + width - round, y + round, round, -M_PI / 2, 0);
    cairo_arc(cairo, x + width - round, y + height - round, round, 0, M_PI / 2);
    cairo_arc(cairo, x + round, y + height - round, round, M_PI / 2, M_PI);
    cairo_arc(cairo, x + round, y + round, round, M_PI, 3 * M_PI / 2);
    cairo_close_path(cairo);
}

static void set_gradient(cairo_t *cairo, struct rect area, uint32_t from, uint32_t to)
{
    cairo_pattern_t *pattern = cairo_pattern_create_linear(area.x, area.y, area.x, rect_bottom(area));
    cairo_pattern_add_color_stop_rgba(pattern, 0, ((from >> 16) & 0xFF) / 255.0, ((from >> 8) & 0xFF) / 255.0,
                                      (from & 0xFF) / 255.0, (from >> 24) / 255.0);
    cairo_pattern_add_color_stop_rgba(pattern, 1, ((to >> 16) & 0xFF) / 255.0, ((to >> 8) & 0xFF) / 255.0,
                                      (to & 0xFF) / 255.0, (to >> 24) / 255.0);
    cairo_set_source(cairo, pattern);
    cairo_pattern_destroy(pattern);
}

static void paint_box(cairo_t *cairo, const struct item *item, int hairline)
{
    const struct box_style *box = &item->box;
    if (box->fill >> 24 != 0) {
        if (box->fill_end != 0) {
            set_gradient(cairo, item->area, box->fill, box->fill_end);
        } else {
            set_colour(cairo, box->fill);
        }
        round_path(cairo, item->area, 0, box->radius);
        cairo_fill(cairo);
    }
    if (box->edge != 0) {
        double width = box->edge_width > 0 ? box->edge_width : hairline;
        set_colour(cairo, box->edge);
        cairo_set_line_width(cairo, width);
        round_path(cairo, item->area, width / 2, box->radius);
        cairo_stroke(cairo);
    }
}

/* Of what is drawn over the camera's picture. */
static int line_width(const struct scene *scene)
{
    return scene->theme->unit / 2 + 1;
}

static void paint_outline(cairo_t *cairo, const struct scene *scene, const struct picture_map *map)
{
    for (int i = 0; i < 4; i++) {
        double x;
        double y;
        picture_point(map, (double)scene->picture->outline[i].x, (double)scene->picture->outline[i].y, &x, &y);
        if (i == 0) {
            cairo_move_to(cairo, x, y);
        } else {
            cairo_line_to(cairo, x, y);
        }
    }
    cairo_close_path(cairo);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cairo, line_width(scene));
    set_colour(cairo, 0xFF37D67Au);
    cairo_stroke(cairo);
}

/* Where the code is best held: four corners around the middle. */
static void paint_brackets(cairo_t *cairo, const struct scene *scene, struct rect area)
{
    int side = (area.width < area.height ? area.width : area.height) * 3 / 5;
    struct rect frame = rect_centred(area, side, side);
    double arm = side / 6.0;
    for (int i = 0; i < 4; i++) {
        double x = i % 2 == 0 ? frame.x : rect_right(frame);
        double y = i < 2 ? frame.y : rect_bottom(frame);
        cairo_move_to(cairo, x + (i % 2 == 0 ? arm : -arm), y);
        cairo_line_to(cairo, x, y);
        cairo_line_to(cairo, x, y + (i < 2 ? arm : -arm));
    }
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cairo, line_width(scene));
    set_colour(cairo, 0xE6FFFFFFu);
    cairo_stroke(cairo);
}

/* Covers the corners with the ground, so that the picture seems cut round. */
static void round_corners(cairo_t *cairo, const struct item *item, int radius)
{
    set_colour(cairo, item->colour);
    cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_EVEN_ODD);
    struct rect corners[4] = {
        rect_make(item->area.x, item->area.y, radius, radius),
        rect_make(rect_right(item->area) - radius, item->area.y, radius, radius),
        rect_make(item->area.x, rect_bottom(item->area) - radius, radius, radius),
        rect_make(rect_right(item->area) - radius, rect_bottom(item->area) - radius, radius, radius),
    };
    for (int i = 0; i < 4; i++) {
        cairo_save(cairo);
        cairo_rectangle(cairo, corners[i].x, corners[i].y, radius, radius);
        cairo_clip(cairo);
        cairo_rectangle(cairo, item->area.x, item->area.y, item->area.width, item->area.height);
        round_path(cairo, item->area, 0, radius);
        cairo_fill(cairo);
        cairo_restore(cairo);
    }
    cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_WINDING);
}

static void paint_picture(struct canvas *canvas, const struct scene *scene, const struct item *item, struct rect clip)
{
    if (scene->picture == NULL) {
        set_colour(canvas->cairo, 0xFF23211Eu);
        cairo_rectangle(canvas->cairo, item->area.x, item->area.y, item->area.width, item->area.height);
        cairo_fill(canvas->cairo);
    } else {
        struct picture_map map = picture_cover(scene->picture, item->area);
        cairo_surface_flush(canvas->surface);
        picture_draw(scene->picture, &map, &canvas->frame, clip);
        cairo_surface_mark_dirty(canvas->surface);
        if (!scene->picture->has_outline) {
            paint_brackets(canvas->cairo, scene, item->area);
        } else {
            cairo_save(canvas->cairo);
            cairo_rectangle(canvas->cairo, item->area.x, item->area.y, item->area.width, item->area.height);
            cairo_clip(canvas->cairo);
            paint_outline(canvas->cairo, scene, &map);
            cairo_restore(canvas->cairo);
        }
    }
    round_corners(canvas->cairo, item, scene->theme->radius);
}

static void paint_item(struct canvas *canvas, const struct scene *scene, const struct item *item, struct rect clip)
{
    switch (item->kind) {
    case ITEM_BOX:
        paint_box(canvas->cairo, item, scene->theme->hairline);
        break;
    case ITEM_TEXT:
        text_draw(scene->engine, canvas->cairo, &item->style, item->text, item->area);
        break;
    case ITEM_ICON:
        icons_draw(canvas->icons, canvas->cairo, item->icon, item->area, item->colour);
        break;
    case ITEM_QR:
        qr_draw(scene->qr, canvas->cairo, item->text, item->area);
        break;
    case ITEM_PICTURE:
        paint_picture(canvas, scene, item, clip);
        break;
    }
}

void canvas_paint(struct canvas *canvas, const struct scene *scene, struct rect clip)
{
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, clip.x, clip.y, clip.width, clip.height);
    cairo_clip(canvas->cairo);
    for (size_t i = 0; i < scene->item_count; i++) {
        const struct item *item = &scene->items[i];
        if (rect_overlap(item->bounds, clip)) {
            paint_item(canvas, scene, item, clip);
        }
    }
    cairo_restore(canvas->cairo);
}
