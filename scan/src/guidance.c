#include "guidance.h"

#include "geometry.h"

#include <math.h>

enum {
    STEP = 8,            /* every eighth pixel each way tells the light well enough */
    SATURATED = 250,     /* grey level */
    DARK_MEAN = 24,      /* a frame below that has hardly any signal */
    GLARE_PERMILLE = 60, /* of the place that was seen */
};

struct light {
    long sum;
    int count, saturated;
};

static struct light light_of(const struct scan_image *image, int left, int top, int right, int bottom)
{
    struct light light = {0, 0, 0};

    for (int y = top + STEP / 2; y < bottom; y += STEP) {
        const uint8_t *line = image->grey + (size_t)y * (size_t)image->stride;

        for (int x = left + STEP / 2; x < right; x += STEP) {
            light.sum += line[x];
            light.saturated += line[x] >= SATURATED;
            light.count++;
        }
    }
    return light;
}

static int within(float value, int high)
{
    return value < 0 ? 0 : value > (float)high ? high : (int)value;
}

/* A blinding spot swallows whole modules; a well lit white does not reach into the dark ones. */
static bool glare_at(const struct scan_image *image, const struct scan_point place[4])
{
    float left = place[0].x, right = left, top = place[0].y, bottom = top;

    for (int i = 1; i < 4; i++) {
        left = fminf(left, place[i].x);
        right = fmaxf(right, place[i].x);
        top = fminf(top, place[i].y);
        bottom = fmaxf(bottom, place[i].y);
    }
    struct light light = light_of(image, within(left, image->width), within(top, image->height),
                                  within(right, image->width), within(bottom, image->height));
    return light.count > 0 && light.saturated * 1000 > (500 + GLARE_PERMILLE) * light.count;
}

/* Below that module size the camera's optics leave too little; above, the symbol does not fit the frame. */
static enum scan_hint size_hint(const struct scan_image *image, const struct qr_seen *seen)
{
    float diagonal = point_distance(seen->place[0], seen->place[2]);

    if (seen->module < 2.2f)
        return SCAN_HINT_TOO_FAR;
    if (diagonal > 1.25f * (float)image->height)
        return SCAN_HINT_TOO_CLOSE;
    return SCAN_HINT_HOLD_STILL;
}

void guidance_tell(const struct scan_image *image, const struct qr_seen *seen, struct scan_result *result)
{
    struct scan_guidance *guidance = &result->guidance;
    struct light light = light_of(image, 0, 0, image->width, image->height);

    guidance->brightness = light.count ? (int)(light.sum / light.count) : 0;
    guidance->glare_permille = light.count ? light.saturated * 1000 / light.count : 0;
    guidance->hint = SCAN_HINT_NONE;
    if (result->count > 0)
        return;
    if (guidance->brightness < DARK_MEAN)
        guidance->hint = SCAN_HINT_TOO_DARK;
    else if (seen->score > 0 && glare_at(image, seen->place))
        guidance->hint = SCAN_HINT_GLARE;
    else if (seen->score > 0)
        guidance->hint = size_hint(image, seen);
}
