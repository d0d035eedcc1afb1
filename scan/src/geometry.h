#ifndef SCAN_SRC_GEOMETRY_H
#define SCAN_SRC_GEOMETRY_H

/* Plane geometry: points and perspective maps. Pure. */

#include <math.h>
#include <stdbool.h>

#include "scan/scan.h"

/* (u, v) -> ((a u + b v + c) / w, (d u + e v + f) / w), w = g u + h v + 1. */
struct perspective {
    float a, b, c, d, e, f, g, h;
};

/* The map that takes from[i] to to[i]. False when three of the points are nearly in line. */
bool perspective_from_points(const struct scan_point from[4], const struct scan_point to[4],
                             struct perspective *out_map);

static inline struct scan_point perspective_apply(const struct perspective *m, float u, float v)
{
    float w = m->g * u + m->h * v + 1.0f;

    w = fabsf(w) < 1e-6f ? 1e-6f : w;
    return (struct scan_point){(m->a * u + m->b * v + m->c) / w, (m->d * u + m->e * v + m->f) / w};
}

static inline float point_distance(struct scan_point a, struct scan_point b)
{
    return hypotf(a.x - b.x, a.y - b.y);
}

#endif
