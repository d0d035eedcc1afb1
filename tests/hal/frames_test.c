#include "cases.h"

#include <linux/videodev2.h>

#include "linux/v4l2_frame.h"
#include "picture.h"
#include "pixels.h"

/* jpeglib.h needs FILE, which cases.h brings. */
#include <jpeglib.h>

#define WIDTH  64
#define HEIGHT 48

/* The left half black, the right half white, as a driver would write it. */
static size_t make_bytes(uint32_t format, int stride, uint8_t *bytes)
{
    int pixel = format == V4L2_PIX_FMT_YUYV ? 2 : 1;

    memset(bytes, 128, (size_t)stride * HEIGHT * 3 / 2);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            bytes[y * stride + x * pixel] = x < WIDTH / 2 ? 16 : 235;
        }
    }
    return (size_t)stride * HEIGHT * (format == V4L2_PIX_FMT_NV12 ? 3 : 2) / 2;
}

static size_t make_jpeg(uint8_t *bytes, size_t capacity)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    uint8_t row[WIDTH];
    uint8_t *memory = bytes;
    unsigned long length = capacity;

    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &memory, &length);
    info.image_width = WIDTH;
    info.image_height = HEIGHT;
    info.input_components = 1;
    info.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < HEIGHT; y++) {
        JSAMPROW rows = row;

        memset(row, 0, WIDTH / 2);
        memset(row + WIDTH / 2, 255, WIDTH / 2);
        jpeg_write_scanlines(&info, &rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    assert_ptr_equal(memory, bytes);
    return length;
}

static const uint32_t formats[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_MJPEG};

/* Makes a frame of width × height out of the test picture in that format and looks at both halves. */
static void check_format(uint32_t format, int width, int height)
{
    static uint8_t bytes[WIDTH * HEIGHT * 8];
    static uint32_t seen[32 * 24];
    struct v4l2_shape shape = {format, WIDTH, HEIGHT, (format == V4L2_PIX_FMT_YUYV ? 2 : 1) * WIDTH + 16};
    struct camera_view view = {seen, 32, 24, 32 * 4, false};
    struct v4l2_target target;
    struct camera_frame frame;
    struct slice slice = {bytes, 0};
    int middle = height / 2;

    slice.len =
        format == V4L2_PIX_FMT_MJPEG ? make_jpeg(bytes, sizeof(bytes)) : make_bytes(format, shape.stride, bytes);
    assert_int_equal(v4l2_target_init(&target, width, height), 0);
    assert_int_equal(v4l2_target_fit(&target, &shape), 0);
    assert_int_equal(v4l2_frame_make(&shape, slice, &target, &frame), 0);
    assert_int_equal(frame.width, width);
    assert_int_equal(frame.height, height);
    assert_in_range(frame.grey[middle * frame.stride_bytes + width / 4], 0, 20);
    assert_in_range(frame.grey[middle * frame.stride_bytes + width * 3 / 4], 230, 255);
    camera_frame_draw(&frame, &view);
    assert_in_range(seen[12 * 32 + 4] & 0xFF, 0, 20);
    assert_in_range(seen[12 * 32 + 28] & 0xFF, 230, 255);
    slice.len = format == V4L2_PIX_FMT_MJPEG ? 20 : slice.len - 1;
    assert_int_equal(v4l2_frame_make(&shape, slice, &target, &frame), -EIO);
    v4l2_target_finish(&target);
}

static void every_format_becomes_the_same_frame(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        check_format(formats[i], WIDTH, HEIGHT);
    }
}

static void a_driver_with_other_sizes_is_letterboxed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        check_format(formats[i], 128, 96);
        check_format(formats[i], 48, 48);
    }
}

static void shapes_no_driver_may_have_are_refused(void **state)
{
    static const struct v4l2_shape bad[] = {
        {V4L2_PIX_FMT_YUYV, 63, 48, 200}, {V4L2_PIX_FMT_NV12, 64, 47, 64},         {V4L2_PIX_FMT_YUYV, 64, 48, 64},
        {V4L2_PIX_FMT_GREY, 64, 48, 0},   {V4L2_PIX_FMT_GREY, 100000, 48, 100000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct v4l2_target target;

        assert_int_equal(v4l2_target_init(&target, WIDTH, HEIGHT), 0);
        assert_int_equal(v4l2_target_fit(&target, &bad[i]), -EINVAL);
        v4l2_target_finish(&target);
    }
}

static void colours_are_those_of_the_standard(void **state)
{
    static const struct {
        int y;
        int u;
        int v;
        uint32_t xrgb;
    } table[] = {{16, 128, 128, 0x000000},
                 {235, 128, 128, 0xFFFFFF},
                 {81, 90, 240, 0xFE0000},
                 {145, 54, 34, 0x00FF01},
                 {41, 240, 110, 0x0000FF}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint32_t got = pixels_from_yuv(table[i].y, table[i].u, table[i].v);

        for (int shift = 0; shift <= 16; shift += 8) {
            int off = (int)(got >> shift & 0xFF) - (int)(table[i].xrgb >> shift & 0xFF);

            assert_in_range(abs(off), 0, 2);
        }
    }
}

static void a_letterbox_keeps_proportions(void **state)
{
    struct rect rect = pixels_letterbox_rect(1000, 500, 640, 480);

    (void)state;
    assert_int_equal(rect.x, 0);
    assert_int_equal(rect.y, 80);
    assert_int_equal(rect.width, 640);
    assert_int_equal(rect.height, 320);
    rect = pixels_letterbox_rect(1, 8000, 640, 480);
    assert_int_equal(rect.width, 1);
    assert_int_equal(rect.height, 480);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void pictures_of_all_kinds_are_read(void **state)
{
    static uint8_t bytes[WIDTH * HEIGHT * 8];
    struct pixels picture = {0};
    char folder[64];
    char path[96];
    size_t length = make_jpeg(bytes, sizeof(bytes));

    (void)state;
    make_temp_dir(folder);
    snprintf(path, sizeof(path), "%s/a.jpg", folder);
    write_file(path, bytes, length);
    assert_int_equal(picture_load(path, &picture), 0);
    assert_int_equal(picture.width, WIDTH);
    assert_in_range(picture.xrgb[WIDTH - 1] & 0xFF, 250, 255);
    picture_finish(&picture);
    write_file(path, "P5 # grey\n2 1\n255\n\x00\xFF", 20);
    assert_int_equal(picture_load(path, &picture), 0);
    assert_int_equal(picture.xrgb[0], 0);
    assert_int_equal(picture.xrgb[1], 0xFFFFFF);
    picture_finish(&picture);
    write_file(path, "P6\n1 1\n255\n\x01\x02\x03", 14);
    assert_int_equal(picture_load(path, &picture), 0);
    assert_int_equal(picture.xrgb[0], 0x010203);
    picture_finish(&picture);
    remove_tree(folder);
}

static void what_is_no_picture_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        int error;
    } table[] = {
        {"", 0, -EBADMSG},
        {"hello", 5, -EBADMSG},
        {"\x89PNG\r\n\x1a\nxxxxxxxxxxxx", 20, -EBADMSG},
        {"\xFF\xD8\xFF\xE0xxxxx", 9, -EBADMSG},
        {"P5 2 2 255\n\x01", 12, -EBADMSG},
        {"P5 99999 99999 255\n\x01", 20, -EFBIG},
        {"P5 2 2 65535\n\x01\x01\x01\x01\x01\x01\x01\x01", 21, -EBADMSG},
        {"P5 -2 2 255\n", 12, -EBADMSG},
    };
    struct pixels picture = {0};
    char folder[64];
    char path[96];

    (void)state;
    make_temp_dir(folder);
    snprintf(path, sizeof(path), "%s/x.png", folder);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        write_file(path, table[i].bytes, table[i].length);
        assert_int_equal(picture_load(path, &picture), table[i].error);
        assert_null(picture.xrgb);
    }
    assert_int_equal(picture_load(folder, &picture), -EBADMSG);
    assert_int_equal(picture_load("/no/such/picture", &picture), -ENOENT);
    remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_becomes_the_same_frame),
        cmocka_unit_test(a_driver_with_other_sizes_is_letterboxed),
        cmocka_unit_test(shapes_no_driver_may_have_are_refused),
        cmocka_unit_test(colours_are_those_of_the_standard),
        cmocka_unit_test(a_letterbox_keeps_proportions),
        cmocka_unit_test(pictures_of_all_kinds_are_read),
        cmocka_unit_test(what_is_no_picture_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
