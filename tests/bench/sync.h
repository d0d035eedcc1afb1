#ifndef TESTS_BENCH_SYNC_H
#define TESTS_BENCH_SYNC_H

/* The parts of tillside-bench sync. Each prints its lines and tells whether all of them are ok. */

#include "bench.h"

struct bench_sync_options {
    char work[96];     /* an empty folder of this run */
    const char *cache; /* prepared databases are kept here for the next run; NULL = in work */
    const char *peers; /* folder with node_modules, see peers/install.sh; NULL = beside the source */
};

bool bench_ingest(const struct bench_sync_options *options);  /* L2: events a second up */
bool bench_pouch(const struct bench_sync_options *options);   /* L4: beside PouchDB */
bool bench_backlog(const struct bench_sync_options *options); /* L7: 90 days offline, 1 Mbit/s */
bool bench_coupons(const struct bench_sync_options *options); /* L6: five million coupons at the till */
bool bench_reunion(const struct bench_sync_options *options); /* L3: 200 terminals after 7 days */

/* What failed, with its error; false, for returning. */
bool bench_failed(const char *what, int error);

/* A real till with the real sync, enrolled at a real central through a link, its journal filled without the network. */
struct bench_branch;
struct bench_server;
struct bench_link;
struct bench_branch_options {
    const struct bench_server *server;
    const char *data; /* the terminal's folder, made */
    uint32_t store;
    unsigned records; /* to make, at least */
};
MUST_CHECK int bench_branch_prepare(const struct bench_branch_options *options);
/* Uploads everything with the real sync from this process; seconds. */
MUST_CHECK int bench_branch_upload(const char *data, double *out_s);

#endif
