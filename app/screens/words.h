#ifndef APP_SCREENS_WORDS_H
#define APP_SCREENS_WORDS_H

/*
 * The screens' own words. Message ids are the English sentences; translations are gettext catalogues (.mo) in
 * <assets>/locale/<language>/LC_MESSAGES/tillside.mo. They are read here and not through gettext(3), because the C
 * library ignores LANGUAGE under the C and C.UTF-8 locales, the only ones a device has (docs/decisions). Format:
 * GNU gettext manual, "The Format of GNU MO Files". Everything in the file is checked before it is used.
 * Main thread.
 */

#include "domain/base.h"
#include "view/view_model.h"

struct words; /* one language */

/* -ENOENT no such catalogue, -EINVAL not a catalogue of this machine's byte order, -ENOMEM. */
MUST_CHECK int words_open(const char *assets_dir, enum language language, struct words **out_words);
void words_close(struct words *words);

/* The translation, or message itself when there is none. */
const char *words_find(const struct words *words, const char *message);
/* The form for n things. */
const char *words_plural(const struct words *words, const char *one, const char *many, uint64_t n);

/* "{name}" in the template becomes the value of that name; an unknown one stays as it is. Cut at cap on a whole
 * character; returns the length. */
struct word {
    const char *name, *value;
};
size_t words_fill(char *out_text, size_t cap, const char *template, const struct word *words, size_t count);

/* "zh_CN", "en": the folder of the catalogue. */
const char *words_language(enum language language);
size_t words_count(const struct words *words);
/* The i-th pair, for tests and tools. */
void words_entry(const struct words *words, size_t i, const char **out_message, const char **out_translation);

#endif
