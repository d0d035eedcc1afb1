#include "hal/board.h"

#include <assert.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "copy.h"

#define BOARD_FILE_MAX ((size_t)64 * 1024)

enum key_type {
    KEY_TEXT,
    KEY_BACKEND,
    KEY_INT,
    KEY_BOOL,
    KEY_ROLE,
};

struct key {
    const char *section;
    const char *name;
    enum key_type type;
    size_t offset;
    size_t size; /* text */
    int min;
    int max;
    enum hal_device device; /* back-ends */
};

/* A member's name cannot stand in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define TEXT(section, name, field)                                                                                     \
    {                                                                                                                  \
        section, name, KEY_TEXT, offsetof(struct board, field), sizeof(((struct board *)0)->field), 0, 0, 0            \
    }
#define INT(section, name, field, min, max)                                                                            \
    {                                                                                                                  \
        section, name, KEY_INT, offsetof(struct board, field), 0, min, max, 0                                          \
    }
#define BOOL(section, name, field)                                                                                     \
    {                                                                                                                  \
        section, name, KEY_BOOL, offsetof(struct board, field), 0, 0, 0, 0                                             \
    }
#define BACKEND(section, field, device)                                                                                \
    {                                                                                                                  \
        section, "backend", KEY_BACKEND, offsetof(struct board, field.backend), HAL_BACKEND_MAX, 0, 0, device          \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct key keys[] = {
    TEXT("board", "name", name),
    {"board", "role", KEY_ROLE, offsetof(struct board, role), 0, 0, 0, 0},
    TEXT("board", "lan", lan),
    BACKEND("display", display, HAL_DISPLAY),
    TEXT("display", "device", display.device),
    INT("display", "width", display.width, 64, DISPLAY_SIDE_MAX),
    INT("display", "height", display.height, 64, DISPLAY_SIDE_MAX),
    INT("display", "rotation", display.rotation, 0, 270),
    INT("display", "dpi", display.dpi, 30, 1000),
    BOOL("display", "fullscreen", display.fullscreen),
    BACKEND("input", input, HAL_INPUT),
    TEXT("input", "device", input.device),
    BACKEND("camera", camera, HAL_CAMERA),
    TEXT("camera", "device", camera.device),
    TEXT("camera", "folder", camera.folder),
    INT("camera", "width", camera.width, 16, CAMERA_SIDE_MAX),
    INT("camera", "height", camera.height, 16, CAMERA_SIDE_MAX),
    INT("camera", "show_ms", camera.show_ms, 1, 60000),
    BACKEND("scanner", scanner, HAL_SCANNER),
    TEXT("scanner", "device", scanner.device),
    INT("scanner", "baud", scanner.baud, 9600, 230400),
    BACKEND("gpio", gpio, HAL_GPIO),
    INT("gpio", "debounce_ms", gpio.debounce_ms, 1, 1000),
    BACKEND("printer", printer, HAL_PRINTER),
    TEXT("printer", "device", printer.device),
    INT("printer", "baud", printer.baud, 9600, 230400),
    INT("printer", "dots", printer.dots, 256, 1024),
    BACKEND("drawer", drawer, HAL_DRAWER),
    INT("drawer", "pin", drawer.pin, 0, 1),
    INT("drawer", "pulse_ms", drawer.pulse_ms, 2, GPIO_PULSE_MAX_MS),
    BACKEND("sound", sound, HAL_SOUND),
    TEXT("sound", "device", sound.device),
    INT("sound", "volume_percent", sound.volume_percent, 1, 100),
    BACKEND("network", network, HAL_NETWORK),
    TEXT("network", "device", network.device),
    BACKEND("storage", storage, HAL_STORAGE),
    TEXT("storage", "data_dir", storage.data_dir),
    TEXT("storage", "mark_path", storage.mark_path),
    TEXT("updater", "backend", updater.backend),
    TEXT("updater", "device", updater.device),
};

/* What "device=backend:where" means for each device; the others take no place. */
static const char *const place_keys[HAL_DEVICE_COUNT] = {
    [HAL_DISPLAY] = "device", [HAL_INPUT] = "device", [HAL_CAMERA] = "device",  [HAL_SCANNER] = "device",
    [HAL_PRINTER] = "device", [HAL_SOUND] = "device", [HAL_NETWORK] = "device", [HAL_STORAGE] = "data_dir",
};

struct parser {
    struct board board;
    bool seen[ARRAY_LEN(keys)];
    const char *text; /* what is left */
    int line;         /* of the text before that */
    int failed_line;  /* 0: none so far */
    char message[BOARD_ERROR_MAX];
};

static int say(char *message, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Always -EINVAL, so that a check can return it. */
static int say(char *message, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(message, BOARD_ERROR_MAX, format, args);
    va_end(args);
    return -EINVAL;
}

static int parse_int(const char *text, int min, int max, int *out_value)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end != '\0' || value < min || value > max) {
        return -EINVAL;
    }
    *out_value = (int)value;
    return 0;
}

static int parse_bool(const char *text, bool *out_value)
{
    bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

    if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0) {
        return -EINVAL;
    }
    *out_value = yes;
    return 0;
}

static int parse_role(const char *text, enum board_role *out_role)
{
    static const char *const roles[] = {
        [BOARD_ROLE_BOTH] = "both", [BOARD_ROLE_SHELF] = "shelf", [BOARD_ROLE_COUNTER] = "counter"};

    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (strcmp(roles[i], text) == 0) {
            *out_role = (enum board_role)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int set_text(char *field, const struct key *key, const char *value, char *message)
{
    if (strlen(value) >= key->size) {
        return say(message, "%s.%s is longer than %zu characters", key->section, key->name, key->size - 1);
    }
    copy_text(field, key->size, value);
    return 0;
}

static int set_backend(char *field, const struct key *key, const char *value, char *message)
{
    char known[96];

    if (!hal_backend_exists(key->device, value)) {
        hal_backend_list(key->device, known, sizeof(known));
        return say(message, "no %s back-end '%.40s'; this build has %s", key->section, value, known);
    }
    return set_text(field, key, value, message);
}

static int set_key(struct board *board, const struct key *key, const char *value, char *message)
{
    void *field = (char *)board + key->offset;

    switch (key->type) {
    case KEY_TEXT:
        return set_text(field, key, value, message);
    case KEY_BACKEND:
        return set_backend(field, key, value, message);
    case KEY_INT:
        if (parse_int(value, key->min, key->max, field)) {
            return say(message, "%s.%s must be a number from %d to %d, not '%.40s'", key->section, key->name, key->min,
                       key->max, value);
        }
        return 0;
    case KEY_BOOL:
        if (parse_bool(value, field)) {
            return say(message, "%s.%s must be yes or no, not '%.40s'", key->section, key->name, value);
        }
        return 0;
    case KEY_ROLE:
        if (parse_role(value, field)) {
            return say(message, "board.role must be shelf, counter or both, not '%.40s'", value);
        }
        return 0;
    }
    return -EINVAL;
}

/* "gpiochip0:17", then any of ",low" and ",pullup". */
static int parse_line(const char *value, struct gpio_line *line)
{
    char copy[HAL_DEVICE_MAX];
    char *rest = NULL;
    char *colon;
    char *place;
    int offset;

    if (strlen(value) >= sizeof(copy)) {
        return -EINVAL;
    }
    copy_text(copy, sizeof(copy), value);
    place = strtok_r(copy, ", ", &rest);
    colon = place ? strchr(place, ':') : NULL;
    if (!colon || colon == place || colon - place >= HAL_NAME_MAX || parse_int(colon + 1, 0, 1023, &offset)) {
        return -EINVAL;
    }
    *colon = '\0';
    copy_text(line->chip, sizeof(line->chip), place);
    line->offset = (unsigned)offset;
    for (char *word = strtok_r(NULL, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        if (strcmp(word, "low") == 0) {
            line->active_low = true;
        } else if (strcmp(word, "pullup") == 0) {
            line->pull_up = true;
        } else {
            return -EINVAL;
        }
    }
    return 0;
}

/* "button.ok", "lamp.green", "buzzer", "drawer", "presence". */
static int line_of_key(const char *key, struct gpio_line *line)
{
    static const struct {
        const char *prefix;
        enum gpio_role role;
        bool named;
    } roles[] = {
        {"button.", GPIO_BUTTON, true}, {"lamp.", GPIO_LAMP, true},         {"buzzer", GPIO_BUZZER, false},
        {"drawer", GPIO_DRAWER, false}, {"presence", GPIO_PRESENCE, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        size_t length = strlen(roles[i].prefix);
        const char *name = roles[i].named ? key + length : key;

        if (strncmp(key, roles[i].prefix, length) == 0 && (roles[i].named ? name[0] != '\0' : key[length] == '\0') &&
            strlen(name) < HAL_NAME_MAX) {
            line->role = roles[i].role;
            copy_text(line->name, sizeof(line->name), name);
            return 0;
        }
    }
    return -ENOENT;
}

static int set_line(struct gpio_spec *gpio, const struct gpio_line *named, const char *value, char *message)
{
    struct gpio_line line = *named;

    if (parse_line(value, &line)) {
        return say(message, "gpio.%s must be chip:line[,low][,pullup] as in gpiochip0:17,low, not '%.60s'", line.name,
                   value);
    }
    for (size_t i = 0; i < gpio->line_count; i++) {
        const struct gpio_line *other = &gpio->lines[i];

        if (other->role == line.role && strcmp(other->name, line.name) == 0) {
            return say(message, "gpio.%s is given twice", line.name);
        }
        if (other->offset == line.offset && strcmp(other->chip, line.chip) == 0) {
            return say(message, "gpio line %s:%u is used twice", line.chip, line.offset);
        }
    }
    if (gpio->line_count == GPIO_LINES_MAX) {
        return say(message, "more than %d gpio lines", GPIO_LINES_MAX);
    }
    gpio->lines[gpio->line_count++] = line;
    return 0;
}

static const struct key *find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static bool is_section(const char *section)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].section, section) == 0) {
            return true;
        }
    }
    return false;
}

static int set_value(struct parser *parser, const char *section, const char *name, const char *value)
{
    const struct key *key = find_key(section, name);
    struct gpio_line line = {0};

    if (key && parser->seen[key - keys]) {
        return say(parser->message, "%s.%s is given twice", section, name);
    }
    if (key) {
        parser->seen[key - keys] = true;
        return set_key(&parser->board, key, value, parser->message);
    }
    if (strcmp(section, "gpio") == 0 && line_of_key(name, &line) == 0) {
        return set_line(&parser->board.gpio, &line, value, parser->message);
    }
    if (!is_section(section)) {
        return say(parser->message, "no section [%.40s]", section);
    }
    return say(parser->message, "[%s] has no key '%.40s'", section, name);
}

/* inih's handler: 1 is good. Only the first failure speaks. */
static int on_value(void *context, const char *section, const char *name, const char *value)
{
    struct parser *parser = context;

    if (parser->failed_line || set_value(parser, section, name, value) == 0) {
        return 1;
    }
    parser->failed_line = parser->line;
    return 0;
}

/* inih's reader, as fgets: it counts the lines, which the handler is not told. */
static char *next_line(char *out_line, int size, void *context)
{
    struct parser *parser = context;
    size_t length = strcspn(parser->text, "\n");
    size_t kept = length < (size_t)size - 1 ? length : (size_t)size - 1;

    if (*parser->text == '\0') {
        return NULL;
    }
    parser->line++;
    if (kept < length && !parser->failed_line) {
        parser->failed_line = parser->line;
        say(parser->message, "the line is longer than %d characters", size - 1);
    }
    memcpy(out_line, parser->text, kept);
    out_line[kept] = '\0';
    parser->text += length + (parser->text[length] == '\n');
    return out_line;
}

static int check_whole(struct parser *parser)
{
    const struct board *board = &parser->board;
    int rotation = board->display.rotation;

    if (board->name[0] == '\0') {
        return say(parser->message, "[board] needs a name");
    }
    if (rotation != 0 && rotation != 90 && rotation != 180 && rotation != 270) {
        return say(parser->message, "display.rotation must be 0, 90, 180 or 270, not %d", rotation);
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].type == KEY_BACKEND && !parser->seen[i]) {
            return say(parser->message, "[%s] needs a backend", keys[i].section);
        }
    }
    return 0;
}

int board_parse(const char *text, const char *name, struct board *out_board, char *out_error)
{
    struct parser parser = {.text = text};
    int line;

    assert(text && name && out_board && out_error);
    line = ini_parse_stream(next_line, &parser, on_value, &parser);
    if (line > 0 && (!parser.failed_line || line < parser.failed_line)) {
        parser.failed_line = line;
        say(parser.message, "neither 'key = value' nor '[section]'");
    }
    if (parser.failed_line) {
        snprintf(out_error, BOARD_ERROR_MAX, "%.80s:%d: %.160s", name, parser.failed_line, parser.message);
        return -EINVAL;
    }
    if (line < 0) {
        return -ENOMEM;
    }
    if (check_whole(&parser)) {
        snprintf(out_error, BOARD_ERROR_MAX, "%.80s:%d: %.160s", name, parser.line, parser.message);
        return -EINVAL;
    }
    *out_board = parser.board;
    return 0;
}

static int read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length;
    int error = 0;

    if (!file) {
        return -errno;
    }
    length = fread(text, 1, size - 1, file);
    if (ferror(file)) {
        error = -EIO;
    } else if (length == size - 1 || memchr(text, '\0', length)) {
        error = -EINVAL;
    }
    fclose(file);
    text[length] = '\0';
    return error;
}

int board_load(const char *path, struct board *out_board, char *out_error)
{
    char *text = malloc(BOARD_FILE_MAX);
    int error;

    assert(path && out_board && out_error);
    if (!text) {
        return -ENOMEM;
    }
    error = read_file(path, text, BOARD_FILE_MAX);
    if (error) {
        snprintf(out_error, BOARD_ERROR_MAX, "%.120s:0: %s", path,
                 error == -EINVAL ? "this is no board file" : strerror(-error));
    } else {
        error = board_parse(text, path, out_board, out_error);
    }
    free(text);
    return error;
}

/* "camera" with "folder:/tmp/codes". */
static int override_backend(struct board *board, const char *section, const char *value, char *out_error)
{
    const char *colon = strchr(value, ':');
    size_t length = colon ? (size_t)(colon - value) : strlen(value);
    char backend[HAL_BACKEND_MAX];
    enum hal_device device;
    const char *place;
    int error;

    if (hal_device_from_name(section, &device) != 0) {
        return say(out_error, "no device '%.40s'", section);
    }
    if (length >= sizeof(backend)) {
        return say(out_error, "no %s back-end '%.40s'", section, value);
    }
    memcpy(backend, value, length);
    backend[length] = '\0';
    error = set_key(board, find_key(section, "backend"), backend, out_error);
    if (error || !colon) {
        return error;
    }
    place = strcmp(backend, "folder") == 0 ? "folder" : place_keys[device];
    if (!place) {
        return say(out_error, "%s takes no place after its back-end", section);
    }
    return set_key(board, find_key(section, place), colon + 1, out_error);
}

int board_override(struct board *board, const char *text, char *out_error)
{
    struct board changed;
    const struct key *key;
    char section[HAL_DEVICE_MAX];
    const char *equals;
    char *dot;
    int error;

    assert(board && text && out_error);
    changed = *board;
    equals = strchr(text, '=');
    if (!equals || equals == text || equals - text >= (ptrdiff_t)sizeof(section)) {
        return say(out_error, "'%.60s' is not device=backend[:where] or device.key=value", text);
    }
    memcpy(section, text, (size_t)(equals - text));
    section[equals - text] = '\0';
    dot = strchr(section, '.');
    if (!dot) {
        error = override_backend(&changed, section, equals + 1, out_error);
    } else {
        *dot = '\0';
        key = find_key(section, dot + 1);
        error = key ? set_key(&changed, key, equals + 1, out_error)
                    : say(out_error, "no key '%.40s' in a board's [%.40s]", dot + 1, section);
    }
    if (!error) {
        *board = changed;
    }
    return error;
}
