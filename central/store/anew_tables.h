#ifndef CENTRAL_STORE_ANEW_TABLES_H
#define CENTRAL_STORE_ANEW_TABLES_H

/* Between the files of anew.h: its tables. */

#include "central/store/anew.h"
#include "platform/db.h"

/* What stands in no record and is taken over. */
MUST_CHECK int anew_copy_facts(struct db *books, struct db *scratch);
/* Row by row in the order of their keys. -EUCLEAN with the first difference. */
MUST_CHECK int anew_compare_tables(struct db *books, struct db *scratch, struct anew_finding *finding);

#endif
