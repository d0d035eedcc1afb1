#ifndef APP_TILL_UPLOAD_INTERNAL_H
#define APP_TILL_UPLOAD_INTERNAL_H

/* What upload.c and upload_follow.c share. Private to them. */

#include "books.h"

/* What a backlog depends on beside what it says. */
struct lacking {
    uint32_t era;    /* whose it is */
    int64_t next_ms; /* of the first record that central lacks, also while it waits for a peer; 0 = it has all */
};

struct upload {
    pthread_mutex_t mutex; /* guards everything below */
    char *path, *vfs;
    bool admitted;          /* the writer has the books open: what the log says is on the medium */
    struct db *reader;      /* NULL until needed */
    uint8_t *batch_buffer;  /* BATCH_BYTES_MAX */
    uint8_t *record_buffer; /* RECORD_BODY_MAX */
    atomic_ullong commits;  /* the writer's; guarded by nothing */
    /* What is asked for again and again while nothing happens, each with the count before it was read; 0 = never. */
    unsigned long long ends_mark, backlog_mark;
    uint32_t end_count;
    struct lan_end ends[LAN_TERMINALS_MAX];
    bool held_back; /* the first of them is shortened */
    struct till_backlog backlog;
    struct lacking lacking;
};

struct present { /* of the books, from config */
    uint32_t era;
    uint64_t unconfirmed_from; /* 0 = nothing waits for a peer */
    bool held_back, forked;
};

/* What no peer holds yet is not done, and central does not hear of it. The mark is always of the last era. */
static inline uint64_t upload_ready_through(const struct present *present, const struct upload_era *era)
{
    return present->unconfirmed_from != 0 && era->era == present->era ? present->unconfirmed_from - 1 : era->last_seq;
}

static inline uint64_t upload_waiting_of(uint64_t through, uint64_t durable)
{
    return through > durable ? through - durable : 0;
}

/* With the mutex held. */
MUST_CHECK int upload_reader(struct upload *upload);
MUST_CHECK int upload_read_backlog(struct upload *upload, struct till_backlog *out, struct lacking *out_lacking);
MUST_CHECK int upload_read_ends(struct upload *upload, struct lan_end ends[LAN_TERMINALS_MAX], uint32_t *out_count);
/* Lets go of the mutex; a reader that failed is opened anew the next time. Returns r. */
MUST_CHECK int upload_done(struct upload *upload, int r);

#endif
