/*
 * Caches that libraries keep until the process ends and never give back: the leak sanitizer shall not count them as
 * ours. Harmless without the sanitizer.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libSDL2\nleak:libX11\nleak:libdbus\n";
}
