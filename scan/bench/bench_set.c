#include "bench_set.h"

#include <errno.h>
#include <iconv.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Generated pictures are named by where they were written; they may have moved since. */
static char *picture_path(const char *folder, const char *name)
{
    for (const char *tail = name; tail; tail = strchr(tail, '/')) {
        while (*tail == '/')
            tail++;
        char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, tail) < 0)
            return NULL;
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return strdup(name);
}

static int take_texts(const json_t *texts, struct bench_picture *out)
{
    size_t index;
    json_t *text;

    json_array_foreach((json_t *)(uintptr_t)texts, index, text)
    {
        if (!json_is_string(text) || out->text_count == BENCH_TEXTS_MAX)
            return -EILSEQ;
        out->texts[out->text_count] = strdup(json_string_value(text));
        if (!out->texts[out->text_count])
            return -ENOMEM;
        out->text_count++;
    }
    return 0;
}

/*
 * Truths that were recorded as the bytes of the code, one character each, and not in the code's own character set. They
 * are brought into it, so that every engine is held to the very same bytes.
 */
static const struct {
    const char *name, *charset;
} recorded_as_bytes[] = {
    {"jsqr/kanji.jpg", "CP932"},
    {"jsqr/billboard-2.jpg", "CP932"},
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* From one character set to another; NULL when it does not fit. The caller frees. */
static char *converted(const char *text, size_t len, const char *to, const char *from)
{
    size_t room = 4 * len, left = room;
    char *out = calloc(1, room + 1), *at = out, *in = (char *)(uintptr_t)text;
    iconv_t converter = iconv_open(to, from);

    bool done = out && converter != (iconv_t)-1 && iconv(converter, &in, &len, &at, &left) != (size_t)-1;
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    if (!done) {
        free(out);
        return NULL;
    }
    return out;
}

static int mend_texts(struct bench_picture *picture)
{
    for (size_t k = 0; k < sizeof(recorded_as_bytes) / sizeof(recorded_as_bytes[0]); k++) {
        if (!ends_with(picture->path, recorded_as_bytes[k].name))
            continue;
        for (int i = 0; i < picture->text_count; i++) {
            char *bytes = converted(picture->texts[i], strlen(picture->texts[i]), "ISO-8859-1", "UTF-8");
            char *text = bytes ? converted(bytes, strlen(bytes), "UTF-8", recorded_as_bytes[k].charset) : NULL;

            free(bytes);
            if (!text)
                return -EILSEQ;
            free(picture->texts[i]);
            picture->texts[i] = text;
        }
    }
    return 0;
}

static int take_picture(const char *folder, const json_t *line, struct bench_picture *out)
{
    const json_t *truth = json_object_get(line, "gt"), *codes = json_object_get(line, "codes");
    const json_t *sequence = json_object_get(line, "seq");
    const char *name = json_string_value(json_object_get(line, truth ? "p" : "file"));
    const char *set = json_string_value(json_object_get(line, "set"));

    if (!name || !set)
        return -EILSEQ;
    *out = (struct bench_picture){.sequence = -1};
    out->path = picture_path(folder, name);
    out->set = strdup(set);
    if (!out->path || !out->set)
        return -ENOMEM;
    if (json_is_integer(sequence))
        out->sequence = (int)json_integer_value(sequence);
    out->has_code = truth || json_integer_value(codes) > 0;
    int error = take_texts(json_object_get(truth ? truth : line, "texts"), out);
    return error ? error : mend_texts(out);
}

static void finish_picture(struct bench_picture *picture)
{
    free(picture->path);
    free(picture->set);
    for (int i = 0; i < picture->text_count; i++)
        free(picture->texts[i]);
}

static int add_picture(struct bench_set *set, size_t *room, const struct bench_picture *picture)
{
    if (set->count == *room) {
        size_t more = *room ? *room * 2 : 256;
        struct bench_picture *pictures = realloc(set->pictures, more * sizeof(*pictures));

        if (!pictures)
            return -ENOMEM;
        set->pictures = pictures;
        *room = more;
    }
    set->pictures[set->count++] = *picture;
    return 0;
}

static void number_frames(struct bench_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct bench_picture *p = &set->pictures[i];

        if (p->sequence >= 0)
            p->frame = i > 0 && p[-1].sequence == p->sequence ? p[-1].frame + 1 : 0;
    }
}

/* The list in the folder or in its part for scanning. *out_home: where its pictures are, the caller's to free. */
static int open_manifest(const char *folder, FILE **out_file, char **out_home)
{
    static const char *const parts[] = {"", "/scan"};
    int error = -ENOENT;

    for (size_t i = 0; error == -ENOENT && i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *home = NULL, *path = NULL;

        if (asprintf(&home, "%s%s", folder, parts[i]) < 0)
            return -ENOMEM;
        if (asprintf(&path, "%s/manifest.jsonl", home) < 0) {
            free(home);
            return -ENOMEM;
        }
        *out_file = fopen(path, "r");
        error = *out_file ? 0 : -errno;
        free(path);
        if (error)
            free(home);
        else
            *out_home = home;
    }
    return error;
}

int bench_set_load(const char *folder, const char *only, int every, struct bench_set *out_set)
{
    struct bench_set set = {NULL, 0};
    char *home = NULL, *line = NULL;
    size_t line_room = 0, room = 0, number = 0;
    FILE *file = NULL;
    int error = open_manifest(folder, &file, &home);

    if (error)
        return error;
    while (!error && getline(&line, &line_room, file) > 0) {
        struct bench_picture picture = {.sequence = -1};
        json_t *object = json_loads(line, 0, NULL);

        error = object ? take_picture(home, object, &picture) : -EILSEQ;
        json_decref(object);
        bool wanted = !error && (!only || strstr(picture.set, only));
        size_t key = picture.sequence >= 0 ? (size_t)picture.sequence : number;
        number += wanted;
        bool added = false;
        if (wanted && key % (size_t)every == 0) {
            error = add_picture(&set, &room, &picture);
            added = !error;
        }
        if (!added)
            finish_picture(&picture);
    }
    free(line);
    free(home);
    fclose(file);
    if (error) {
        bench_set_finish(&set);
        return error;
    }
    number_frames(&set);
    *out_set = set;
    return 0;
}

void bench_set_finish(struct bench_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        finish_picture(&set->pictures[i]);
    free(set->pictures);
    *set = (struct bench_set){NULL, 0};
}

bool bench_picture_is_right(const struct bench_picture *picture, const char *text, size_t len)
{
    for (int i = 0; i < picture->text_count; i++)
        if (strlen(picture->texts[i]) == len && memcmp(picture->texts[i], text, len) == 0)
            return true;
    return false;
}
