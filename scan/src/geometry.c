#include "geometry.h"

#include <string.h>

static bool solve(double m[8][9])
{
    for (int k = 0; k < 8; k++) {
        int pivot = k;

        for (int i = k + 1; i < 8; i++)
            if (fabs(m[i][k]) > fabs(m[pivot][k]))
                pivot = i;
        if (fabs(m[pivot][k]) < 1e-9)
            return false;
        if (pivot != k) {
            double row[9];

            memcpy(row, m[k], sizeof(row));
            memcpy(m[k], m[pivot], sizeof(row));
            memcpy(m[pivot], row, sizeof(row));
        }
        for (int i = k + 1; i < 8; i++) {
            double factor = m[i][k] / m[k][k];

            for (int j = k; j < 9; j++)
                m[i][j] -= factor * m[k][j];
        }
    }
    for (int k = 7; k >= 0; k--) {
        for (int j = k + 1; j < 8; j++)
            m[k][8] -= m[k][j] * m[j][8];
        m[k][8] /= m[k][k];
    }
    return true;
}

bool perspective_from_points(const struct scan_point from[4], const struct scan_point to[4],
                             struct perspective *out_map)
{
    double m[8][9];

    for (int i = 0; i < 4; i++) {
        double u = from[i].x, v = from[i].y, x = to[i].x, y = to[i].y;
        double first[9] = {u, v, 1, 0, 0, 0, -u * x, -v * x, x}, second[9] = {0, 0, 0, u, v, 1, -u * y, -v * y, y};

        memcpy(m[(ptrdiff_t)2 * i], first, sizeof(first));
        memcpy(m[(ptrdiff_t)2 * i + 1], second, sizeof(second));
    }
    if (!solve(m))
        return false;
    *out_map = (struct perspective){(float)m[0][8], (float)m[1][8], (float)m[2][8], (float)m[3][8],
                                    (float)m[4][8], (float)m[5][8], (float)m[6][8], (float)m[7][8]};
    return true;
}
