#include "central/campaign/work.h"

#include "central/store/campaign_issue.h"
#include "central/store/segment.h"
#include "platform/log.h"

#include <stdlib.h>

#define PIECE 1000 /* targets in one transaction */

struct opening {
    uint32_t campaign;
    uint64_t *members; /* owned */
    size_t count, cap, written;
};

static int collect(void *context, uint64_t member)
{
    struct opening *opening = context;
    if (opening->count == opening->cap) {
        size_t cap = opening->cap ? 2 * opening->cap : PIECE;
        uint64_t *members = realloc(opening->members, cap * sizeof(*members));
        if (!members) {
            return -ENOMEM;
        }
        opening->members = members;
        opening->cap = cap;
    }
    opening->members[opening->count++] = member;
    return 0;
}

static int run_piece(void *arg, struct store_tx *tx)
{
    struct opening *opening = arg;
    size_t left = opening->count - opening->written, piece = left < PIECE ? left : PIECE;
    int rc = campaign_opening_add(tx, opening->campaign, opening->members + opening->written, piece);
    if (rc == 0 && piece == left) {
        rc = campaign_opening_end(tx, opening->campaign);
    }
    opening->written += rc == 0 ? piece : 0;
    return rc;
}

/* Read in a snapshot; a stop in the middle begins anew, and who is entered stays so. */
static int open_next(struct central *central)
{
    struct store_tx tx;
    struct opening opening = {0};
    uint32_t segment = 0;
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = campaign_opening_next(&tx, &opening.campaign, &segment);
    bool there = rc == 0;
    rc = rc ? rc : segment_each_member(&tx, segment, collect, &opening);
    store_read_end(&tx);
    rc = there && rc == -ENOENT ? 0 : rc; /* the segment is gone: nobody is in it */
    do {
        rc = rc ? rc : writer_call(central->writer, run_piece, &opening);
    } while (rc == 0 && opening.written < opening.count);
    free(opening.members);
    return rc;
}

void campaign_open_segments(struct central *central)
{
    int rc = 0;
    while (rc == 0) {
        rc = open_next(central);
    }
    if (rc != -ENOENT && rc != -EPIPE) {
        log_error("campaign", "a segment's members could not be entered errno=%d", -rc);
    }
}
