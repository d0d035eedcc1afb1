#ifndef APP_DOCTOR_DOCTOR_H
#define APP_DOCTOR_DOCTOR_H

/*
 * `tillside-terminal doctor` and `tillside-terminal export`: looking at a terminal's data folder from outside. Both
 * only read the books and may run beside the terminal.
 */

#include "domain/base.h"

/* Beyond those of the terminal itself (options.h). */
enum doctor_exit {
    DOCTOR_OK = 0,
    DOCTOR_FAILED = 1,
    DOCTOR_USAGE = 2,
    DOCTOR_DAMAGED = 7, /* the file or the chain; export: what was sound before it was written all the same */
    DOCTOR_DISK = 8,    /* full, or failing */
    DOCTOR_NO_BOOKS = 9,
};

/* Whether argv[1] is one of the two. */
bool doctor_is_command(int argc, char **argv);
int doctor_main(int argc, char **argv);

struct doctor_options {
    const char *data;
    const char *to; /* export */
    bool all;       /* export: also what central has in a backup */
};

/* Prints its findings on stdout, one line each, "ok" or "BAD" or "note" first. */
int doctor_check(const struct doctor_options *options);
int doctor_export(const struct doctor_options *options);

#endif
