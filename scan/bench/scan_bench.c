#include "scan_bench.h"

#include "bench_engine.h"
#include "bench_scene.h"
#include "picture.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENGINES_MAX = 4, ROWS_MAX = 64, FOLDERS_MAX = 4 };

static const char usage[] =
    "usage: scan bench [--data DIR]... [--only PART] [--every N] [--alone] [--misses]\n"
    "  --data DIR   pictures with manifest.jsonl (TILLSIDE_DATA, else tests/data/scan); up to four in one run\n"
    "  --only PART  only sets whose name contains PART\n"
    "  --every N    only every N-th picture\n"
    "  --alone      without the peers\n"
    "  --misses     name each picture not read, and by whom else it was, on standard error\n";

#define EMPTY_SCENE "empty-640x480"

/* Results of one engine over one row. */
struct tally {
    int right, wrong;
    int by_frame_5, by_frame_10;
    int live; /* sequences read by a camera that drops frames while the engine is busy */
    double *ms;
    int ms_count;
};

struct row {
    char name[48];
    int pictures, sequences;
    double goal; /* % right; negative: none is set */
    struct tally tallies[ENGINES_MAX];
};

/* A camera of 30 frames a second whose newest frame is taken when the engine is free: time is what decoding took. */
struct live {
    void *state; /* another one of the engine */
    double free_at_ms;
    bool read;
};

struct bench {
    struct row rows[ROWS_MAX];
    int row_count;
    int engine_count;
    void *states[ENGINES_MAX];
    struct live live[ENGINES_MAX];
    bool seen_read[ENGINES_MAX]; /* of the running sequence */
    bool misses;
    bool unmet; /* a figure misses its goal */
};

/* Names under which pictures are counted, besides that of their set. */
static const struct {
    const char *prefix, *name;
    double goal;
} groups[] = {
    {"syn-", "families", 82}, {"zx-", "zxing+jsqr", 96}, {"jsqr", "zxing+jsqr", 96},
    {"1d-", "1d", 88},        {"neg-", "negatives", -1},
};

static double goal_of_set(const char *set)
{
    if (strcmp(set, "mix-640x480") == 0)
        return 75;
    return strcmp(set, "mix-1280x720") == 0 ? 82 : -1;
}

static struct row *row_named(struct bench *bench, const char *name, double goal, size_t room)
{
    for (int i = 0; i < bench->row_count; i++)
        if (strcmp(bench->rows[i].name, name) == 0)
            return &bench->rows[i];
    if (bench->row_count == ROWS_MAX)
        return NULL;
    struct row *row = &bench->rows[bench->row_count];
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->goal = goal;
    for (int e = 0; e < bench->engine_count; e++) {
        row->tallies[e].ms = calloc(room, sizeof(double));
        if (!row->tallies[e].ms)
            return NULL;
    }
    bench->row_count++;
    return row;
}

static void count_into(struct bench *bench, struct row *row, const struct bench_picture *picture,
                       const struct bench_outcome *outcomes)
{
    row->pictures++;
    row->sequences += picture->sequence >= 0 && picture->frame == 0;
    for (int e = 0; e < bench->engine_count; e++) {
        struct tally *tally = &row->tallies[e];

        tally->right += outcomes[e].right;
        tally->wrong += outcomes[e].wrong;
        tally->ms[tally->ms_count++] = outcomes[e].ms;
        if (picture->sequence >= 0 && outcomes[e].right && !bench->seen_read[e]) {
            bench->seen_read[e] = true;
            tally->by_frame_5 += picture->frame < 5;
            tally->by_frame_10 += picture->frame < 10;
        }
    }
}

/* A frame that the next has replaced before the engine was free is never seen. */
static void run_live(struct bench *bench, const struct bench_picture *picture, const struct scan_image *image,
                     struct row *row)
{
    const double frame_ms = 1000.0 / 30;
    double taken_ms = picture->frame * frame_ms;

    for (int e = 0; e < bench->engine_count; e++) {
        struct live *live = &bench->live[e];
        struct bench_outcome outcome;

        if (picture->frame == 0)
            *live = (struct live){live->state, 0, false};
        double start_ms = live->free_at_ms > taken_ms ? live->free_at_ms : taken_ms;
        if (start_ms >= taken_ms + frame_ms || picture->frame >= 10)
            continue;
        bench_engines[e]->read(live->state, image, picture, &outcome);
        live->free_at_ms = start_ms + outcome.ms;
        row->tallies[e].wrong += outcome.wrong;
        row->tallies[e].live += outcome.right && !live->read;
        live->read |= outcome.right;
    }
}

static bool count_picture(struct bench *bench, const struct bench_picture *picture, size_t room,
                          const struct bench_outcome *outcomes)
{
    struct row *row = row_named(bench, picture->set, goal_of_set(picture->set), room);

    if (!row)
        return false;
    count_into(bench, row, picture, outcomes);
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        if (strncmp(picture->set, groups[g].prefix, strlen(groups[g].prefix)) != 0 ||
            strcmp(picture->set, "jsqr-null") == 0)
            continue;
        row = row_named(bench, groups[g].name, groups[g].goal, room);
        if (!row)
            return false;
        count_into(bench, row, picture, outcomes);
    }
    return true;
}

/* A photograph without codes is also what stands there while nobody comes: as one frame of a camera. */
static bool run_empty(struct bench *bench, const struct scan_image *photograph, size_t room)
{
    static const struct bench_picture nobody = {.sequence = 0, .frame = 1};
    struct bench_outcome outcomes[ENGINES_MAX] = {{0}};
    uint8_t *pixels = malloc((size_t)BENCH_SCENE_WIDTH * BENCH_SCENE_HEIGHT);
    struct row *row = row_named(bench, EMPTY_SCENE, -1, room);

    if (!pixels || !row) {
        free(pixels);
        return false;
    }
    struct scan_image scene = bench_scene_empty(photograph, pixels);
    for (int e = 0; e < bench->engine_count; e++)
        bench_engines[e]->read(bench->states[e], &scene, &nobody, &outcomes[e]);
    count_into(bench, row, &nobody, outcomes);
    free(pixels);
    return true;
}

static bool run_picture(struct bench *bench, const struct bench_picture *picture, size_t room)
{
    struct bench_outcome outcomes[ENGINES_MAX] = {{0}};
    struct picture loaded;
    int error = scan_picture_load(picture->path, &loaded);

    if (error) {
        fprintf(stderr, "scan bench: %s: %s\n", picture->path, scan_picture_error(error));
        return false;
    }
    if (picture->frame == 0)
        memset(bench->seen_read, 0, sizeof(bench->seen_read));
    for (int e = 0; e < bench->engine_count; e++)
        bench_engines[e]->read(bench->states[e], &loaded.image, picture, &outcomes[e]);
    bool counted = count_picture(bench, picture, room, outcomes);
    if (counted && picture->sequence >= 0)
        run_live(bench, picture, &loaded.image, row_named(bench, picture->set, -1, room));
    if (counted && strncmp(picture->set, "neg-", 4) == 0)
        counted = run_empty(bench, &loaded.image, room);
    scan_picture_finish(&loaded);
    if (bench->misses && !outcomes[0].right && picture->has_code)
        fprintf(stderr, "miss: %s\n", picture->path);
    for (int e = 1; bench->misses && e < bench->engine_count; e++)
        if (outcomes[e].right && !outcomes[0].right)
            fprintf(stderr, "only %s: %s\n", bench_engines[e]->name, picture->path);
    return counted;
}

/* ---- printing ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double percentile(struct tally *tally, int percent)
{
    if (tally->ms_count == 0)
        return 0;
    qsort(tally->ms, (size_t)tally->ms_count, sizeof(double), by_value);
    int at = (tally->ms_count * percent + 99) / 100 - 1;
    return tally->ms[at < 0 ? 0 : at];
}

/* What is measured and where its bar is. */
struct goal {
    const char *what, *unit;
    bool is_set, at_most;
    double value;
    bool on_ratio; /* to the peer's figure */
};

/* A figure of ours; peer NULL: alone. */
struct figure {
    const char *set, *peer;
    const struct goal *goal;
    double value, peer_value;
};

static bool is_met(const struct figure *f)
{
    const struct goal *goal = f->goal;
    double measured = goal->on_ratio ? f->value / f->peer_value : f->value;

    if (!goal->is_set || (goal->on_ratio && (!f->peer || f->peer_value <= 0)))
        return true;
    return goal->at_most ? measured <= goal->value : measured >= goal->value;
}

static void print_figure(struct bench *bench, const struct figure *f)
{
    const struct goal *goal = f->goal;
    bool met = is_met(f);

    printf("{\"name\":\"scan/%s/%s\",\"value\":%.2f,\"unit\":\"%s\"", f->set, goal->what, f->value, goal->unit);
    if (f->peer)
        printf(",\"peer\":%.2f,\"peer_name\":\"%s\"", f->peer_value, f->peer);
    else
        printf(",\"peer\":null");
    if (f->peer && f->peer_value > 0)
        printf(",\"ratio\":%.3f", f->value / f->peer_value);
    else
        printf(",\"ratio\":null");
    if (goal->is_set)
        printf(",\"goal\":%.2f", goal->value);
    else
        printf(",\"goal\":null");
    printf(",\"ok\":%s}\n", met ? "true" : "false");
    bench->unmet |= !met;
}

static double percent(int part, int whole)
{
    return whole ? 100.0 * part / whole : 0;
}

static void print_pair(struct bench *bench, const struct row *row, const struct goal *goal, const double *values)
{
    struct figure figure = {row->name, NULL, goal, values[0], 0};

    if (bench->engine_count == 1)
        print_figure(bench, &figure);
    for (int e = 1; e < bench->engine_count; e++) {
        figure.peer = bench_engines[e]->name;
        figure.peer_value = values[e];
        print_figure(bench, &figure);
    }
}

/* Nothing is to be read there; what it costs is to be little, whatever a peer takes. */
static void print_empty(struct bench *bench, struct row *row)
{
    double wrong[ENGINES_MAX] = {0}, median[ENGINES_MAX] = {0};

    for (int e = 0; e < bench->engine_count; e++) {
        wrong[e] = row->tallies[e].wrong;
        median[e] = percentile(&row->tallies[e], 50);
    }
    print_pair(bench, row, &(struct goal){"wrong", "reads", true, true, 0, false}, wrong);
    print_pair(bench, row, &(struct goal){"median", "ms", true, true, 5, false}, median);
}

static void print_row(struct bench *bench, struct row *row)
{
    double rate[ENGINES_MAX] = {0}, wrong[ENGINES_MAX] = {0}, median[ENGINES_MAX] = {0}, p95[ENGINES_MAX] = {0};
    double five[ENGINES_MAX] = {0}, ten[ENGINES_MAX] = {0}, live[ENGINES_MAX] = {0};
    bool large = strstr(row->name, "1280") != NULL;
    /* The goals for time are set for the sets of QR codes as they were given, not for each part of them. */
    bool quick = (row->goal >= 0 || row->sequences > 0) && strncmp(row->name, "1d", 2) != 0;

    for (int e = 0; e < bench->engine_count; e++) {
        struct tally *tally = &row->tallies[e];

        rate[e] = percent(tally->right, row->pictures);
        wrong[e] = tally->wrong;
        median[e] = percentile(tally, 50);
        p95[e] = percentile(tally, 95);
        five[e] = percent(tally->by_frame_5, row->sequences);
        ten[e] = percent(tally->by_frame_10, row->sequences);
        live[e] = percent(tally->live, row->sequences);
    }
    print_pair(bench, row, &(struct goal){"read", "%", row->goal >= 0, false, row->goal, false}, rate);
    print_pair(bench, row, &(struct goal){"wrong", "reads", true, true, 0, false}, wrong);
    print_pair(bench, row, &(struct goal){"median", "ms", quick, true, 0.2, true}, median);
    print_pair(bench, row, &(struct goal){"p95", "ms", quick, true, large ? 50 : 33, false}, p95);
    if (row->sequences > 0) {
        print_pair(bench, row, &(struct goal){"by-frame-5", "%", true, false, 85, false}, five);
        print_pair(bench, row, &(struct goal){"by-frame-10", "%", true, false, 95, false}, ten);
        print_pair(bench, row, &(struct goal){"live-by-frame-10", "%", true, false, 95, false}, live);
    }
}

/* ---- running ---- */

static int open_all(struct bench *bench)
{
    for (int e = 0; e < bench->engine_count; e++) {
        if (bench_engines[e]->open(&bench->states[e]) || bench_engines[e]->open(&bench->live[e].state)) {
            fprintf(stderr, "scan bench: %s does not start\n", bench_engines[e]->name);
            bench->engine_count = e + 1;
            return 2;
        }
    }
    return 0;
}

static int run_all(struct bench *bench, const struct bench_set *sets, int count)
{
    size_t room = 0;
    int status = open_all(bench);

    for (int k = 0; k < count; k++)
        room += sets[k].count;
    for (int k = 0; k < count && status == 0; k++)
        for (size_t i = 0; i < sets[k].count && status == 0; i++)
            status = run_picture(bench, &sets[k].pictures[i], room) ? 0 : 2;
    for (int i = 0; i < bench->row_count && status == 0; i++) {
        if (strcmp(bench->rows[i].name, EMPTY_SCENE) == 0)
            print_empty(bench, &bench->rows[i]);
        else
            print_row(bench, &bench->rows[i]);
    }
    return status == 0 && bench->unmet ? 1 : status;
}

static void close_all(struct bench *bench)
{
    for (int e = 0; e < bench->engine_count; e++) {
        bench_engines[e]->close(bench->states[e]);
        bench_engines[e]->close(bench->live[e].state);
    }
    for (int i = 0; i < ROWS_MAX; i++)
        for (int e = 0; e < ENGINES_MAX; e++)
            free(bench->rows[i].tallies[e].ms);
}

/* What the options say. */
struct wanted {
    const char *folders[FOLDERS_MAX], *only;
    int folder_count, every;
};

static int run_on(const struct wanted *wanted, struct bench *bench)
{
    struct bench_set sets[FOLDERS_MAX];
    int loaded = 0, status = 0;

    while (loaded < wanted->folder_count && status == 0) {
        int error = bench_set_load(wanted->folders[loaded], wanted->only, wanted->every, &sets[loaded]);

        if (error) {
            fprintf(stderr, "scan bench: %s/manifest.jsonl: %s\n", wanted->folders[loaded], strerror(-error));
            status = 2;
        } else {
            loaded++;
        }
    }
    if (status == 0) {
        status = run_all(bench, sets, loaded);
        close_all(bench);
    }
    for (int k = 0; k < loaded; k++)
        bench_set_finish(&sets[k]);
    return status;
}

int scan_bench_run(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"data", required_argument, NULL, 'd'},
        {"only", required_argument, NULL, 'o'},
        {"every", required_argument, NULL, 'e'},
        {"alone", no_argument, NULL, 'a'},
        {"misses", no_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *usual = getenv("TILLSIDE_DATA");
    struct wanted wanted = {.every = 1};
    struct bench *bench = calloc(1, sizeof(*bench));
    int option, status = -1;

    if (!bench)
        return 2;
    while (bench_engines[bench->engine_count])
        bench->engine_count++;
    optind = 1;
    while (status < 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'd' && wanted.folder_count < FOLDERS_MAX) {
            wanted.folders[wanted.folder_count++] = optarg;
        } else if (option == 'o') {
            wanted.only = optarg;
        } else if (option == 'e') {
            wanted.every = atoi(optarg) > 0 ? atoi(optarg) : 1;
        } else if (option == 'a') {
            bench->engine_count = 1;
        } else if (option == 'm') {
            bench->misses = true;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            status = option == 'h' ? 0 : 2;
        }
    }
    if (wanted.folder_count == 0)
        wanted.folders[wanted.folder_count++] = usual && *usual ? usual : "tests/data/scan";
    if (status < 0)
        status = run_on(&wanted, bench);
    free(bench);
    return status;
}
