#ifndef CENTRAL_STORE_PEOPLE_KEPT_H
#define CENTRAL_STORE_PEOPLE_KEPT_H

/* What other rooms keep under a member's number, as rows of numbers: for the export of everything that is kept. */

#include "central/store/store.h"
#include "domain/ids.h"

#define KEPT_COLUMNS_MAX 6

struct kept_list {
    const char *name;
    const char *columns[KEPT_COLUMNS_MAX + 1]; /* NULL after the last */
    const char *sql;
};
extern const struct kept_list people_kept_lists[];
extern const size_t people_kept_count;
extern const struct kept_list people_kept_questions; /* the first column is the question's number */

/* values: as many as the list has columns; valid during the call. */
typedef int (*people_kept_visit)(void *context, const struct kept_list *list, const int64_t *values);
MUST_CHECK int people_each_kept(struct store_tx *tx, const struct kept_list *list, uint64_t member,
                                people_kept_visit visit, void *context);

/* Whoever owes the member credit, or ever did. */
typedef int (*people_owner_visit)(void *context, struct owner owner);
MUST_CHECK int people_each_owner(struct store_tx *tx, uint64_t member, people_owner_visit visit, void *context);

#endif
