#include "central/command.h"
#include "central/http.h"
#include "central/played_clock.h"
#include "platform/log.h"
#include "platform/unixsock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ADMIN_LINE_MAX  ((size_t)4 << 20)
#define ADMIN_REPLY_MAX ((size_t)16 << 20)

struct serving {
    struct central *central;
    struct played_clock clock; /* of a scenario; else unused */
    struct central_http http;
    struct line_server *admin;
};

/* The first part that speaks on the admin socket does. */
static int admin_line(void *context, const char *line, size_t len, struct buffer *reply)
{
    struct central *central = context;
    for (size_t i = 0; i < central->part_count; i++) {
        if (central->parts[i]->admin_line)
            return central->parts[i]->admin_line(central, line, len, reply);
    }
    return -ENOTSUP;
}

static int explain_open(const struct central_config *config, int error, pid_t holder)
{
    if (error != -EBUSY)
        return command_explain(config, "open the books", error);
    fprintf(stderr,
            "tillside-central: the books in %s are held by another process (pid %d).\n"
            "Stop it first, or choose another --data.\n",
            config->data, (int)holder);
    return EXIT_LOCKED;
}

static int explain_endpoint(const struct central_endpoint *endpoint, const char *option, int error)
{
    const char *advice = error == -EADDRINUSE ? "Another program listens there; stop it, or choose another port with"
                         : error == -EACCES   ? "Ports below 1024 need rights; choose a higher one with"
                                              : "Give an address of this machine with";
    fprintf(stderr, "tillside-central: cannot listen on %s:%u: %s.\n%s %s ADDRESS:PORT.\n", endpoint->address,
            endpoint->port, strerror(-error), advice, option);
    return EXIT_PORT;
}

static int open_admin(struct serving *serving)
{
    const char *path = serving->central->config.admin_socket;
    struct line_server_options options = {
        .path = path,
        .max_line = ADMIN_LINE_MAX, /* a catalogue as CSV */
        .max_reply = ADMIN_REPLY_MAX,
        .handler = admin_line,
        .context = serving->central,
    };
    int rc = line_server_open(&options, &serving->admin);
    if (rc == 0)
        return EXIT_DONE;
    fprintf(stderr,
            "tillside-central: cannot open the admin socket %s: %s.\nChoose another with --admin-socket PATH.\n", path,
            strerror(-rc));
    return EXIT_OTHER;
}

static void log_report(const char *what, int error)
{
    if (error == -ENOSPC)
        log_error("central", "%s failed: the disk is full; make room, nothing acknowledged is lost", what);
    else
        log_error("central", "%s failed: %s; requests are answered 503 until it works again", what, strerror(-error));
}

/* Port 0 has become a real one. Nobody knows it before "ready" is printed, so nobody reads these yet. */
static int note_ports(struct serving *serving)
{
    struct central_config *config = &serving->central->config;
    if (config->listen.port == 0) {
        config->listen.port = http_server_port(serving->http.terminals);
        config->url[0] = '\0';
    }
    if (config->public_listen.port == 0) {
        config->public_listen.port = http_server_port(serving->http.public_server);
        config->public_url[0] = '\0';
    }
    return central_config_complete(config);
}

static int open_clock(const struct command_options *options, struct serving *serving)
{
    int rc = options->played_clock ? played_clock_open(&serving->clock, options->played_clock) : 0;
    if (rc < 0)
        return command_explain(&options->config, "read the clock of the scenario", rc);
    if (options->played_clock)
        log_warn("central", "the time is played from %s: for scenarios only", options->played_clock);
    return EXIT_DONE;
}

static int open_all(const struct command_options *options, struct serving *serving)
{
    int code = open_clock(options, serving);
    if (code != EXIT_DONE)
        return code;
    struct central_options central = {
        .config = options->config,
        .clock = options->played_clock ? &serving->clock.base : NULL,
        .parts = central_parts,
        .part_count = central_part_count,
        .sync = DB_SYNC_FULL,
        .report = log_report,
    };
    pid_t holder = 0;
    int rc = central_open(&central, &serving->central, &holder);
    if (rc < 0)
        return explain_open(&options->config, rc, holder);
    const struct central_endpoint *which = NULL;
    rc = central_http_open(serving->central, &serving->http, &which);
    if (rc < 0 && which) {
        bool terminals = which == &serving->central->config.listen;
        return explain_endpoint(which, terminals ? "--listen" : "--public", rc);
    }
    rc = note_ports(serving);
    if (rc < 0)
        return command_explain(&options->config, "name its addresses", rc);
    return open_admin(serving);
}

static void close_all(struct serving *serving)
{
    line_server_close(serving->admin);
    central_http_close(&serving->http);
    central_close(serving->central);
    played_clock_close(&serving->clock);
}

static void say_started(const struct serving *serving)
{
    const struct central *central = serving->central;
    if (central->restored)
        log_warn("central", "books were restored: server epoch is now %" PRIu32 ", terminals upload again",
                 store_server_epoch(central->store));
    if (db_version_verdict(db_version_number()) == DB_VERSION_WAL_RESET_BUG)
        log_info("central", "this SQLite has the WAL-reset bug: one writer keeps clear of it");
    log_info("central", "terminals on %s:%u, phones on %s:%u, data in %s", central->config.listen.address,
             http_server_port(serving->http.terminals), central->config.public_listen.address,
             http_server_port(serving->http.public_server), central->config.data);
    printf("ready %u %u\n", http_server_port(serving->http.terminals), http_server_port(serving->http.public_server));
    fflush(stdout);
}

/* Signals are taken here and nowhere else: blocked in every thread, waited for in this one. SIGHUP changes nothing. */
static void wait_for_end(const sigset_t *signals)
{
    int got = 0;
    do {
        if (sigwait(signals, &got) != 0)
            break;
    } while (got == SIGHUP);
    log_info("central", "stopping on signal %d", got);
}

int command_serve(int argc, char **argv)
{
    struct command_options options;
    int code = command_parse(argc, argv, &options);
    if (code != 0)
        return code;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct log_options log = {.level = LOG_LEVEL_INFO, .file = options.log_file};
    int rc = log_open(&log);
    if (rc < 0) {
        fprintf(stderr, "tillside-central: cannot write the log %s: %s\n", options.log_file, strerror(-rc));
        return EXIT_OTHER;
    }
    struct serving serving = {0};
    code = open_all(&options, &serving);
    if (code == EXIT_DONE) {
        say_started(&serving);
        wait_for_end(&signals);
    }
    close_all(&serving);
    log_close();
    return code;
}
