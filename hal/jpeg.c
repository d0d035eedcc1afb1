#include "jpeg.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

/* After stdio: jpeglib.h needs FILE. */
#include <jpeglib.h>

struct jpeg {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf back;
};

static void fail(j_common_ptr info)
{
    longjmp(((struct jpeg *)info->client_data)->back, 1);
}

static void say_nothing(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

int jpeg_open(struct jpeg **out_jpeg)
{
    struct jpeg *jpeg = calloc(1, sizeof(*jpeg));

    if (!jpeg) {
        return -ENOMEM;
    }
    jpeg->info.err = jpeg_std_error(&jpeg->errors);
    jpeg->errors.error_exit = fail;
    jpeg->errors.emit_message = say_nothing;
    jpeg->info.client_data = jpeg;
    if (setjmp(jpeg->back)) {
        free(jpeg);
        return -ENOMEM;
    }
    jpeg_create_decompress(&jpeg->info);
    jpeg->info.client_data = jpeg;
    *out_jpeg = jpeg;
    return 0;
}

void jpeg_close(struct jpeg *jpeg)
{
    if (jpeg) {
        jpeg_destroy_decompress(&jpeg->info);
        free(jpeg);
    }
}

int jpeg_size(struct jpeg *jpeg, struct slice bytes, int *out_width, int *out_height)
{
    if (setjmp(jpeg->back)) {
        jpeg_abort_decompress(&jpeg->info);
        return -EBADMSG;
    }
    jpeg_mem_src(&jpeg->info, bytes.data, bytes.len);
    jpeg_read_header(&jpeg->info, TRUE);
    *out_width = (int)jpeg->info.image_width;
    *out_height = (int)jpeg->info.image_height;
    jpeg_abort_decompress(&jpeg->info);
    return 0;
}

int jpeg_decode(struct jpeg *jpeg, struct slice bytes, const struct pixels *out_target)
{
    struct jpeg_decompress_struct *info = &jpeg->info;

    if (setjmp(jpeg->back)) {
        jpeg_abort_decompress(info);
        return -EBADMSG;
    }
    jpeg_mem_src(info, bytes.data, bytes.len);
    jpeg_read_header(info, TRUE);
    if ((int)info->image_width != out_target->width || (int)info->image_height != out_target->height) {
        jpeg_abort_decompress(info);
        return -EBADMSG;
    }
    info->out_color_space = JCS_EXT_BGRX;
    info->dct_method = JDCT_IFAST;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row =
            (JSAMPROW)((uint8_t *)out_target->xrgb + (ptrdiff_t)info->output_scanline * out_target->stride_bytes);

        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return 0;
}
