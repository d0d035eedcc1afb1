#ifndef PLATFORM_LOG_H
#define PLATFORM_LOG_H

/*
 * The program's log: one sink (the one mutable global of the house beside the signal flag), written by the edge
 * that handles a failure, never by a library.
 *
 * A line is `2026-01-31T09:15:00.123Z WARN  sync: no answer url=https://… errno=110`: UTC time, level, component,
 * then the message with its key=value pairs. Control characters are escaped, so that text from outside cannot forge
 * a line; card-like digit runs are starred out before anything is written or kept.
 * Every function may be called from any thread. Before log_open and after log_close lines go to stderr only.
 */

#include "domain/base.h"
#include "platform/clock.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Longer lines are cut (and end in "…"). The tail keeps the last LOG_TAIL_LINES of them. */
#define LOG_LINE_MAX   512
#define LOG_TAIL_LINES 200

struct log_options {
    const struct clock *clock; /* of the time stamps; must outlive the log; NULL: the real clock */
    enum log_level level;      /* lines below it are dropped */
    bool quiet;                /* true: nothing goes to stderr */
    const char *file;          /* appended to; NULL: no file */
    size_t file_max_bytes;     /* at this size the file becomes FILE.1 and a new one starts; 0: 1 MiB */
};

/* Fails with -errno when the file cannot be opened; the log stays as it was. */
MUST_CHECK int log_open(const struct log_options *options);
void log_close(void);

void log_write(enum log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/*
 * Copies the newest lines (at most max_lines, whole ones only) into out, oldest first, each ended by '\n', with a
 * final NUL. Returns the bytes written without the NUL. cap must be at least 1.
 */
size_t log_tail(char *out, size_t cap, size_t max_lines);

/*
 * Stars out, in place, every run of 13–19 digits (single spaces or dashes between groups allowed) that passes the
 * Luhn check of ISO/IEC 7812-1. Returns how many were found. For whoever stores free text from outside; not for fields
 * that are known to be product codes: every tenth EAN-13 passes that check by chance.
 */
size_t log_redact_cards(char *text);

#endif
