#ifndef APP_SCREENS_VERDICT_WORDS_H
#define APP_SCREENS_VERDICT_WORDS_H

/*
 * What a verdict says: a title of a few words and one sentence with the reason and what to do next. One table holds a
 * line for every verdict of every subject; richer lines are taken when the model knows what they need.
 */

#include "view/view_model.h"

enum verdict_needs {
    NEEDS_NOTHING = 0,
    NEEDS_WHEN = 1,
    NEEDS_WHERE = 2,
    NEEDS_GIFT = 4,       /* a gift is handed over */
    NEEDS_PAID = 8,       /* something is to be collected or given back */
    NEEDS_ASKABLE = 16,   /* the action is to ask central */
    NEEDS_MINIMUM = 32,   /* minimum and sale are known */
    NEEDS_LOOK = 64,      /* a shopper only looked: nothing was redeemed */
    NEEDS_PROMOTED = 128, /* it was asked to become the main terminal */
    NEEDS_ALONE = 256     /* it was asked to work alone */
};

struct verdict_line {
    enum view_subject subject;
    int code;                     /* VERDICT_ANY: every other code of the subject */
    int needs;                    /* enum verdict_needs */
    const char *title, *sentence; /* message ids; the sentence may hold {when} {where} {gift} {paid} {discount}
                                     {minimum} {missing} {balance} {today} */
};
#define VERDICT_ANY (-1)

/* Never NULL. For SUBJECT_BUSY the code is the errno in verdict->error. */
const struct verdict_line *verdict_line_of(const struct view_verdict *verdict);
/* The i-th line, NULL after the last; for tests. */
const struct verdict_line *verdict_line_at(size_t i);

#endif
