#include "platform/clock.h"
#include "till/till.h"

#include <stdio.h>
#include <string.h>

/* golden_rebuild FOLDER: opens a terminal's books with the real till (migrating them) and compares the projections with
 * a rebuild from journal and feed. 0 equal, 1 not, 2 wrong use. */

static void on_answer(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static void on_nothing(void *context)
{
    (void)context;
}

static void on_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

int main(int argc, char **argv)
{
    char books[512], pepper[512];
    struct till *till = NULL;
    if (argc != 2) {
        fputs("usage: golden_rebuild FOLDER\n", stderr);
        return 2;
    }
    snprintf(books, sizeof(books), "%s/terminal.db", argv[1]);
    snprintf(pepper, sizeof(pepper), "%s/pepper", argv[1]);
    const struct till_options options = {.path = books,
                                         .pepper_path = pepper,
                                         .clock = clock_real(),
                                         .inline_jobs = true,
                                         .answered = on_answer,
                                         .changed = on_nothing,
                                         .greeted = on_greeting,
                                         .appended = on_nothing};
    int result = crypto_start();
    if (result == 0)
        result = till_open(&options, &till);
    if (result == 0)
        result = till_rebuild_compare(till);
    if (till != NULL)
        till_close(till);
    if (result != 0)
        fprintf(stderr, "golden_rebuild: %s\n", strerror(-result));
    return result == 0 ? 0 : 1;
}
