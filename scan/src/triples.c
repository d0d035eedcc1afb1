#include "triples.h"

#include <math.h>

static float length_of(struct scan_point p)
{
    return hypotf(p.x, p.y);
}

static float cross_of(struct scan_point a, struct scan_point b)
{
    return a.x * b.y - a.y * b.x;
}

/* The side of a finder along which a line goes: the module step towards it, and the sine of how far it misses. */
static struct scan_point step_towards(const struct finder *finder, struct scan_point way, float *out_miss)
{
    float along_u = way.x * finder->u.x + way.y * finder->u.y, along_v = way.x * finder->v.x + way.y * finder->v.y;
    float u = length_of(finder->u), v = length_of(finder->v), length = length_of(way);
    bool is_u = fabsf(along_u) * v > fabsf(along_v) * u;
    struct scan_point step = is_u ? finder->u : finder->v;
    float sign = (is_u ? along_u : along_v) < 0 ? -1.0f : 1.0f;

    *out_miss = fabsf(cross_of(way, step)) / (length * (is_u ? u : v));
    return (struct scan_point){step.x * sign, step.y * sign};
}

/*
 * How far three finders, the first at the corner, are from those of one symbol: lines stay lines under perspective, so
 * each finder's side points at its neighbour. Negative: too far.
 */
static float triple_score(const struct finder *a, const struct finder *b, const struct finder *c)
{
    struct scan_point ab = {b->at.x - a->at.x, b->at.y - a->at.y}, ac = {c->at.x - a->at.x, c->at.y - a->at.y};
    struct scan_point ba = {-ab.x, -ab.y}, ca = {-ac.x, -ac.y};
    float miss[4];
    struct scan_point right = step_towards(a, ab, &miss[0]), down = step_towards(a, ac, &miss[1]);
    struct scan_point back = step_towards(b, ba, &miss[2]), up = step_towards(c, ca, &miss[3]);

    if (most(most(miss[0], miss[1]), most(miss[2], miss[3])) > 0.3f)
        return -1;
    if (fabsf(cross_of(right, down)) < 0.3f * length_of(right) * length_of(down))
        return -1; /* the same side of the corner */
    float worst = most(most(miss[0], miss[1]), most(miss[2], miss[3]));
    float wide = length_of(ab) / sqrtf(length_of(right) * length_of(back));
    float high = length_of(ac) / sqrtf(length_of(down) * length_of(up));
    float ratio = most(wide / high, high / wide);
    float shrink = most(length_of(right) / length_of(back), length_of(back) / length_of(right));
    float narrow = most(length_of(down) / length_of(up), length_of(up) / length_of(down));
    if (worst > 0.3f || ratio > 1.4f || wide < 11 || high < 11 || wide > 200 || high > 200 || shrink > 1.8f ||
        narrow > 1.8f)
        return -1;
    return worst * 3 + (ratio - 1) * 3 + (shrink - 1) + (narrow - 1) + (3 - a->score - b->score - c->score);
}

static void insert_triple(struct triple_list *list, const struct triple *triple)
{
    int at = list->count < TRIPLES_MAX ? list->count++ : TRIPLES_MAX;

    while (at > 0 && list->items[at - 1].score > triple->score) {
        if (at < TRIPLES_MAX)
            list->items[at] = list->items[at - 1];
        at--;
    }
    if (at < TRIPLES_MAX)
        list->items[at] = *triple;
}

static void try_triple(const struct finder *f, int i, int j, int k, struct triple_list *list)
{
    float score = triple_score(&f[i], &f[j], &f[k]);

    if (score < 0)
        return;
    struct scan_point right = {f[j].at.x - f[i].at.x, f[j].at.y - f[i].at.y};
    struct scan_point down = {f[k].at.x - f[i].at.x, f[k].at.y - f[i].at.y};
    bool turned = cross_of(right, down) < 0;
    struct triple triple = {{i, turned ? k : j, turned ? j : k}, score};
    insert_triple(list, &triple);
}

void triples_find(const struct finder_list *finders, struct triple_list *out_triples)
{
    const struct finder *f = finders->items;
    int count = finders->count;

    out_triples->count = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            for (int k = j + 1; k < count; k++)
                if (i != j && i != k && f[j].inverted == f[i].inverted && f[k].inverted == f[i].inverted &&
                    (f[i].fresh || f[j].fresh || f[k].fresh))
                    try_triple(f, i, j, k, out_triples);
}

static struct scan_point scaled(struct scan_point p, float scale)
{
    return (struct scan_point){p.x * scale, p.y * scale};
}

struct fit_triple triple_place(const struct finder_list *finders, const struct triple *triple, float scale)
{
    const struct finder *f[3];
    struct fit_triple full;
    float miss;

    for (int i = 0; i < 3; i++)
        f[i] = &finders->items[triple->index[i]];
    struct scan_point right = {f[1]->at.x - f[0]->at.x, f[1]->at.y - f[0]->at.y};
    struct scan_point down = {f[2]->at.x - f[0]->at.x, f[2]->at.y - f[0]->at.y};
    full.inverted = f[0]->inverted;
    full.guessed = -1;
    for (int i = 0; i < 3; i++) {
        full.guessed = f[i]->guessed ? i : full.guessed;
        full.at[i] = scaled(f[i]->at, scale);
        full.right[i] = scaled(step_towards(f[i], right, &miss), scale);
        full.down[i] = scaled(step_towards(f[i], down, &miss), scale);
    }
    return full;
}

/* ---- the third of two ---- */

enum {
    PAIRED_MAX = 10,   /* of the best finders: the others are no pair worth the time */
    SEARCHES_MAX = 28, /* each about 50 us */
    GUESSES_MAX = 4,   /* each a triple to be tried */
};

#define FOLLOWED_SCORE 0.85f /* chance does not come near that */

/* How many there is time for. */
struct searches {
    int searches, guesses;
};

static bool is_known(const struct finder_list *finders, const struct finder *finder)
{
    float reach = 2.5f * most(length_of(finder->u), length_of(finder->v));

    for (int i = 0; i < finders->count; i++)
        if (point_distance(finders->items[i].at, finder->at) < reach)
            return true;
    return false;
}

/* One ring off is a summit, too; so the climb starts from a module to each side as well. */
static struct finder climb_around(const struct plane *plane, const struct finder *from)
{
    static const int8_t around[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    struct finder best = *from;

    finder_climb(plane, &best);
    for (int i = 0; i < 4 && best.score < 0.8f; i++) {
        struct finder trial = *from;
        float u = around[i][0], v = around[i][1];

        trial.at.x += u * trial.u.x + v * trial.v.x;
        trial.at.y += u * trial.u.y + v * trial.v.y;
        finder_climb(plane, &trial);
        if (trial.score > best.score)
            best = trial;
    }
    return best;
}

/* Looks about at; left counts down the searches that there is time for. */
static void search_third(const struct plane *plane, const struct finder *model, struct scan_point at,
                         struct finder_list *finders, struct searches *left)
{
    struct finder best = {.score = -1};

    if (at.x < 0 || at.y < 0 || at.x >= (float)plane->width || at.y >= (float)plane->height || left->searches == 0)
        return;
    left->searches--;
    for (int j = -4; j <= 4; j++) {
        for (int i = -4; i <= 4; i++) {
            struct finder trial = *model;

            trial.at = (struct scan_point){at.x + (float)i * model->u.x + (float)j * model->v.x,
                                           at.y + (float)i * model->u.y + (float)j * model->v.y};
            trial.score = finder_score(plane, &trial);
            if (trial.score > best.score)
                best = trial;
        }
    }
    if (best.score >= 0.25f)
        best = climb_around(plane, &best);
    if (best.score < 0.4f) {
        if (model->score < FOLLOWED_SCORE || left->guesses == 0)
            return;
        left->guesses--;
        best = *model;
        best.at = at;
        best.score = 0.3f;
        best.guessed = true;
    }
    best.fresh = true;
    if (!is_known(finders, &best) && finders->count < FINDERS_MAX)
        finders->items[finders->count++] = best;
}

static struct scan_point other_side(const struct finder *finder, struct scan_point side)
{
    return side.x == finder->u.x || side.x == -finder->u.x ? finder->v : finder->u;
}

/* a and b on one side of the symbol: the third is square to it, at either end, on either hand. */
static void complete_side(const struct plane *plane, const struct finder *a, const struct finder *b,
                          struct finder_list *finders, struct searches *left)
{
    struct scan_point way = {b->at.x - a->at.x, b->at.y - a->at.y};
    float miss_a, miss_b;
    struct scan_point near = step_towards(a, way, &miss_a), far = step_towards(b, way, &miss_b);
    float modules = length_of(way) / sqrtf(length_of(near) * length_of(far));

    if (miss_a > 0.2f || miss_b > 0.2f || modules < 11 || modules > 180)
        return;
    struct scan_point up_a = other_side(a, near), up_b = other_side(b, far);
    for (int sign = -1; sign <= 1; sign += 2) {
        float by = modules * (float)sign;

        search_third(plane, a, (struct scan_point){a->at.x + up_a.x * by, a->at.y + up_a.y * by}, finders, left);
        search_third(plane, b, (struct scan_point){b->at.x + up_b.x * by, b->at.y + up_b.y * by}, finders, left);
    }
}

/* a and b at opposite corners: the third is where a side of one meets a side of the other. */
static void complete_diagonal(const struct plane *plane, const struct finder *a, const struct finder *b,
                              struct finder_list *finders, struct searches *left)
{
    struct scan_point way = {b->at.x - a->at.x, b->at.y - a->at.y};
    const struct scan_point sides_a[2] = {a->u, a->v}, sides_b[2] = {b->u, b->v};

    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            float turn = cross_of(sides_a[i], sides_b[j]), size = length_of(sides_a[i]) * length_of(sides_b[j]);

            if (fabsf(turn) < 0.4f * size)
                continue;
            float s = cross_of(way, sides_b[j]) / turn, t = cross_of(way, sides_a[i]) / turn;
            float ratio = fabsf(s / t);
            if (fabsf(s) < 11 || fabsf(s) > 180 || ratio > 1.5f || ratio < 0.66f)
                continue;
            search_third(plane, a, (struct scan_point){a->at.x + sides_a[i].x * s, a->at.y + sides_a[i].y * s}, finders,
                         left);
        }
    }
}

/* ---- where a symbol was ---- */

enum { TRACKED_REACH = 9 }; /* modules: a phone that is held out moves no farther from frame to frame */

static struct finder finder_of(const struct fit *fit, int corner)
{
    float near = 3.5f, far = (float)qr_side(fit->version) - 3.5f;
    float u = corner == 1 ? far : near, v = corner == 3 ? far : near;
    struct scan_point at = perspective_apply(&fit->map, u, v), right = perspective_apply(&fit->map, u + 1, v),
                      down = perspective_apply(&fit->map, u, v + 1);

    return (struct finder){
        at, {right.x - at.x, right.y - at.y}, {down.x - at.x, down.y - at.y}, -1, fit->inverted, true, false, false};
}

int finders_track(const struct plane *plane, const struct fit *before, struct finder_list *finders)
{
    static const int corners[3] = {0, 1, 3};
    int added = 0;

    for (int k = 0; k < 3; k++) {
        struct finder model = finder_of(before, corners[k]), best = model;

        for (int j = -TRACKED_REACH; j <= TRACKED_REACH; j++) {
            for (int i = -TRACKED_REACH; i <= TRACKED_REACH; i++) {
                struct finder trial = model;

                trial.at.x += (float)i * model.u.x + (float)j * model.v.x;
                trial.at.y += (float)i * model.u.y + (float)j * model.v.y;
                if (trial.at.x < 0 || trial.at.y < 0 || trial.at.x >= (float)plane->width ||
                    trial.at.y >= (float)plane->height)
                    continue;
                trial.score = finder_score(plane, &trial);
                if (trial.score > best.score)
                    best = trial;
            }
        }
        if (best.score < 0.25f)
            continue;
        best = climb_around(plane, &best);
        if (best.score < 0.5f)
            continue;
        finders_add(finders, &best);
        added++;
    }
    return added;
}

/* ---- the neighbour of one ---- */

enum {
    FOLLOWED_MAX = 3,
    FOLLOWED_MODULES = 70, /* to the neighbour's middle: version 17 */
};

static void follow_side(const struct plane *plane, const struct finder *from, struct scan_point along,
                        struct scan_point across, struct finder_list *finders)
{
    struct finder best = {.score = -1};

    for (int step = 14; step <= FOLLOWED_MODULES; step++) {
        int spread = 1 + step / 16;

        for (int aside = -spread; aside <= spread; aside++) {
            struct finder trial = *from;

            trial.at.x += along.x * (float)step + across.x * (float)aside;
            trial.at.y += along.y * (float)step + across.y * (float)aside;
            if (trial.at.x < 0 || trial.at.y < 0 || trial.at.x >= (float)plane->width ||
                trial.at.y >= (float)plane->height)
                continue;
            trial.score = finder_score(plane, &trial);
            if (trial.score > best.score)
                best = trial;
        }
    }
    if (best.score < 0.35f)
        return;
    best = climb_around(plane, &best);
    best.fresh = true;
    if (best.score >= 0.6f && !is_known(finders, &best) && finders->count < FINDERS_MAX)
        finders->items[finders->count++] = best;
}

static void follow_sides(const struct plane *plane, const struct finder *finder, struct finder_list *finders)
{
    struct finder model = *finder, *from = &model;

    for (int sign = -1; sign <= 1; sign += 2) {
        follow_side(plane, from, (struct scan_point){from->u.x * (float)sign, from->u.y * (float)sign}, from->v,
                    finders);
        follow_side(plane, from, (struct scan_point){from->v.x * (float)sign, from->v.y * (float)sign}, from->u,
                    finders);
    }
}

static void complete_pairs(const struct plane *plane, int known, struct finder_list *finders)
{
    int paired = known < PAIRED_MAX ? known : PAIRED_MAX;
    struct searches left = {SEARCHES_MAX, GUESSES_MAX};

    /* Best pairs first: the list is in order. */
    for (int sum = 1; sum <= 2 * paired - 3; sum++) {
        for (int i = sum >= paired ? sum - paired + 1 : 0; 2 * i < sum; i++) {
            struct finder a = finders->items[i], b = finders->items[sum - i];
            float size_a = length_of(a.u) * length_of(a.v), size_b = length_of(b.u) * length_of(b.v);

            if (a.guessed || b.guessed || a.inverted != b.inverted || size_a > 2.5f * size_b || size_b > 2.5f * size_a)
                continue;
            complete_side(plane, &a, &b, finders, &left);
            complete_diagonal(plane, &a, &b, finders, &left);
        }
    }
}

int finders_complete(const struct plane *plane, bool follow, struct finder_list *finders)
{
    int known = finders->count;

    for (int i = 0; i < known; i++)
        finders->items[i].fresh = false;
    for (int i = 0; follow && i < known && i < FOLLOWED_MAX; i++) {
        struct finder *from = &finders->items[i];

        if (from->followed || from->score < FOLLOWED_SCORE)
            continue;
        from->followed = true;
        follow_sides(plane, from, finders);
    }
    complete_pairs(plane, finders->count, finders);
    return finders->count - known;
}
