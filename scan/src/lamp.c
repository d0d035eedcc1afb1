#include "scan/scan.h"

#include <assert.h>

enum {
    DARK = 50,          /* mean grey level of a frame in which a paper code is hardly seen */
    BRIGHT = 150,       /* more than a small lamp makes of a dark counter */
    FRAMES_TO_ON = 5,   /* a hand before the lens is no night */
    FRAMES_TO_OFF = 45, /* a bright phone held out is no morning */
};

bool scan_lamp_step(struct scan_lamp *lamp, const struct scan_guidance *guidance)
{
    assert(lamp && guidance);
    bool other = lamp->on ? guidance->brightness > BRIGHT : guidance->brightness < DARK;

    lamp->frames = other ? lamp->frames + 1 : 0;
    if (lamp->frames >= (lamp->on ? FRAMES_TO_OFF : FRAMES_TO_ON))
        *lamp = (struct scan_lamp){!lamp->on, 0};
    return lamp->on;
}
