#include "feedback.h"
#include "qr_work.h"

#include <string.h>

static bool decode_hard(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                        const struct fit_warp *warp, struct scan_result *result)
{
    static const struct sampling samplings[] = {{0.25f, false}, {0, false}, {0.33f, false}, {0.33f, true}};
    static const struct decision decisions[] = {{0.25f, 4}, {0, 4}, {0.5f, 4}, {0.8f, 4}, {0, 2}};

    for (size_t s = 0; s < sizeof(samplings) / sizeof(samplings[0]); s++) {
        sampler_take(&reader->sampler, plane, fit, &samplings[s], warp);
        for (size_t k = 0; k < sizeof(decisions) / sizeof(decisions[0]); k++)
            if (qr_work_decode(reader, fit, &decisions[k], result))
                return true;
    }
    return false;
}

static bool decode_fed_back(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                            const struct fit_warp *warp, struct scan_result *result)
{
    static const struct sampling samplings[] = {{0, false}, {0.25f, false}};
    static const struct decision firsts[] = {{0.5f, 4}, {1.0f, 4}};

    for (int s = 0; s < 2; s++) {
        sampler_take(&reader->sampler, plane, fit, &samplings[s], warp);
        for (int k = 0; k < 2; k++) {
            sampler_decide(&reader->sampler, fit, &firsts[k], &reader->soft);
            feedback_decide(&reader->sampler, fit, &reader->soft);
            if (qr_work_decode_soft(reader, fit, result))
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

static bool decode_jittered(struct qr_reader *reader, const struct plane *plane, const struct fit *fit,
                            struct scan_result *result)
{
    enum { KEPT = 5, REACH = 3 };
    static const struct sampling point = {0, false}, mean = {0.2f, false};
    static const struct decision evened = {0.25f, 4}, sharper = {0.5f, 4};
    struct jitter best[KEPT] = {{.opening = -1}, {.opening = -1}, {.opening = -1}, {.opening = -1}, {.opening = -1}};
    struct scan_point far = fit->corners[2], a = fit->corners[1], b = fit->corners[3];
    float step = 0.5f / ((float)qr_side(fit->version) - 7);

    for (int j = -REACH; j <= REACH; j++) {
        for (int i = -REACH; i <= REACH; i++) {
            struct jitter jitter = {*fit, 0};
            float right = (float)i * step, down = (float)j * step;

            jitter.fit.corners[2] = (struct scan_point){far.x + (a.x - far.x) * right + (b.x - far.x) * down,
                                                        far.y + (a.y - far.y) * right + (b.y - far.y) * down};
            if (!fit_update(&jitter.fit))
                continue;
            sampler_take(&reader->sampler, plane, &jitter.fit, &point, NULL);
            jitter.opening = sampler_decide(&reader->sampler, &jitter.fit, &evened, &reader->soft);
            keep_jitter(best, KEPT, &jitter);
        }
    }
    for (int i = 0; i < KEPT && best[i].opening > 0; i++) {
        sampler_take(&reader->sampler, plane, &best[i].fit, &mean, NULL);
        if (qr_work_decode(reader, &best[i].fit, &evened, result) ||
            qr_work_decode(reader, &best[i].fit, &sharper, result))
            return true;
    }
    return false;
}

/* Symbols that can be read at all come to 0.6 and more once refined; chance hardly to 0.5. */
#define REFINED_MIN 0.5f

bool rescue_read(struct qr_reader *reader, const struct plane *plane, const struct fit *seen,
                 const struct budget *budget, struct scan_result *result)
{
    struct fit fit = *seen;
    struct fit_warp warp;

    fit_pattern_make(&reader->pattern, fit.version);
    fit_refine(plane, &reader->pattern, &fit);
    if (fit.score < REFINED_MIN)
        return false;
    if (decode_hard(reader, plane, &fit, NULL, result) || decode_fed_back(reader, plane, &fit, NULL, result))
        return true;
    if (fit.version >= 2 && budget_allows(budget, 2000)) {
        fit_measure_warp(plane, &fit, &warp);
        if (decode_hard(reader, plane, &fit, &warp, result) || decode_fed_back(reader, plane, &fit, &warp, result))
            return true;
    }
    return budget_allows(budget, 3000) && decode_jittered(reader, plane, &fit, result);
}

bool rescue_read_gathered(struct qr_reader *reader, const struct plane *plane, const struct fit *seen,
                          struct scan_result *result)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision evened[GATHERED] = {{0.25f, 4}, {0.8f, 4}};
    struct fit fit = *seen;

    fit_pattern_make(&reader->pattern, fit.version);
    fit_refine(plane, &reader->pattern, &fit);
    if (fit.score < REFINED_MIN)
        return false;
    sampler_take(&reader->sampler, plane, &fit, &mean, NULL);
    for (int k = 0; k < GATHERED; k++) {
        sampler_decide(&reader->sampler, &fit, &evened[k], &reader->soft);
        gather_add(&reader->gather[k], &fit, &reader->soft);
        if (gather_mean(&reader->gather[k], &reader->soft) && qr_work_decode_soft(reader, &fit, result))
            return true;
    }
    return false;
}
