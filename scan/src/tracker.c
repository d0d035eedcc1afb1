#include "scan/scan.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LEAVE_MISSES = 10 }; /* what a slow camera gives in a second */

static uint64_t text_hash(const struct scan_code *code)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, 64 bit */

    for (size_t i = 0; i < code->text_len; i++)
        hash = (hash ^ (uint8_t)code->text[i]) * 0x100000001b3u;
    return hash;
}

static struct scan_point quad_centre(const struct scan_point corners[4])
{
    struct scan_point sum = {0, 0};

    for (int i = 0; i < 4; i++) {
        sum.x += corners[i].x / 4;
        sum.y += corners[i].y / 4;
    }
    return sum;
}

static float quad_radius(const struct scan_point corners[4])
{
    struct scan_point centre = quad_centre(corners);
    float radius = 0;

    for (int i = 0; i < 4; i++)
        radius = fmaxf(radius, hypotf(corners[i].x - centre.x, corners[i].y - centre.y));
    return radius;
}

static bool place_has(const struct scan_tracker_place *place, const struct scan_code *code, uint64_t hash)
{
    return place->used && place->symbology == code->symbology && place->text_hash == hash &&
           place->text_len == code->text_len;
}

static struct scan_tracker_place *free_place(struct scan_tracker *tracker)
{
    struct scan_tracker_place *oldest = &tracker->places[0];

    for (int i = 0; i < SCAN_TRACKER_PLACES; i++) {
        struct scan_tracker_place *place = &tracker->places[i];

        if (!place->used)
            return place;
        if (place->last_seen_ms < oldest->last_seen_ms)
            oldest = place;
    }
    return oldest;
}

void scan_tracker_init(struct scan_tracker *tracker, int64_t leave_after_ms)
{
    assert(tracker && leave_after_ms > 0);
    memset(tracker, 0, sizeof(*tracker));
    tracker->leave_after_ms = leave_after_ms;
}

void scan_tracker_forget(struct scan_tracker *tracker)
{
    assert(tracker);
    scan_tracker_init(tracker, tracker->leave_after_ms);
}

static void drop_left(struct scan_tracker *tracker, int64_t now_ms)
{
    for (int i = 0; i < SCAN_TRACKER_PLACES; i++) {
        struct scan_tracker_place *place = &tracker->places[i];

        if (place->used && place->misses >= LEAVE_MISSES && now_ms - place->last_seen_ms >= tracker->leave_after_ms)
            place->used = false;
    }
}

static void mark_seen(struct scan_tracker_place *place, int64_t now_ms)
{
    place->last_seen_ms = now_ms;
    place->misses = 0;
}

/* Something unread where a known code was is that code in a bad frame. */
static void keep_unread(struct scan_tracker *tracker, const struct scan_result *result, int64_t now_ms)
{
    struct scan_point centre = quad_centre(result->seen);

    for (int i = 0; i < SCAN_TRACKER_PLACES; i++) {
        struct scan_tracker_place *place = &tracker->places[i];

        if (place->used && hypotf(centre.x - place->centre.x, centre.y - place->centre.y) < place->radius)
            mark_seen(place, now_ms);
    }
}

unsigned scan_tracker_step(struct scan_tracker *tracker, const struct scan_result *result, int64_t now_ms)
{
    unsigned fresh = 0;

    assert(tracker && tracker->leave_after_ms > 0 && result && result->count <= SCAN_CODES_MAX);
    drop_left(tracker, now_ms);
    for (int i = 0; i < SCAN_TRACKER_PLACES; i++)
        if (tracker->places[i].misses < LEAVE_MISSES)
            tracker->places[i].misses++;
    if (result->something_seen && result->count == 0)
        keep_unread(tracker, result, now_ms);

    for (int i = 0; i < result->count; i++) {
        const struct scan_code *code = &result->codes[i];
        uint64_t hash = text_hash(code);
        struct scan_tracker_place *place = NULL;

        for (int j = 0; j < SCAN_TRACKER_PLACES && !place; j++)
            if (place_has(&tracker->places[j], code, hash))
                place = &tracker->places[j];
        if (!place) {
            place = free_place(tracker);
            fresh |= 1u << i;
        }
        place->used = true;
        place->symbology = code->symbology;
        place->text_hash = hash;
        place->text_len = code->text_len;
        place->centre = quad_centre(code->corners);
        place->radius = quad_radius(code->corners);
        mark_seen(place, now_ms);
    }
    return fresh;
}

bool scan_tracker_unsure(const struct scan_tracker *tracker)
{
    assert(tracker);
    for (int i = 0; i < SCAN_TRACKER_PLACES; i++)
        if (tracker->places[i].used && tracker->places[i].misses > 0)
            return true;
    return false;
}
