#include "central/admin/session.h"

#include "domain/money.h"
#include "domain/time.h"
#include "platform/buffer.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX  (64 * 1024 * 1024)
#define STDIN_MAX 256

#define TYPED_MAX (sizeof(((struct admin_argument *)NULL)->name) + 2)

/* As the operator types it: --earn-permille, STORE. */
static void typed_name(const struct admin_argument *argument, char out[TYPED_MAX])
{
    size_t len = 0;
    if (argument->option) {
        out[len++] = '-';
        out[len++] = '-';
    }
    for (const char *c = argument->name; *c; c++) {
        out[len++] = argument->option ? (*c == '_' ? '-' : *c) : (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    }
    out[len] = '\0';
}

static void print_argument(const struct admin_argument *argument)
{
    char name[TYPED_MAX];
    typed_name(argument, name);
    static const struct {
        char kind;
        const char *word;
    } words[] = {{'t', "TEXT"}, {'n', "N"}, {'m', "AMOUNT"}, {'d', "DAY"}, {'f', "FILE"}, {'o', "PATH"}, {'b', ""}};
    const char *word = "";
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        word = words[i].kind == argument->kind ? words[i].word : word;
    }
    const char *open = argument->required ? "" : "[", *close = argument->required ? "" : "]";
    if (argument->option) {
        printf(" %s%s%s%s%s", open, name, word[0] ? " " : "", word, close);
    } else {
        printf(" %s%s%s", open, name, close);
    }
}

static void print_one(const struct admin_command *command)
{
    const char *spec = command->args;
    struct admin_argument argument;
    printf("  %s", command->name);
    while (admin_argument_next(&spec, &argument)) {
        print_argument(&argument);
    }
    printf("\n      %s\n", command->help);
}

void admin_print_usage(const struct admin_command *command)
{
    if (command) {
        print_one(command);
        return;
    }
    printf("tillside-central admin [--data DIR] [--socket PATH] [--json] COMMAND …\n\n"
           "Talks to the running serve; when none runs, works on the books in DIR itself (without --data: "
           "$TILLSIDE_DATA).\n"
           "`admin store --help` shows the commands that begin with store, `admin store add --help` that one.\n"
           "Exit codes: 0 done, 1 refused, 2 wrong use, 3 no contact, 4 failed (storage, files).\n\n");
    for (size_t i = 0; (command = admin_command_at(i)); i++) {
        if (!command->internal) {
            print_one(command);
        }
    }
}

bool admin_print_group(const char *word)
{
    const struct admin_command *command;
    size_t len = strlen(word);
    bool any = false;
    for (size_t i = 0; (command = admin_command_at(i)); i++) {
        if (!command->internal && strncmp(command->name, word, len) == 0 && command->name[len] == ' ') {
            print_one(command);
            any = true;
        }
    }
    return any;
}

/* "+5d", "-2d", "+3h", "+30m": a distance in seconds, which serve adds to its own clock. */
static json_t *parse_distance(const char *text)
{
    char *end = NULL;
    long long count = strtoll(text, &end, 10);
    long long unit = *end == 'd' ? 86400 : *end == 'h' ? 3600 : *end == 'm' ? 60 : 0;
    if (end == text || !unit || end[1] || count > 1000 || count < -1000) {
        return NULL;
    }
    return json_integer(count * unit);
}

static json_t *parse_day(const char *text)
{
    int64_t unix_s = 0;
    if (text[0] == '+' || text[0] == '-') {
        return parse_distance(text);
    }
    return time_parse_day(text, &unix_s) < 0 || unix_s < ADMIN_DISTANCE_END_S ? NULL : json_integer(unix_s);
}

static json_t *parse_number(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return errno || end == text || *end ? NULL : json_integer(value);
}

static json_t *read_file_text(const char *path)
{
    struct buffer content;
    buffer_init(&content, FILE_MAX);
    int rc = file_read(path, &content);
    /* Not checked for UTF-8 here: an import names the line that is not. */
    json_t *text = rc == 0 ? json_stringn_nocheck(buffer_text(&content), content.len) : NULL;
    if (!text) {
        fprintf(stderr, "admin: %s: %s\n", path, rc < 0 ? strerror(-rc) : "no memory");
    }
    buffer_finish(&content);
    return text;
}

static json_t *read_stdin_line(void)
{
    char line[STDIN_MAX];
    if (!fgets(line, sizeof(line), stdin)) {
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return json_string(line);
}

static json_t *parse_value(char kind, const char *text)
{
    int64_t minor = 0;
    switch (kind) {
    case 'n':
        return parse_number(text);
    case 'm':
        return money_parse(text, &minor) < 0 ? NULL : json_integer(minor);
    case 'd':
        return parse_day(text);
    case 'f':
        return read_file_text(text);
    case 't':
        return strcmp(text, "-") == 0 ? read_stdin_line() : json_string(text);
    default:
        return json_string(text);
    }
}

static int take_value(const struct admin_command *command, const struct admin_argument *argument, const char *text,
                      json_t *args)
{
    json_t *value = parse_value(argument->kind, text);
    if (!value && argument->kind == 'f') {
        return ADMIN_FAILED; /* and it was said why */
    }
    if (!value) {
        char name[TYPED_MAX];
        typed_name(argument, name);
        fprintf(stderr, "admin %s: %s cannot be \"%s\"\n", command->name, name, text);
        admin_print_usage(command);
        return ADMIN_USAGE;
    }
    json_object_set_new(args, argument->name, value);
    return ADMIN_OK;
}

static bool find_option(const struct admin_command *command, const char *name, struct admin_argument *out)
{
    char wanted[24];
    const char *spec = command->args;
    snprintf(wanted, sizeof(wanted), "%s", name);
    for (char *c = wanted; *c; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    while (admin_argument_next(&spec, out)) {
        if (out->option && strcmp(out->name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool find_positional(const struct admin_command *command, unsigned index, struct admin_argument *out)
{
    const char *spec = command->args;
    while (admin_argument_next(&spec, out)) {
        if (!out->option && index-- == 0) {
            return true;
        }
    }
    return false;
}

static int complain(const struct admin_command *command, const char *words, const char *what)
{
    fprintf(stderr, "admin %s: %s %s\n", command->name, words, what);
    admin_print_usage(command);
    return ADMIN_USAGE;
}

static int fill(const struct admin_command *command, int argc, char **argv, json_t *args)
{
    unsigned positional = 0;
    for (int i = 0; i < argc; i++) {
        struct admin_argument argument;
        bool option = strncmp(argv[i], "--", 2) == 0;
        bool known =
            option ? find_option(command, argv[i] + 2, &argument) : find_positional(command, positional++, &argument);
        if (!known) {
            return complain(command, "does not take", argv[i]);
        }
        if (option && argument.kind == 'b') {
            json_object_set_new(args, argument.name, json_true());
            continue;
        }
        if (option && ++i >= argc) {
            return complain(command, "no value for", argv[i - 1]);
        }
        int code = take_value(command, &argument, argv[i], args);
        if (code != ADMIN_OK) {
            return code;
        }
    }
    return ADMIN_OK;
}

static int check_required(const struct admin_command *command, const json_t *args)
{
    const char *spec = command->args;
    struct admin_argument argument;
    while (admin_argument_next(&spec, &argument)) {
        if (argument.required && !json_object_get(args, argument.name)) {
            char name[TYPED_MAX];
            typed_name(&argument, name);
            return complain(command, name, "is missing");
        }
    }
    return ADMIN_OK;
}

int admin_parse_args(const struct admin_command *command, int argc, char **argv, json_t **out_args)
{
    json_t *args = json_object();
    int code = fill(command, argc, argv, args);
    code = code ? code : check_required(command, args);
    if (code == ADMIN_OK) {
        *out_args = args;
    } else {
        json_decref(args);
    }
    return code;
}
