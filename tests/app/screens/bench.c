/* screens_bench: what drawing costs, as one JSON object. Times are medians in microseconds. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "rig.h"

#define ROUNDS 41

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int64_t median_whole(struct rig *rig, const struct view_model *view, const struct ui_picture *picture)
{
    int64_t took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        ui_invalidate(rig->ui);
        int64_t start = now_us();
        rig_draw(rig, view, picture, 0);
        took[i] = now_us() - start;
    }
    qsort(took, ROUNDS, sizeof(took[0]), by_value);
    return took[ROUNDS / 2];
}

static int64_t median_picture(struct rig *rig, struct view_model *view, const struct ui_picture *picture)
{
    int64_t took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        view->viewfinder.frame_no++;
        int64_t start = now_us();
        rig_draw(rig, view, picture, 0);
        took[i] = now_us() - start;
    }
    qsort(took, ROUNDS, sizeof(took[0]), by_value);
    return took[ROUNDS / 2];
}

static int64_t median_equal(struct rig *rig, const struct view_model *view)
{
    int64_t took[ROUNDS];
    rig_draw(rig, view, NULL, 0);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = now_us();
        rig_draw(rig, view, NULL, 0);
        took[i] = now_us() - start;
    }
    qsort(took, ROUNDS, sizeof(took[0]), by_value);
    return took[ROUNDS / 2];
}

int main(void)
{
    static uint8_t pixels[SAMPLE_PICTURE_WIDTH * SAMPLE_PICTURE_HEIGHT];
    struct ui_picture picture;
    struct view_model view;
    struct rig rig;
    sample_picture(pixels, &picture);
    int64_t start = now_us();
    rig_open(&rig, sample_sizes[0]);
    int64_t opened = now_us();
    sample_make(sample_named("starting"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    int64_t first = now_us();
    sample_make(sample_named("attract"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    int64_t second = now_us();
    printf("{\"size\":\"1280x800\",\"open_us\":%lld,\"first_frame_us\":%lld,\"first_attract_us\":%lld,\"whole_us\":{",
           (long long)(opened - start), (long long)(first - opened), (long long)(second - first));
    for (size_t i = 0; i < sample_count(); i++) {
        sample_make(sample_at(i), LANGUAGE_ZH_CN, &view);
        printf("%s\"%s\":%lld", i > 0 ? "," : "", sample_at(i)->name, (long long)median_whole(&rig, &view, &picture));
    }
    sample_make(sample_named("viewfinder"), LANGUAGE_ZH_CN, &view);
    printf("},\"picture_us\":%lld", (long long)median_picture(&rig, &view, &picture));
    sample_make(sample_named("attract"), LANGUAGE_ZH_CN, &view);
    printf(",\"equal_us\":%lld", (long long)median_equal(&rig, &view));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(",\"max_rss_kb\":%ld}\n", usage.ru_maxrss);
    rig_close(&rig);
    return 0;
}
