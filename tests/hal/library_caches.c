/*
 * Caches that libraries keep until the process ends and never give back: the leak sanitizer shall not count them as
 * ours. Harmless without the sanitizer.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libSDL2\nleak:libX11\nleak:libdbus\n";
}

/* Libraries that were not built for the thread sanitizer: it does not see how they lock. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libfontconfig\nrace:libfontconfig\nrace:libpango\nrace:libglib\nrace:libSDL2\n";
}
