/* What other eyes must be able to read: the follow code; and the camera's picture in its place. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zbar.h>

#include "rig.h"
#include "screens/picture.h"

static void decode(const struct display_frame *frame, char *out, size_t cap)
{
    size_t pixels = (size_t)frame->width * (size_t)frame->height;
    uint8_t *grey = malloc(pixels);
    assert_non_null(grey);
    for (size_t i = 0; i < pixels; i++) {
        grey[i] = (uint8_t)(frame->pixels[i] >> 8);
    }
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)frame->width, (unsigned)frame->height);
    zbar_image_set_data(image, grey, pixels, NULL);
    out[0] = '\0';
    if (zbar_scan_image(scanner, image) > 0) {
        snprintf(out, cap, "%s", zbar_symbol_get_data(zbar_image_first_symbol(image)));
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    free(grey);
}

static void the_follow_code_can_be_read_at_every_size(void **state)
{
    (void)state;
    static const char *const names[] = {"attract", "attract_no_offers"};
    for (int size = 0; size < SAMPLE_SIZES; size++) {
        struct rig rig;
        rig_open(&rig, sample_sizes[size]);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            struct view_model view;
            char text[256];
            sample_make(sample_named(names[i]), LANGUAGE_ZH_CN, &view);
            rig_draw(&rig, &view, NULL, 0);
            decode(&rig.frame, text, sizeof(text));
            assert_string_equal(text, view.attract.follow_url);
        }
        rig_close(&rig);
    }
}

/* Columns and rows from the first black pixel to the last inside the area. */
static int black_extent(const struct display_frame *frame, struct rect area)
{
    int first = area.width;
    int last = 0;
    for (int y = area.y; y < rect_bottom(area); y++) {
        for (int x = 0; x < area.width; x++) {
            uint32_t pixel = frame->pixels[(ptrdiff_t)y * frame->width + area.x + x] & 0xFFFFFF;
            assert_true(pixel == 0 || pixel == 0xFFFFFF);
            if (pixel == 0) {
                first = x < first ? x : first;
                last = x > last ? x : last;
            }
        }
    }
    return last - first + 1;
}

static void the_follow_code_is_pure_and_a_third_of_the_short_side(void **state)
{
    (void)state;
    for (int size = 0; size < SAMPLE_SIZES; size++) {
        struct rig rig;
        struct view_model view;
        rig_open(&rig, sample_sizes[size]);
        sample_make(sample_named("attract_no_offers"), LANGUAGE_EN, &view);
        rig_draw(&rig, &view, NULL, 0);
        bool found = false;
        for (size_t i = 0; i < ui_scene(rig.ui)->item_count; i++) {
            const struct item *item = &ui_scene(rig.ui)->items[i];
            if (item->kind == ITEM_QR) {
                int shorter = rig.frame.width < rig.frame.height ? rig.frame.width : rig.frame.height;
                assert_true(black_extent(&rig.frame, item->area) * 3 >= shorter);
                found = true;
            }
        }
        assert_true(found);
        rig_close(&rig);
    }
}

static void the_camera_picture_is_mirrored_and_covers_its_area(void **state)
{
    (void)state;
    static uint8_t grey[8 * 4];
    static uint32_t pixels[16 * 8];
    for (int i = 0; i < 8 * 4; i++) {
        grey[i] = i % 8 < 4 ? 10 : 200;
    }
    const struct ui_picture picture = {.grey = grey, .width = 8, .height = 4, .stride = 8};
    const struct display_frame frame = {pixels, 16, 8, 16 * 4};
    struct picture_map map = picture_cover(&picture, rect_make(0, 0, 16, 8));
    picture_draw(&picture, &map, &frame, rect_make(0, 0, 16, 8));
    assert_int_equal(pixels[0], 0xC8C8C8);
    assert_int_equal(pixels[15], 0x0A0A0A);
    double x;
    double y;
    picture_point(&map, 0, 0, &x, &y);
    assert_int_equal((int)x, 16);
    assert_int_equal((int)y, 0);
}

static void a_narrow_area_shows_the_middle_of_the_picture(void **state)
{
    (void)state;
    const struct ui_picture picture = {.grey = NULL, .width = 640, .height = 480, .stride = 640};
    struct picture_map map = picture_cover(&picture, rect_make(0, 0, 200, 400));
    assert_int_equal(map.source_width, 240);
    assert_int_equal(map.source_x, 200);
    assert_int_equal(map.source_height, 480);
    map = picture_cover(&picture, rect_make(0, 0, 400, 100));
    assert_int_equal(map.source_height, 160);
    assert_int_equal(map.source_y, 160);
}

static void missing_assets_are_said(void **state)
{
    (void)state;
    const struct ui_options options = {.width = 800, .height = 480, .assets_dir = "/nonexistent"};
    struct ui *ui = NULL;
    bool missing = false;
    assert_int_equal(ui_open(&options, &ui, &missing), -ENOENT);
    assert_null(ui);
}

static void a_missing_icon_is_said(void **state)
{
    (void)state;
    char folder[] = "/tmp/tillside-assets-XXXXXX";
    char link[64];
    struct ui *ui = NULL;
    bool missing = false;
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof(link), "%s/locale", folder);
    assert_int_equal(symlink(SAMPLES_ASSETS_DIR "/locale", link), 0);
    const struct ui_options options = {.width = 800, .height = 480, .assets_dir = folder};
    assert_int_equal(ui_open(&options, &ui, &missing), -ENOENT);
    unlink(link);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_follow_code_can_be_read_at_every_size),
        cmocka_unit_test(the_follow_code_is_pure_and_a_third_of_the_short_side),
        cmocka_unit_test(the_camera_picture_is_mirrored_and_covers_its_area),
        cmocka_unit_test(a_narrow_area_shows_the_middle_of_the_picture),
        cmocka_unit_test(missing_assets_are_said),
        cmocka_unit_test(a_missing_icon_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
