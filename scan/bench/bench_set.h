#ifndef SCAN_BENCH_BENCH_SET_H
#define SCAN_BENCH_BENCH_SET_H

/* The list of pictures with what is in them, from FOLDER/manifest.jsonl or FOLDER/scan/manifest.jsonl. */

#include <stdbool.h>
#include <stddef.h>

#include "scan/scan.h"

#define BENCH_TEXTS_MAX 8

struct bench_picture {
    char *path, *set;
    char *texts[BENCH_TEXTS_MAX]; /* each counts as right */
    int text_count;
    int sequence, frame; /* frames of one sequence follow each other; -1: a single picture */
    bool has_code;
};

struct bench_set {
    struct bench_picture *pictures;
    size_t count;
};

/* Pictures whose set name contains only (NULL: all), every every-th of them (sequences whole). -errno. */
SCAN_MUST_CHECK int bench_set_load(const char *folder, const char *only, int every, struct bench_set *out_set);
void bench_set_finish(struct bench_set *set);

bool bench_picture_is_right(const struct bench_picture *picture, const char *text, size_t len);

#endif
