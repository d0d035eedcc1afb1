#include "bench.h"

#include "platform/unixsock.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_TRIES  400
#define SOCKET_GAP_NS 10000000L

extern char **environ;

int bench_program_path(const char *name, char *out, size_t cap)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0)
        return -errno;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return -ENOENT;
    return (size_t)snprintf(out, cap, "%.*s/%s", (int)(slash - self), self, name) < cap ? 0 : -ENAMETOOLONG;
}

static int connect_to(struct bench_terminal *terminal, const char *socket_path)
{
    for (int i = 0; i < SOCKET_TRIES; i++) {
        if (line_client_open(socket_path, &terminal->client) == 0)
            return 0;
        struct timespec gap = {0, SOCKET_GAP_NS};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
    }
    return -ETIMEDOUT;
}

int bench_terminal_start(const char *data, struct bench_terminal *out_terminal)
{
    char program[PATH_MAX], socket_path[PATH_MAX], log[PATH_MAX];
    snprintf(socket_path, sizeof(socket_path), "%s/control", data);
    snprintf(log, sizeof(log), "%s/stderr", data);
    unlink(socket_path);
    int result = bench_program_path("tillside-terminal", program, sizeof(program));
    if (result != 0)
        return result;
    char *argv[] = {program, "--board", "sim", "--data", (char *)data, "--control", socket_path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct bench_terminal terminal = {.started_ns = bench_now_ns()};
    int error = posix_spawn(&terminal.pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return -error;
    result = connect_to(&terminal, socket_path);
    if (result != 0) {
        bench_terminal_stop(&terminal);
        return result;
    }
    *out_terminal = terminal;
    return 0;
}

void bench_terminal_stop(struct bench_terminal *terminal)
{
    line_client_close(terminal->client);
    terminal->client = NULL;
    kill(terminal->pid, SIGTERM);
    waitpid(terminal->pid, NULL, 0);
}

struct json_t *bench_terminal_ask(struct bench_terminal *terminal, const char *line)
{
    struct buffer reply;
    buffer_init(&reply, 1024 * 1024);
    json_t *answer = NULL;
    if (line_client_call(terminal->client, line, 10000, &reply) == 0)
        answer = json_loads(buffer_text(&reply), 0, NULL);
    buffer_finish(&reply);
    return answer;
}
