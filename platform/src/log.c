#include "platform/log.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A message is formatted this long before it is cleaned and cut, so that no card number is cut in two. */
#define LOG_MESSAGE_MAX      2048
#define LOG_FILE_MAX_DEFAULT ((size_t)1 << 20)

/* The log sink: the one mutable global the house allows. Everything in it is guarded by mutex. */
static struct {
    pthread_mutex_t mutex;
    const struct clock *clock;
    enum log_level level;
    bool quiet;
    char path[PATH_MAX];
    int fd;
    size_t file_bytes;
    size_t file_max;
    size_t next; /* line number of the next line in tail */
    char tail[LOG_TAIL_LINES][LOG_LINE_MAX];
} sink = {.mutex = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO, .fd = -1};

static int open_file(const char *path, size_t *out_bytes)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    *out_bytes = fstat(fd, &status) == 0 ? (size_t)status.st_size : 0;
    return fd;
}

int log_open(const struct log_options *options)
{
    int fd = -1;
    size_t bytes = 0;
    if (options->file && strlen(options->file) + 3 > sizeof(sink.path))
        return -ENAMETOOLONG;
    if (options->file) {
        fd = open_file(options->file, &bytes);
        if (fd < 0)
            return fd;
    }
    pthread_mutex_lock(&sink.mutex);
    if (sink.fd >= 0)
        close(sink.fd);
    sink.clock = options->clock;
    sink.level = options->level;
    sink.quiet = options->quiet;
    sink.fd = fd;
    sink.file_bytes = bytes;
    sink.file_max = options->file_max_bytes ? options->file_max_bytes : LOG_FILE_MAX_DEFAULT;
    sink.next = 0;
    snprintf(sink.path, sizeof(sink.path), "%s", options->file ? options->file : "");
    pthread_mutex_unlock(&sink.mutex);
    return 0;
}

void log_close(void)
{
    pthread_mutex_lock(&sink.mutex);
    if (sink.fd >= 0)
        close(sink.fd);
    sink.fd = -1;
    sink.clock = NULL;
    sink.level = LOG_LEVEL_INFO;
    sink.quiet = false;
    pthread_mutex_unlock(&sink.mutex);
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "DEBUG";
    case LOG_LEVEL_INFO:
        return "INFO";
    case LOG_LEVEL_WARN:
        return "WARN";
    case LOG_LEVEL_ERROR:
        return "ERROR";
    }
    assert(!"level");
    return "";
}

static size_t format_prefix(char *out, size_t cap, enum log_level level, const char *component)
{
    int64_t now_ms = clock_wall_ms(sink.clock ? sink.clock : clock_real());
    int64_t seconds = now_ms / 1000 - (now_ms % 1000 < 0);
    time_t at = (time_t)seconds;
    struct tm utc;
    char stamp[40] = "?";
    if (gmtime_r(&at, &utc))
        strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    int len = snprintf(out, cap, "%s.%03dZ %-5s %.32s: ", stamp, (int)(now_ms - seconds * 1000), level_name(level),
                       component);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

/* Cuts before a UTF-8 character, never inside one. */
static size_t cut_utf8(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

/* Escapes control characters of message onto the line and cuts it to what fits. Returns the line's length. */
static size_t append_clean(char *line, size_t len, size_t cap, const char *message)
{
    static const char ellipsis[] = "…";
    const size_t room = cap - sizeof(ellipsis); /* for text, so that the mark and the NUL always fit */
    for (const unsigned char *c = (const unsigned char *)message; *c; c++) {
        char piece[8] = {(char)*c};
        size_t piece_len = 1;
        if (*c < 0x20 || *c == 0x7F)
            piece_len = (size_t)snprintf(piece, sizeof(piece), "\\x%02X", *c);
        if (len + piece_len > room) {
            line[len] = (char)*c; /* for cut_utf8 to see whether a character goes on here */
            len = cut_utf8(line, len + 1, len);
            memcpy(line + len, ellipsis, sizeof(ellipsis));
            return len + sizeof(ellipsis) - 1;
        }
        memcpy(line + len, piece, piece_len);
        len += piece_len;
    }
    line[len] = '\0';
    return len;
}

/* A log that cannot be written is no reason to stop: what fails here shows on stderr and in the tail only. */
static void write_file(const char *line, size_t len)
{
    char old_path[PATH_MAX + 2];
    if (sink.fd < 0)
        return;
    if (sink.file_bytes + len > sink.file_max && sink.file_bytes > 0) {
        snprintf(old_path, sizeof(old_path), "%s.1", sink.path);
        close(sink.fd);
        sink.fd = -1;
        if (rename(sink.path, old_path) < 0)
            return;
        sink.fd = open_file(sink.path, &sink.file_bytes);
        if (sink.fd < 0)
            return;
    }
    ssize_t put = write(sink.fd, line, len);
    if (put > 0)
        sink.file_bytes += (size_t)put;
}

static void write_line(enum log_level level, const char *component, const char *message)
{
    char line[LOG_LINE_MAX + 1]; /* with the '\n' */
    pthread_mutex_lock(&sink.mutex);
    if (level >= sink.level) {
        size_t len = format_prefix(line, LOG_LINE_MAX, level, component);
        len = append_clean(line, len, LOG_LINE_MAX, message);
        memcpy(sink.tail[sink.next++ % LOG_TAIL_LINES], line, len + 1);
        line[len++] = '\n';
        if (!sink.quiet)
            fwrite(line, 1, len, stderr);
        write_file(line, len);
    }
    pthread_mutex_unlock(&sink.mutex);
}

void log_write(enum log_level level, const char *component, const char *format, ...)
{
    char message[LOG_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    log_redact_cards(message);
    write_line(level, component, message);
}

size_t log_tail(char *out, size_t cap, size_t max_lines)
{
    assert(cap > 0);
    size_t used = 0;
    pthread_mutex_lock(&sink.mutex);
    size_t kept = sink.next < LOG_TAIL_LINES ? sink.next : LOG_TAIL_LINES;
    if (kept > max_lines)
        kept = max_lines;
    size_t first = sink.next;
    while (first > sink.next - kept) {
        size_t need = strlen(sink.tail[(first - 1) % LOG_TAIL_LINES]) + 1;
        if (used + need >= cap)
            break;
        used += need;
        first--;
    }
    used = 0;
    for (; first < sink.next; first++)
        used += (size_t)sprintf(out + used, "%s\n", sink.tail[first % LOG_TAIL_LINES]);
    out[used] = '\0';
    pthread_mutex_unlock(&sink.mutex);
    return used;
}
