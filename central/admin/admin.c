#include "central/people.h"

#include "central/admin/session.h"
#include "domain/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct invocation {
    struct central_config config;
    bool json;
    int argc; /* what is left: the command and its arguments */
    char **argv;
};

static int copy_path(char *out, size_t cap, const char *text)
{
    if (strlen(text) >= cap) {
        fprintf(stderr, "admin: path too long: %s\n", text);
        return ADMIN_USAGE;
    }
    memcpy(out, text, strlen(text) + 1);
    return ADMIN_OK;
}

static bool is_socket_option(const char *text)
{
    return strcmp(text, "--socket") == 0 || strcmp(text, "--admin-socket") == 0; /* serve calls it so */
}

/* Common options may stand before or after the command; they are taken out of argv. */
static int read_common(int argc, char **argv, struct invocation *out)
{
    const char *folder = getenv("TILLSIDE_DATA");
    central_config_defaults(&out->config);
    int code = folder ? copy_path(out->config.data, sizeof(out->config.data), folder) : ADMIN_OK;
    out->argv = argv;
    for (int i = 1; code == ADMIN_OK && i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            out->json = true;
        } else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc) {
            code = copy_path(out->config.data, sizeof(out->config.data), argv[++i]);
        } else if (is_socket_option(argv[i]) && i + 1 < argc) {
            code = copy_path(out->config.admin_socket, sizeof(out->config.admin_socket), argv[++i]);
        } else {
            argv[out->argc++] = argv[i];
        }
    }
    if (code == ADMIN_OK && central_config_complete(&out->config) < 0) {
        fprintf(stderr, "admin: path too long: %s\n", out->config.data);
        code = ADMIN_USAGE;
    }
    return code;
}

/* Commands have one or two words. */
static const struct admin_command *find_command(const struct invocation *invocation, int *out_words)
{
    char name[64];
    const struct admin_command *command = NULL;
    if (invocation->argc >= 2) {
        snprintf(name, sizeof(name), "%s %s", invocation->argv[0], invocation->argv[1]);
        command = admin_command_find(name);
        *out_words = 2;
    }
    if (!command && invocation->argc >= 1) {
        command = admin_command_find(invocation->argv[0]);
        *out_words = 1;
    }
    return command && !command->internal ? command : NULL;
}

static const char *take_out(json_t *args, const char *name, json_t **keep)
{
    *keep = json_incref(json_object_get(args, name));
    json_object_del(args, name);
    return json_string_value(*keep);
}

static int print_answer(const struct admin_session *session, json_t *answer, const struct admin_picture_target *target)
{
    json_t *files = json_array();
    json_t *result = json_object_get(answer, "result");
    int rc = admin_draw_pictures(json_object_get(answer, "pictures"), target, files);
    if (json_array_size(files) > 0) {
        json_object_set(result, "files", files);
    }
    if (session->json) {
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
    } else {
        admin_format(result);
    }
    json_decref(files);
    if (rc < 0) {
        fprintf(stderr, "admin: a picture cannot be written: %s\n", strerror(-rc));
        return ADMIN_FAILED;
    }
    return ADMIN_OK;
}

static int run_remote(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    json_t *path = NULL, *folder = NULL, *answer = NULL;
    struct admin_picture_target target = {.path = take_out(args, "qr", &path),
                                          .folder = take_out(args, "qr_dir", &folder),
                                          .svg = json_is_true(json_object_get(args, "svg"))};
    int code = admin_session_call(session, command->name, json_incref(args), &answer);
    if (code == ADMIN_OK) {
        code = print_answer(session, answer, &target);
        json_decref(answer);
    }
    json_decref(path);
    json_decref(folder);
    return code;
}

static void print_error(const struct admin_session *session)
{
    if (session->error[0] && session->json) {
        json_t *error = json_pack("{s:s}", "error", session->error);
        char *text = json_dumps(error, JSON_COMPACT);
        fprintf(stderr, "%s\n", text ? text : "{}");
        free(text);
        json_decref(error);
    } else if (session->error[0]) {
        fprintf(stderr, "admin: %s\n", session->error);
    }
}

static int run(struct invocation *invocation, const struct admin_command *command, json_t *args)
{
    struct admin_session session;
    int code = admin_session_open(&session, &invocation->config);
    if (code != ADMIN_OK) {
        return code;
    }
    session.json = invocation->json;
    code = command->client ? command->client(&session, command, args) : run_remote(&session, command, args);
    if (code != ADMIN_OK) {
        print_error(&session);
    }
    admin_session_close(&session);
    return code;
}

/* No such command: those of its group, when it is one, instead of all. */
static int explain_unknown(const struct invocation *invocation)
{
    const char *word = invocation->argv[0], *second = invocation->argc > 1 ? invocation->argv[1] : "";
    bool help = strcmp(second, "--help") == 0;
    if (!help) {
        fprintf(stderr, "admin: no such command: %s%s%s\n", word, second[0] ? " " : "", second);
    }
    if (admin_print_group(word)) {
        return help ? ADMIN_OK : ADMIN_USAGE;
    }
    fprintf(stderr, "admin: nothing begins with %s; `tillside-central admin --help` shows all commands\n", word);
    return ADMIN_USAGE;
}

int admin_main(int argc, char **argv)
{
    struct invocation invocation = {0};
    json_t *args = NULL;
    int words = 0;
    int code = read_common(argc, argv, &invocation);
    if (code != ADMIN_OK) {
        return code;
    }
    bool help =
        invocation.argc == 0 || strcmp(invocation.argv[0], "help") == 0 || strcmp(invocation.argv[0], "--help") == 0;
    const struct admin_command *command = help ? NULL : find_command(&invocation, &words);
    if (help) {
        admin_print_usage(NULL);
        return invocation.argc > 0 ? ADMIN_OK : ADMIN_USAGE;
    }
    if (!command) {
        return explain_unknown(&invocation);
    }
    if (invocation.argc == words + 1 && strcmp(invocation.argv[words], "--help") == 0) {
        admin_print_usage(command);
        return ADMIN_OK;
    }
    if (crypto_start() < 0) {
        fprintf(stderr, "admin: libsodium does not start\n");
        return ADMIN_FAILED;
    }
    code = admin_parse_args(command, invocation.argc - words, invocation.argv + words, &args);
    if (code == ADMIN_OK) {
        code = run(&invocation, command, args);
        json_decref(args);
    }
    return code;
}
