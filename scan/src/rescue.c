#include "feedback.h"
#include "overlay.h"
#include "qr_work.h"

#include <string.h>

/* A fit, bent or not, and the time that is left for it. */
struct attempt {
    const struct plane *plane;
    const struct fit *fit;
    const struct fit_warp *warp; /* NULL: none */
    const struct budget *budget;
};

static bool decode_hard(struct qr_reader *reader, const struct attempt *attempt, struct scan_result *result)
{
    static const struct sampling samplings[] = {{0.25f, false}, {0, false}, {0.33f, false}, {0.33f, true}};
    static const struct decision decisions[] = {{0.25f, 4}, {0, 4}, {0.5f, 4}, {0.8f, 4}, {0, 2}};

    for (size_t s = 0; s < sizeof(samplings) / sizeof(samplings[0]); s++) {
        if (s > 0 && !budget_allows(attempt->budget, 1000))
            return false;
        sampler_take(&reader->sampler, attempt->plane, attempt->fit, &samplings[s], attempt->warp);
        for (size_t k = 0; k < sizeof(decisions) / sizeof(decisions[0]); k++)
            if (qr_work_decode(reader, attempt->fit, &decisions[k], result))
                return true;
    }
    return false;
}

static bool decode_fed_back(struct qr_reader *reader, const struct attempt *attempt, struct scan_result *result)
{
    static const struct sampling samplings[] = {{0, false}, {0.25f, false}};
    static const struct decision firsts[] = {{0.5f, 4}, {1.0f, 4}};

    for (int s = 0; s < 2; s++) {
        if (s > 0 && !budget_allows(attempt->budget, 1000))
            return false;
        sampler_take(&reader->sampler, attempt->plane, attempt->fit, &samplings[s], attempt->warp);
        for (int k = 0; k < 2; k++) {
            sampler_decide(&reader->sampler, attempt->fit, &firsts[k], &reader->soft);
            feedback_decide(&reader->sampler, attempt->fit, &reader->soft);
            if (qr_work_decode_soft(reader, attempt->fit, result))
                return true;
        }
    }
    return false;
}

/* Where the far corner, which no finder holds, opens the eye widest. */
struct jitter {
    struct fit fit;
    float opening;
};

enum { JITTERS = 5 };

static void keep_jitter(struct jitter *best, int max, const struct jitter *jitter)
{
    int at = max;

    while (at > 0 && best[at - 1].opening < jitter->opening) {
        if (at < max)
            best[at] = best[at - 1];
        at--;
    }
    if (at < max)
        best[at] = *jitter;
}

/* The far corners that open the eye widest, best first. */
static void find_jitters(struct qr_reader *reader, const struct plane *plane, const struct fit *fit, int reach,
                         struct jitter best[JITTERS])
{
    static const struct sampling point = {0, false};
    static const struct decision evened = {0.25f, 4};
    struct scan_point far = fit->corners[2], a = fit->corners[1], b = fit->corners[3];
    float step = 0.5f / ((float)qr_side(fit->version) - 7);

    for (int i = 0; i < JITTERS; i++)
        best[i].opening = -1;
    for (int j = -reach; j <= reach; j++) {
        for (int i = -reach; i <= reach; i++) {
            struct jitter jitter = {*fit, 0};
            float right = (float)i * step, down = (float)j * step;

            jitter.fit.corners[2] = (struct scan_point){far.x + (a.x - far.x) * right + (b.x - far.x) * down,
                                                        far.y + (a.y - far.y) * right + (b.y - far.y) * down};
            if (!fit_update(&jitter.fit))
                continue;
            sampler_take(&reader->sampler, plane, &jitter.fit, &point, NULL);
            jitter.opening = sampler_decide(&reader->sampler, &jitter.fit, &evened, &reader->soft);
            keep_jitter(best, JITTERS, &jitter);
        }
    }
}

static bool decode_jittered(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                            struct scan_result *result)
{
    static const struct sampling mean = {0.2f, false};
    static const struct decision evened = {0.25f, 4}, sharper = {0.5f, 4};
    struct jitter best[JITTERS];

    find_jitters(reader, plane, fit, 3, best);
    for (int i = 0; i < JITTERS && best[i].opening > 0; i++) {
        sampler_take(&reader->sampler, plane, &best[i].fit, &mean, NULL);
        if (qr_work_decode(reader, &best[i].fit, &evened, result) ||
            qr_work_decode(reader, &best[i].fit, &sharper, result))
            return true;
    }
    return false;
}

/* Symbols that can be read at all come to 0.6 and more once refined; chance hardly to 0.5. */
#define REFINED_MIN 0.5f

enum { LIGHT_ROUNDS = 2 }; /* of learning on what the decisions before say about the light */

/* Returns how much of what is known comes out. */
static float learn_plane(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                         const struct fit_warp *warp)
{
    learn_take(&reader->learn, &reader->sampler, plane, fit, warp);
    return learn_decide(&reader->learn, &reader->learn.sheet, &reader->soft);
}

static bool decode_learned(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                           const struct fit_warp *warp, float *out_agreed, struct scan_result *result)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision plain = {0, 4};

    sampler_take(&reader->sampler, plane, fit, &mean, warp);
    sampler_decide(&reader->sampler, fit, &plain, &reader->soft);
    float agreed = learn_plane(reader, plane, fit, warp);
    bool read = agreed > 0 && qr_work_decode_soft(reader, fit, result);

    for (int round = 0; !read && agreed > 0 && round < LIGHT_ROUNDS; round++) {
        feedback_light(&reader->sampler, &reader->soft);
        agreed = learn_plane(reader, plane, fit, warp);
    }
    *out_agreed = agreed;
    return read || (agreed > 0 && qr_work_decode_thoroughly(reader, fit, result));
}

/* All frames together. */
static bool decode_sum(struct qr_reader *reader, const struct fit *fit, struct scan_result *result)
{
    static const struct decision decisions[] = {{0.25f, 4}, {0.5f, 4}, {0, 2}, {0.25f, 2}};

    if (learn_decide(&reader->learn, &reader->sum.sheet, &reader->soft) > 0) {
        learn_model(&reader->learn, &reader->model);
        if (qr_work_decode_thoroughly(reader, fit, result))
            return true;
    }
    learn_show(&reader->sum.sheet, &reader->sampler);
    for (size_t k = 0; k < sizeof(decisions) / sizeof(decisions[0]); k++)
        if (qr_work_decode(reader, fit, &decisions[k], result))
            return true;
    return false;
}

/* Puts the fit where this frame is most like those before; false when there are none of this symbol. */
static bool lay_over(struct qr_reader *reader, const struct plane *plane, struct fit *fit)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision plain = {0, 4};

    if (!learn_knows(&reader->sum, fit, reader->frames))
        return false;
    sampler_take(&reader->sampler, plane, fit, &mean, NULL);
    sampler_decide(&reader->sampler, fit, &plain, &reader->soft);
    overlay_fit(&reader->model, &reader->sampler, plane, fit);
    return true;
}

bool rescue_read_learned(struct qr_reader *reader, const struct plane *plane, struct fit *seen, bool gathered,
                         struct scan_result *result)
{
    float agreed;

    fit_pattern_make(&reader->pattern, seen->version);
    fit_refine(plane, &reader->pattern, seen);
    if (seen->score < REFINED_MIN)
        return false;
    if (seen->version == 1) {
        struct jitter best[JITTERS];

        find_jitters(reader, plane, seen, 2, best);
        if (best[0].opening > 0)
            *seen = best[0].fit;
    } else if (gathered) {
        lay_over(reader, plane, seen);
    }
    if (decode_learned(reader, plane, seen, NULL, &agreed, result))
        return true;
    if (!gathered || agreed <= 0)
        return false;
    learn_model(&reader->learn, &reader->model);
    learn_add(&reader->sum, &reader->learn, seen, agreed, reader->frames);
    return reader->sum.frames > 1 && decode_sum(reader, seen, result);
}

bool rescue_read(struct qr_reader *reader, const struct plane *plane, const struct fit *seen,
                 const struct budget *budget, struct scan_result *result)
{
    struct attempt attempt = {plane, seen, NULL, budget};
    struct fit_warp warp;
    float agreed;

    if (seen->score < REFINED_MIN)
        return false;
    if (decode_hard(reader, &attempt, result) || decode_fed_back(reader, &attempt, result))
        return true;
    if (seen->version >= 2 && budget_allows(budget, 2000)) {
        fit_measure_warp(plane, seen, &warp);
        attempt.warp = &warp;
        if (decode_learned(reader, plane, seen, &warp, &agreed, result) || decode_hard(reader, &attempt, result) ||
            decode_fed_back(reader, &attempt, result))
            return true;
    }
    return budget_allows(budget, 3000) && decode_jittered(reader, plane, seen, result);
}
