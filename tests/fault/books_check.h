#ifndef TESTS_FAULT_BOOKS_CHECK_H
#define TESTS_FAULT_BOOKS_CHECK_H

/* Opens what a power cut left with the real till and says whether the books are whole. */

#include "day.h"

enum books_state {
    BOOKS_WHOLE,
    BOOKS_UNUSABLE, /* the till does not open them */
    BOOKS_LOST,     /* something that was acknowledged is not there, or is another */
    BOOKS_INVENTED, /* there is more than was ever asked for */
    BOOKS_HALF,     /* some records of an act, not all */
    BOOKS_DAMAGED,  /* pages, chain or projections do not agree */
};
#define BOOKS_STATES 6

struct books_checker;

/* pepper_path: of the till whose disk is cut. */
void books_checker_open(const char *pepper_path, struct books_checker **out_checker);
void books_checker_close(struct books_checker *checker);
/* at_least was told to somebody; at_most adds what was on its way. */
enum books_state books_check(struct books_checker *checker, const struct disk_image *image,
                             const struct day_known *at_least, const struct day_known *at_most);
uint32_t books_checker_whole(const struct books_checker *checker); /* different books that were checked to the end */
const char *books_state_name(enum books_state state);

#endif
