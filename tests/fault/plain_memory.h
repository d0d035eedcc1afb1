#ifndef TESTS_FAULT_PLAIN_MEMORY_H
#define TESTS_FAULT_PLAIN_MEMORY_H

/* Before SQLite is used for the first time: lets the long tests run at SQLite's own speed under sanitizers. */
void plain_memory_use(void);

#endif
