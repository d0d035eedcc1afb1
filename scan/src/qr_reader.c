#include "qr_work.h"

#include "rings.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int qr_reader_open(int max_width, int max_height, struct qr_reader **out_reader)
{
    int width = max_width > DOUBLED_MAX ? max_width : DOUBLED_MAX;
    int height = max_height > DOUBLED_MAX ? max_height : DOUBLED_MAX;
    size_t pixels = (size_t)width * (size_t)height;
    size_t cells = (size_t)(width / BINARISE_CELL + 1) * (size_t)(height / BINARISE_CELL + 1);
    struct qr_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return -ENOMEM;
    qr_decoder_init(&reader->decoder);
    reader->binary.bits = malloc(pixels);
    reader->binary.threshold = malloc(cells);
    reader->binary.sums = malloc(cells * sizeof(uint32_t));
    reader->halves = malloc(pixels / 3 + 1);
    reader->smooth = malloc(pixels);
    reader->doubled = malloc((size_t)DOUBLED_MAX * DOUBLED_MAX);
    reader->boxes.sums = malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t));
    reader->boxes.squares = malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t));
    if (!reader->binary.bits || !reader->binary.threshold || !reader->binary.sums || !reader->halves ||
        !reader->smooth || !reader->doubled || !reader->boxes.sums || !reader->boxes.squares ||
        text_converters_open(&reader->converters)) {
        qr_reader_close(reader);
        return -ENOMEM;
    }
    *out_reader = reader;
    return 0;
}

void qr_reader_close(struct qr_reader *reader)
{
    if (!reader)
        return;
    text_converters_close(reader->converters);
    free(reader->boxes.squares);
    free(reader->boxes.sums);
    free(reader->doubled);
    free(reader->smooth);
    free(reader->halves);
    free(reader->binary.sums);
    free(reader->binary.threshold);
    free(reader->binary.bits);
    free(reader);
}

/* ---- one symbol ---- */

static void place_of(const struct fit *fit, struct scan_point out[4])
{
    float side = (float)qr_side(fit->version);

    out[0] = perspective_apply(&fit->map, 0, 0);
    out[1] = perspective_apply(&fit->map, side, 0);
    out[2] = perspective_apply(&fit->map, side, side);
    out[3] = perspective_apply(&fit->map, 0, side);
}

static bool known_already(const struct scan_result *result, const struct scan_code *code)
{
    for (int i = 0; i < result->count; i++) {
        const struct scan_code *known = &result->codes[i];
        float apart = point_distance(known->corners[0], code->corners[0]);

        if (known != code && known->text_len == code->text_len && known->append_index == code->append_index &&
            memcmp(known->text, code->text, code->text_len) == 0 &&
            apart < point_distance(code->corners[0], code->corners[2]))
            return true;
    }
    return false;
}

static bool take_code(struct qr_reader *reader, const struct fit *fit, const struct qr_reading *reading,
                      struct scan_result *result)
{
    const struct qr_content *content = &reader->content;

    if (result->count == SCAN_CODES_MAX)
        return false;
    struct scan_code *code = &result->codes[result->count];

    code->symbology = SCAN_QR;
    code->flags = (fit->inverted ? SCAN_FLAG_INVERTED : 0) | (reading->mirrored ? SCAN_FLAG_MIRRORED : 0) |
                  (content->append_total ? SCAN_FLAG_APPENDED : 0) | (content->gs1 ? SCAN_FLAG_GS1 : 0);
    code->quality = reading->quality;
    code->version = fit->version;
    place_of(fit, code->corners);
    if (reading->mirrored) {
        struct scan_point swap = code->corners[1];
        code->corners[1] = code->corners[3];
        code->corners[3] = swap;
    }
    code->append_index = content->append_index;
    code->append_total = content->append_total;
    code->append_parity = content->append_parity;
    if (text_to_utf8(reader->converters, &content->text, code))
        return false;
    if (!known_already(result, code))
        result->count++;
    return true;
}

bool qr_work_decode_soft(struct qr_reader *reader, const struct fit *fit, struct scan_result *result)
{
    struct qr_reading reading;

    return qr_decode(&reader->decoder, &reader->soft, &reader->content, &reading) == 0 &&
           take_code(reader, fit, &reading, result);
}

bool qr_work_decode_thoroughly(struct qr_reader *reader, const struct fit *fit, struct scan_result *result)
{
    struct qr_reading reading;

    return qr_decode_thoroughly(&reader->decoder, &reader->soft, &reader->content, &reading) == 0 &&
           take_code(reader, fit, &reading, result);
}

bool qr_work_decode(struct qr_reader *reader, const struct fit *fit, const struct decision *decision,
                    struct scan_result *result)
{
    sampler_decide(&reader->sampler, fit, decision, &reader->soft);
    return qr_work_decode_soft(reader, fit, result);
}

static bool decode_quick(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                         struct scan_result *result)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision plain = {0, 4}, evened = {0.25f, 4};

    sampler_take(&reader->sampler, plane, fit, &mean, NULL);
    return qr_work_decode(reader, fit, &plain, result) || qr_work_decode(reader, fit, &evened, result);
}

static void remember(struct qr_reader *reader, const struct fit *fit)
{
    for (int i = 0; i < reader->seen_count; i++) {
        struct fit *known = &reader->seen[i];

        if (known->version == fit->version && known->inverted == fit->inverted &&
            point_distance(known->corners[0], fit->corners[0]) < 4 &&
            point_distance(known->corners[2], fit->corners[2]) < 4) {
            if (fit->score > known->score)
                *known = *fit;
            return;
        }
    }
    int at = reader->seen_count;

    if (at < SEEN_MAX)
        reader->seen_count++;
    else
        at--;
    if (at == SEEN_MAX - 1 && reader->seen_count == SEEN_MAX && reader->seen[at].score >= fit->score && at > 0 &&
        reader->seen[at].version)
        return;
    while (at > 0 && reader->seen[at - 1].score < fit->score) {
        reader->seen[at] = reader->seen[at - 1];
        at--;
    }
    reader->seen[at] = *fit;
}

/* The alignment pattern is where it is expected, too. */
#define FIT_PERFECT 0.9f

/* With the alignment pattern where it helps: glare and logos look like one too. */
static void fit_best(struct qr_reader *reader, const struct plane *plane, int guessed, struct fit *fit)
{
    fit_pattern_make(&reader->pattern, fit->version);
    fit->score = fit_score(plane, &reader->pattern, fit);
    if (guessed >= 0)
        fit_guessed(plane, &reader->pattern, guessed, fit);
    struct fit aligned = *fit;

    if (fit->score < 0.2f || fit->score > FIT_PERFECT || !fit_alignment(plane, 3.0f, &aligned))
        return;
    aligned.score = fit_score(plane, &reader->pattern, &aligned);
    if (aligned.score > fit->score)
        *fit = aligned;
}

/* Even a smeared or half hidden symbol keeps that much of its timing patterns. */
#define TIMING_MIN 0.05f

/* With a finder that is not seen the rest must speak for itself. */
#define GUESSED_MIN 0.45f

static bool read_triple(struct qr_reader *reader, const struct plane *plane, const struct fit_triple *triple,
                        struct scan_result *result)
{
    struct fit fits[SIZES_MAX];
    int count = fit_sizes(plane, triple, fits, SIZES_MAX);

    for (int i = 0; i < count; i++) {
        struct fit *fit = &fits[i];

        if (fit->score < TIMING_MIN && triple->guessed < 0)
            continue;
        fit_best(reader, plane, triple->guessed, fit);
        if (triple->guessed >= 0 && fit->score < GUESSED_MIN)
            continue;
        if (fit->score < 0.4f)
            continue;
        if (fit->score > 0.55f && decode_quick(reader, plane, fit, result))
            return true;
        remember(reader, fit);
        if (fit->score > 0.7f)
            break; /* no other size comes near that */
    }
    return false;
}

static bool uses(const struct triple *triple, const bool used[FINDERS_MAX])
{
    return used[triple->index[0]] || used[triple->index[1]] || used[triple->index[2]];
}

/*
 * One way to find candidates at one scale: a threshold over the picture; with radius 0 rings of the given sizes;
 * without these squares.
 */
struct pass {
    int halvings; /* of the picture's sides */
    int radius, bias;
    float modules[3];
    bool smooth;    /* look for candidates where noise is evened out */
    bool follow;    /* where one finder was found, search for its neighbours */
    unsigned every; /* of that many frames one takes the pass where nothing is seen, */
    unsigned turn;  /* this one */
};

static void find_candidates(struct qr_reader *reader, const struct plane *level, const struct pass *pass)
{
    struct plane smooth;

    reader->candidates.count = 0;
    if (pass->smooth) {
        smooth = plane_smooth(level, reader->smooth);
        level = &smooth;
    }
    if (pass->radius > 0) {
        binarise_prepare(&reader->binary, level);
        binarise(&reader->binary, level, pass->radius, pass->bias);
        finder_candidates(&reader->binary, level->height > 600 ? 3 : 2, &reader->candidates);
        return;
    }
    if (pass->modules[0] <= 0)
        box_candidates(&reader->boxes, level, &reader->candidates);
    for (int i = 0; i < 3 && pass->modules[i] > 0; i++)
        ring_candidates(level, pass->modules[i], &reader->candidates);
}

static bool read_triples(struct qr_reader *reader, const struct plane *plane, float scale, const struct budget *budget,
                         struct scan_result *result)
{
    bool used[FINDERS_MAX] = {false}, any = false;

    triples_find(&reader->finders, &reader->triples);
    for (int i = 0; i < reader->triples.count && (i == 0 || budget_allows(budget, 500)); i++) {
        const struct triple *triple = &reader->triples.items[i];

        if (uses(triple, used))
            continue;
        struct fit_triple full = triple_place(&reader->finders, triple, scale);
        if (read_triple(reader, plane, &full, result)) {
            used[triple->index[0]] = used[triple->index[1]] = used[triple->index[2]] = true;
            any = true;
        }
    }
    return any;
}

/* What one pass has found helps the next: into its scale and back, in order, tried. */
static void finders_scale(struct finder_list *finders, float scale)
{
    struct finder_list old = *finders;

    finders->count = 0;
    for (int i = 0; i < old.count; i++) {
        struct finder *f = &old.items[i];

        f->at = (struct scan_point){f->at.x * scale, f->at.y * scale};
        f->u = (struct scan_point){f->u.x * scale, f->u.y * scale};
        f->v = (struct scan_point){f->v.x * scale, f->v.y * scale};
        f->fresh = false;
        if (!f->guessed)
            finders_add(finders, f);
    }
}

static bool run_pass(struct qr_reader *reader, const struct plane *plane, const struct pass *pass,
                     const struct budget *budget, struct scan_result *result)
{
    struct plane level = *plane;
    uint8_t *room = reader->halves;

    for (int i = 0; i < pass->halvings; i++) {
        level = plane_halve(&level, room);
        room += (size_t)level.width * (size_t)level.height;
    }

    if (level.width < 20 || level.height < 20)
        return false;
    float scale = (float)(1 << pass->halvings);
    find_candidates(reader, &level, pass);
    finders_scale(&reader->finders, 1 / scale);
    finders_fit(&level, &reader->candidates, &reader->finders);
    bool read = read_triples(reader, plane, scale, budget, result) ||
                (finders_complete(&level, pass->follow, &reader->finders) > 0 &&
                 read_triples(reader, plane, scale, budget, result));
    finders_scale(&reader->finders, scale);
    return read;
}

/* Wide windows at coarse scales are for symbols that fill a large picture. */
static const struct pass passes[] = {
    {1, 1, 4, {0}, false, false, 1, 0},
    {0, 2, 6, {0}, false, false, 1, 0},
    {0, 0, 0, {0}, false, true, 4, 1},
    {1, 4, 3, {0}, false, true, 4, 0},
    {2, 4, 3, {0}, false, true, 4, 2},
    {3, 4, 3, {0}, false, true, 4, 2},
    {1, 0, 0, {1.7f, 2.3f, 3.1f}, false, true, 12, 3},
    {0, 1, 3, {0}, true, true, 12, 7},
    {0, 0, 0, {1.6f, 2.1f, 2.8f}, true, true, 12, 11},
};
enum { PASSES = sizeof(passes) / sizeof(passes[0]), CHEAP_PASSES = 2 };

static void tell_seen(const struct qr_reader *reader, struct qr_seen *out_seen)
{
    const struct fit *fit = &reader->seen[0];

    *out_seen = (struct qr_seen){.score = 0};
    if (reader->seen_count == 0)
        return;
    out_seen->score = fit->score;
    out_seen->inverted = fit->inverted;
    out_seen->module = point_distance(fit->corners[0], fit->corners[1]) / ((float)qr_side(fit->version) - 7);
    place_of(fit, out_seen->place);
}

/* A symbol that fits that well has been found; searching on would only find it again. */
#define SURELY_FOUND 0.7f

/* A finder that good is worth looking for its neighbours. */
#define LONELY_SCORE 0.8f

/* A frame takes the costlier passes in turn, all of them while something may be there. */
static bool pass_is_due(const struct qr_reader *reader, int pass, enum qr_effort effort)
{
    if (pass < CHEAP_PASSES)
        return effort != QR_EFFORT_REST;
    if (effort == QR_EFFORT_FIRST || (reader->seen_count > 0 && reader->seen[0].score >= SURELY_FOUND))
        return false;
    if (effort == QR_EFFORT_REST)
        return true;
    return reader->seen_count > 0 || reader->finders.count >= 2 ||
           (reader->finders.count > 0 && reader->finders.items[0].score >= LONELY_SCORE) ||
           reader->frames % passes[pass].every == passes[pass].turn;
}

static bool is_within(struct scan_point p, const struct scan_point quad[4])
{
    int turns = 0;

    for (int i = 0; i < 4; i++) {
        struct scan_point a = quad[i], b = quad[(i + 1) & 3];

        turns += (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0;
    }
    return turns == 0 || turns == 4;
}

/* A symbol painted into the middle of another is what its maker wants read; the outer one is dropped. */
static void drop_painted_over(struct scan_result *result)
{
    for (int i = 0; i < result->count; i++) {
        bool over = false;

        for (int k = 0; k < result->count && !over; k++)
            over = k != i && is_within(result->codes[k].corners[0], result->codes[i].corners) &&
                   is_within(result->codes[k].corners[2], result->codes[i].corners);
        if (!over)
            continue;
        result->count--;
        memmove(&result->codes[i], &result->codes[i + 1], (size_t)(result->count - i) * sizeof(result->codes[0]));
        i--;
    }
}

static struct plane crop(const struct plane *plane, const struct scan_point quad[4], struct scan_point *out_origin)
{
    float left = (float)plane->width, top = (float)plane->height, right = 0, bottom = 0;

    for (int i = 0; i < 4; i++) {
        left = least(left, most(quad[i].x, 0));
        top = least(top, most(quad[i].y, 0));
        right = most(right, least(quad[i].x, (float)plane->width));
        bottom = most(bottom, least(quad[i].y, (float)plane->height));
    }
    *out_origin = (struct scan_point){floorf(left), floorf(top)};
    return (struct plane){plane->at + (size_t)top * (size_t)plane->stride + (size_t)left, (int)(right - left),
                          (int)(bottom - top), plane->stride};
}

/* Much correction is spent on dirt or on a logo; or on a smaller symbol that was painted over the middle. */
static void look_inside(struct qr_reader *reader, const struct plane *plane, const struct budget *budget,
                        struct scan_result *result)
{
    int count = result->count;

    for (int i = 0; i < count; i++) {
        struct scan_point origin;

        if (result->codes[i].symbology != SCAN_QR || result->codes[i].quality >= DOUBTFUL_QUALITY)
            continue;
        struct plane inside = crop(plane, result->codes[i].corners, &origin);
        int before = result->count;
        reader->finders.count = 0;
        run_pass(reader, &inside, &passes[1], budget, result);
        int found = result->count;
        result->count = before;
        for (int k = before; k < found; k++) {
            struct scan_code *code = &result->codes[k];

            for (int c = 0; c < 4; c++)
                code->corners[c] = (struct scan_point){code->corners[c].x + origin.x, code->corners[c].y + origin.y};
            /* The outer one again? */
            if (!known_already(result, code))
                memmove(&result->codes[result->count++], code, sizeof(*code));
        }
    }
    drop_painted_over(result);
}

#define TRACKED_SCORE 0.5f
enum { TRACKED_FRAMES = 5 }; /* then it may be anywhere */

/* Looks where something was seen a moment ago. */
static bool read_tracked(struct qr_reader *reader, const struct plane *plane, const struct budget *budget,
                         struct scan_result *result)
{
    if (reader->tracked.version == 0 || reader->frames - reader->tracked_at > TRACKED_FRAMES || reader->seen_count > 0)
        return false;
    return finders_track(plane, &reader->tracked, &reader->finders) > 0 &&
           read_triples(reader, plane, 1, budget, result);
}

static void track(struct qr_reader *reader, bool read)
{
    if (read) {
        reader->tracked.version = 0;
    } else if (reader->seen_count > 0 && reader->seen[0].score >= TRACKED_SCORE) {
        reader->tracked = reader->seen[0];
        reader->tracked_at = reader->frames;
    }
}

/* About what a pass takes; rings at full size take the longest. */
static int64_t pass_cost_us(const struct plane *plane, const struct pass *pass)
{
    int64_t pixels = (int64_t)plane->width * plane->height;

    return 1000 + (pass->halvings > 0 ? pixels / 150 : pixels / 60);
}

enum { RESCUE_COST_US = 4000 }; /* kept for what is seen already: its first rescue */

static int read_plane(struct qr_reader *reader, const struct plane *plane, enum qr_effort effort,
                      const struct budget *budget, struct scan_result *result)
{
    int before = result->count;

    if (effort != QR_EFFORT_REST)
        reader->seen_count = reader->finders.count = 0;
    for (int p = 0; p < PASSES; p++) {
        int64_t kept = reader->seen_count > 0 && effort != QR_EFFORT_FIRST ? RESCUE_COST_US : 0;

        if (p > 0 && !budget_allows(budget, pass_cost_us(plane, &passes[p]) + kept))
            continue;
        bool read = p == CHEAP_PASSES && effort == QR_EFFORT_FRAME && read_tracked(reader, plane, budget, result);
        if (!read && (!pass_is_due(reader, p, effort) || !run_pass(reader, plane, &passes[p], budget, result)))
            continue;
        look_inside(reader, plane, budget, result);
        return result->count - before;
    }
    for (int i = 0; i < reader->seen_count && effort != QR_EFFORT_FIRST; i++) {
        struct fit fit = reader->seen[i];

        /* What is that much worse than the best is something else. */
        if ((i > 0 && !budget_allows(budget, 2000)) || fit.score < reader->seen[0].score - 0.2f)
            break;
        if (rescue_read_learned(reader, plane, &fit, i == 0 && effort == QR_EFFORT_FRAME, result) ||
            (budget_allows(budget, 2000) && rescue_read(reader, plane, &fit, budget, result)))
            return result->count - before;
    }
    return 0;
}

/* Drawings of one pixel a module, cut at their edge: no camera makes them, but files hold them. */
static int read_doubled(struct qr_reader *reader, const struct plane *plane, const struct budget *budget,
                        struct scan_result *result)
{
    struct plane doubled = plane_double(plane, reader->doubled);
    int added = read_plane(reader, &doubled, QR_EFFORT_FIRST, budget, result);

    if (added == 0)
        added = read_plane(reader, &doubled, QR_EFFORT_REST, budget, result);

    for (int i = result->count - added; i < result->count; i++)
        for (int k = 0; k < 4; k++) {
            struct scan_point *corner = &result->codes[i].corners[k];
            *corner = (struct scan_point){(corner->x - PLANE_BORDER) / 2, (corner->y - PLANE_BORDER) / 2};
        }
    return added;
}

int qr_reader_read(struct qr_reader *reader, const struct plane *plane, enum qr_effort effort,
                   const struct budget *budget, struct scan_result *result, struct qr_seen *out_seen)
{
    *out_seen = (struct qr_seen){.score = 0};
    reader->frames++;
    int added = read_plane(reader, plane, effort, budget, result);
    if (added > 0 || effort != QR_EFFORT_FRAME)
        reader->sum.frames = 0;
    track(reader, added > 0 || effort != QR_EFFORT_FRAME);
    if (added > 0)
        return added;
    tell_seen(reader, out_seen);
    if (effort == QR_EFFORT_REST && plane->width <= SMALL_SIDE && plane->height <= SMALL_SIDE)
        added = read_doubled(reader, plane, budget, result);
    return added;
}
