#ifndef TESTS_FUZZ_FUZZ_CENTRAL_H
#define TESTS_FUZZ_FUZZ_CENTRAL_H

/* The central that inputs are thrown at, with all its parts and one confirmed terminal: opened by the first input,
 * removed at the end. */

#include "fixture.h"
#include "fuzz.h"

extern struct fixture fuzz_fixture;
extern struct fake_terminal fuzz_terminal;

void fuzz_central_open(void);
/* Its ledger adds up, account by account and in sum, and every right is explained. */
void fuzz_central_check(struct central *central);

#endif
