#ifndef TESTS_SIM_AUDIT_H
#define TESTS_SIM_AUDIT_H

/*
 * The auditor. Reads the tables of central and of every terminal as they lie on the disk, and the bodies of the records
 * with a reader of its own; shares no code with domain, till or store. What it finds is a violation of the world.
 */

#include "world.h"

/* With everything stopped. */
void audit_run(struct world *world);

#endif
