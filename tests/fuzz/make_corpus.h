#ifndef TESTS_FUZZ_MAKE_CORPUS_H
#define TESTS_FUZZ_MAKE_CORPUS_H

#include "fuzz.h"
#include "support.h"

/* One file of the corpus: FOLDER/<fuzzer>/<name>. */
void seed(const char *fuzzer, const char *name, const void *data, size_t len);

void make_lan_door(void); /* make_corpus_lan.c */

#endif
