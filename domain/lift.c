#include "domain/lift.h"

#include "domain/crypto.h"

#include <assert.h>
#include <math.h>

#define Z_95 1.959963984540054

static struct lift_interval wilson(struct lift_arm arm)
{
    if (arm.members == 0)
        return (struct lift_interval){0, 0, 1};
    double n = arm.members, p = arm.used / n, z2 = Z_95 * Z_95;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);

    return (struct lift_interval){p, fmax(0, middle - half), fmin(1, middle + half)};
}

static double distance(double a, double b)
{
    return sqrt(a * a + b * b);
}

struct lift lift_measure(struct lift_arm treated, struct lift_arm holdout)
{
    assert(treated.used <= treated.members && holdout.used <= holdout.members);
    struct lift lift = {.treated = wilson(treated), .holdout = wilson(holdout)};
    const struct lift_interval *t = &lift.treated, *h = &lift.holdout;

    lift.measured = treated.members > 0 && holdout.members > 0;
    if (!lift.measured) {
        lift.difference = (struct lift_interval){0, -1, 1};
        return lift;
    }
    lift.difference.value = t->value - h->value;
    lift.difference.low = lift.difference.value - distance(t->value - t->low, h->high - h->value);
    lift.difference.high = lift.difference.value + distance(t->high - t->value, h->value - h->low);
    lift.proven = lift.difference.low > 0 || lift.difference.high < 0;
    return lift;
}

bool lift_held_out(uint32_t campaign, uint64_t member, uint32_t permille)
{
    uint8_t key[12], hash[HASH_LEN];
    uint64_t draw = 0;

    for (int i = 0; i < 4; i++)
        key[i] = (uint8_t)(campaign >> (24 - 8 * i));
    for (int i = 0; i < 8; i++)
        key[4 + i] = (uint8_t)(member >> (56 - 8 * i));
    crypto_sha256(key, sizeof(key), hash);
    for (int i = 0; i < 8; i++)
        draw = draw << 8 | hash[i];
    return draw % 1000 < permille;
}
