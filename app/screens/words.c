#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screens/words.h"

#define MO_MAGIC  0x950412deu
#define MO_HEADER 28
#define MO_MAX    (1024L * 1024)

struct mo_pair { /* as in the file */
    uint32_t length, offset;
};

struct words {
    enum language language;
    char *data;
    size_t len;
    uint32_t count;
    const struct mo_pair *messages, *translations;
};

const char *words_language(enum language language)
{
    return language == LANGUAGE_EN ? "en" : "zh_CN";
}

static int read_whole(int fd, struct words *words)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return -errno;
    }
    if (info.st_size < MO_HEADER || info.st_size > MO_MAX) {
        return -EINVAL;
    }
    words->len = (size_t)info.st_size;
    words->data = malloc(words->len);
    if (words->data == NULL) {
        return -ENOMEM;
    }
    size_t have = 0;
    while (have < words->len) {
        ssize_t n = read(fd, words->data + have, words->len - have);
        if (n <= 0) {
            return n < 0 ? -errno : -EINVAL;
        }
        have += (size_t)n;
    }
    return 0;
}

static bool pairs_inside(const struct words *words, const struct mo_pair *pairs)
{
    for (uint32_t i = 0; i < words->count; i++) {
        uint64_t end = (uint64_t)pairs[i].offset + pairs[i].length;
        if (end >= words->len || words->data[end] != '\0') {
            return false;
        }
    }
    return true;
}

/* Sets the two tables when all they point to lies inside the file and ends in NUL. */
static int find_tables(struct words *words)
{
    uint32_t head[5];
    assert(words->data != NULL);
    memcpy(head, words->data, sizeof(head));
    if (head[0] != MO_MAGIC || head[1] >> 16 > 1) {
        return -EINVAL;
    }
    uint64_t size = (uint64_t)head[2] * sizeof(struct mo_pair);
    if (head[3] % 4 != 0 || head[4] % 4 != 0 || head[3] + size > words->len || head[4] + size > words->len) {
        return -EINVAL;
    }
    words->count = head[2];
    words->messages = (const struct mo_pair *)(const void *)(words->data + head[3]);
    words->translations = (const struct mo_pair *)(const void *)(words->data + head[4]);
    return pairs_inside(words, words->messages) && pairs_inside(words, words->translations) ? 0 : -EINVAL;
}

int words_open(const char *assets_dir, enum language language, struct words **out_words)
{
    char path[512];
    int n = snprintf(path, sizeof(path), "%s/locale/%s/LC_MESSAGES/tillside.mo", assets_dir, words_language(language));
    if (n < 0 || (size_t)n >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int error = -ENOMEM;
    struct words *words = calloc(1, sizeof(*words));
    if (words == NULL) {
        goto out;
    }
    words->language = language;
    error = read_whole(fd, words);
    if (error == 0) {
        error = find_tables(words);
    }
    if (error != 0) {
        words_close(words);
        goto out;
    }
    *out_words = words;
out:
    close(fd);
    return error;
}

void words_close(struct words *words)
{
    if (words != NULL) {
        free(words->data);
        free(words);
    }
}

/* msgfmt sorts the messages. -1 when it is not there. */
static int64_t find_index(const struct words *words, const char *message)
{
    size_t low = 0;
    size_t high = words->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(message, words->data + words->messages[middle].offset);
        if (order == 0) {
            return (int64_t)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

const char *words_find(const struct words *words, const char *message)
{
    int64_t i = message[0] == '\0' ? -1 : find_index(words, message);
    if (i < 0 || words->translations[i].length == 0) {
        return message;
    }
    return words->data + words->translations[i].offset;
}

const char *words_plural(const struct words *words, const char *one, const char *many, uint64_t n)
{
    size_t form = words->language == LANGUAGE_EN && n != 1 ? 1 : 0;
    int64_t i = find_index(words, one);
    if (i < 0 || words->translations[i].length == 0) {
        return n == 1 ? one : many;
    }
    const char *text = words->data + words->translations[i].offset;
    const char *end = text + words->translations[i].length;
    for (size_t skipped = 0; skipped < form; skipped++) {
        const char *next = text + strlen(text) + 1;
        if (next > end) {
            return text;
        }
        text = next;
    }
    return text;
}

size_t words_count(const struct words *words)
{
    return words->count;
}

void words_entry(const struct words *words, size_t i, const char **out_message, const char **out_translation)
{
    *out_message = words->data + words->messages[i].offset;
    *out_translation = words->data + words->translations[i].offset;
}

static const char *value_of(const char *name, size_t len, const struct word *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].name) == len && memcmp(words[i].name, name, len) == 0) {
            return words[i].value;
        }
    }
    return NULL;
}

/* As much of the text as fits, never half a character. */
static size_t append(char *out, size_t cap, size_t len, const char *text, size_t text_len)
{
    size_t room = cap - 1 - len;
    size_t n = text_len < room ? text_len : room;
    while (n < text_len && n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) {
        n--;
    }
    memcpy(out + len, text, n);
    return len + n;
}

size_t words_fill(char *out_text, size_t cap, const char *template, const struct word *words, size_t count)
{
    size_t len = 0;
    const char *at = template;
    while (*at != '\0') {
        const char *open = strchr(at, '{');
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        const char *value = close != NULL ? value_of(open + 1, (size_t)(close - open - 1), words, count) : NULL;
        if (open == NULL || close == NULL) {
            len = append(out_text, cap, len, at, strlen(at));
            break;
        }
        if (value == NULL) {
            len = append(out_text, cap, len, at, (size_t)(close + 1 - at));
        } else {
            len = append(out_text, cap, len, at, (size_t)(open - at));
            len = append(out_text, cap, len, value, strlen(value));
        }
        at = close + 1;
    }
    out_text[len] = '\0';
    return len;
}
