#include "central/admin/session.h"

#include "central/phone/qr_picture.h"
#include "platform/file.h"

#include <stdio.h>
#include <string.h>

static bool is_svg(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".svg") == 0;
}

static int draw(const json_t *picture, const char *path, bool svg)
{
    struct qr_picture wanted = {.text = json_string_value(json_object_get(picture, "text")),
                                .title = json_string_value(json_object_get(picture, "title")),
                                .caption = json_string_value(json_object_get(picture, "caption")),
                                .note = json_string_value(json_object_get(picture, "note")),
                                .format = svg ? QR_SVG : QR_PNG};
    struct buffer file;
    buffer_init(&file, QR_PICTURE_MAX);
    int rc = wanted.text ? qr_picture_draw(&wanted, &file) : -EINVAL;
    rc = rc ? rc : file_write_atomic(path, file.data, file.len, 0644);
    buffer_finish(&file);
    return rc;
}

static int draw_into_folder(const json_t *picture, const struct admin_picture_target *target, json_t *files)
{
    char path[1024];
    const char *name = json_string_value(json_object_get(picture, "name"));
    int len =
        snprintf(path, sizeof(path), "%s/%s.%s", target->folder, name ? name : "code", target->svg ? "svg" : "png");
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    int rc = draw(picture, path, target->svg);
    if (rc == 0) {
        json_array_append_new(files, json_string(path));
    }
    return rc;
}

int admin_draw_pictures(const json_t *pictures, const struct admin_picture_target *target, json_t *files)
{
    size_t i;
    json_t *picture;
    int rc = 0;
    if (target->path && json_array_size(pictures) > 0) {
        rc = draw(json_array_get(pictures, 0), target->path, is_svg(target->path));
        json_array_append_new(files, json_string(target->path));
    }
    if (rc == 0 && target->folder) {
        rc = file_make_dirs(target->folder, 0755);
        json_array_foreach(pictures, i, picture)
        {
            rc = rc ? rc : draw_into_folder(picture, target, files);
        }
    }
    return rc;
}
