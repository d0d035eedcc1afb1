#ifndef CENTRAL_DOCTOR_DOCTOR_H
#define CENTRAL_DOCTOR_DOCTOR_H

/* `tillside-central doctor`: looking at the books from outside. Only reads, and may run beside serve. */

#include "central/config.h"

#include <stdio.h>

struct central_doctor_options {
    const struct central_config *config;
    int64_t now_ms;      /* by this machine's clock */
    int64_t free_bytes;  /* where the books are; -1 = not known */
    int64_t books_bytes; /* of the database */
    FILE *out;
};

/*
 * Prints what it finds, a line each, whatever else is damaged. 0, -EUCLEAN when the books are damaged, else as
 * store_open. Space, clock and age of the backup are told and are no damage.
 */
MUST_CHECK int central_doctor_check(const struct central_doctor_options *options);

#endif
