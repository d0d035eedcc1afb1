#include "server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16
#define REPLY_MAX (1024 * 1024)

extern char **environ;

/* Starts the program with its output in a pipe; its complaints go to the log in the folder. */
static int spawn(const struct bench_server *server, char *const argv[], pid_t *out_pid, int *out_end)
{
    char program[PATH_MAX], log[PATH_MAX];
    int ends[2];
    int result = bench_program_path("tillside-central", program, sizeof(program));
    if (result != 0)
        return result;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    snprintf(log, sizeof(log), "%s.log", server->data);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    result = -posix_spawn(out_pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (result != 0)
        close(ends[0]);
    else
        *out_end = ends[0];
    return result;
}

static size_t read_all(int fd, char *text, size_t cap)
{
    size_t len = 0;
    ssize_t got;
    while (len < cap - 1 && (got = read(fd, text + len, cap - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    return len;
}

/* Runs it to its end; the output is the caller's to free. */
static int run(const struct bench_server *server, char *const argv[], char **out_text)
{
    pid_t pid;
    int end, status = 0;
    int result = spawn(server, argv, &pid, &end);
    if (result != 0)
        return result;
    char *text = malloc(REPLY_MAX);
    if (text != NULL)
        read_all(end, text, REPLY_MAX);
    close(end);
    waitpid(pid, &status, 0);
    if (text == NULL || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        free(text);
        return text == NULL ? -ENOMEM : -EPROTO;
    }
    *out_text = text;
    return 0;
}

json_t *bench_server_admin(const struct bench_server *server, const char *words)
{
    char copy[512], *rest = NULL, *text = NULL;
    char *argv[WORDS_MAX + 6] = {"tillside-central", "admin", "--data", (char *)server->data, "--json"};
    int count = 5;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && count < WORDS_MAX + 5;
         word = strtok_r(NULL, " ", &rest))
        argv[count++] = word;
    if (run(server, argv, &text) != 0) {
        fprintf(stderr, "tillside-bench: admin %s failed, see %s.log\n", words, server->data);
        return NULL;
    }
    json_t *json = json_loads(text, 0, NULL);
    free(text);
    return json != NULL ? json : json_object();
}

static int init(const struct bench_server *server)
{
    char *argv[] = {"tillside-central", "init", "--data", (char *)server->data, NULL};
    char *text = NULL;
    int result = run(server, argv, &text);
    free(text);
    return result;
}

/* Its first line is "ready PORT …". */
static int wait_ready(struct bench_server *server)
{
    char line[128] = "";
    unsigned port = 0;
    size_t len = 0;
    while (len < sizeof(line) - 1 && read(server->out, line + len, 1) == 1 && line[len] != '\n')
        len++;
    if (sscanf(line, "ready %u", &port) != 1)
        return -EPROTO;
    server->port = (uint16_t)port;
    return 0;
}

static int fill(const struct bench_server *server)
{
    char words[400];
    snprintf(words, sizeof(words), "demo --out %s-codes --from " BENCH_SOURCE "/assets/demo", server->data);
    json_t *answer = bench_server_admin(server, words);
    json_decref(answer);
    return answer != NULL ? 0 : -EPROTO;
}

/* A port of its own: with port 0 central would name itself by the port it got, whatever --url says. */
static int free_port(unsigned *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int result =
        bind(fd, (struct sockaddr *)&address, len) == 0 && getsockname(fd, (struct sockaddr *)&address, &len) == 0
            ? 0
            : -errno;
    close(fd);
    *out_port = ntohs(address.sin_port);
    return result;
}

int bench_server_start(const char *data, const char *url, struct bench_server *out_server)
{
    struct bench_server server = {.out = -1};
    unsigned port = 0;
    char listen_at[32];
    int result = free_port(&port);
    snprintf(server.data, sizeof(server.data), "%s", data);
    snprintf(listen_at, sizeof(listen_at), "127.0.0.1:%u", port);
    char *argv[] = {
        "tillside-central", "serve",          "--data", server.data,          "--listen",  listen_at, "--public",
        "127.0.0.1:0",      "--backup-hours", "0",      url ? "--url" : NULL, (char *)url, NULL};
    if (result == 0)
        result = init(&server);
    if (result == 0)
        result = spawn(&server, argv, &server.pid, &server.out);
    if (result == 0)
        result = wait_ready(&server);
    if (result == 0)
        result = fill(&server);
    if (result != 0) {
        bench_server_stop(&server);
        return result;
    }
    *out_server = server;
    return 0;
}

void bench_server_stop(struct bench_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    close(server->out);
    server->pid = 0;
}

int bench_server_ticket(const struct bench_server *server, uint32_t store, char out_text[ENROL_TEXT_MAX])
{
    char words[64];
    snprintf(words, sizeof(words), "enrol-ticket %u both", store);
    json_t *answer = bench_server_admin(server, words);
    const char *text = json_string_value(json_object_get(answer, "ticket"));
    int result = text != NULL && strlen(text) < ENROL_TEXT_MAX ? 0 : -EPROTO;
    if (result == 0)
        snprintf(out_text, ENROL_TEXT_MAX, "%s", text);
    json_decref(answer);
    return result;
}

int bench_server_confirm(const struct bench_server *server, const char *digits)
{
    char words[64];
    snprintf(words, sizeof(words), "confirm %s", digits);
    json_t *answer = bench_server_admin(server, words);
    json_decref(answer);
    return answer != NULL ? 0 : -EPROTO;
}
