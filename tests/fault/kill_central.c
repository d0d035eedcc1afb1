#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "fixture.h"
#include "platform/http_client.h"
#include "platform/http_signature.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * kill -9 of the real tillside-central at random moments, its start included, while a terminal uploads over TLS. What
 * was answered is there, each record once, chain and ledger whole. kill_central TILLSIDE-CENTRAL [KILLS]
 */

#define LOAD_US     40000 /* longest life after the start */
#define RECORDS_MAX 30

static const char *program;
static unsigned kills = 500;

struct server {
    pid_t pid;
    int out; /* where it says "ready" */
    char url[64];
    int64_t kill_after_us;
    pthread_t killer;
};

struct world {
    struct fixture f;
    struct fake_terminal t;
    struct http_client *client;
    struct server server;
    char pin[TLS_PIN_CAP];
    struct sim_random random;
    struct batch batch;
    bool pending; /* sealed and not acknowledged yet */
    uint64_t acknowledged;
    unsigned uploads, early, start_us;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Status 0: no answer came. */
static void transport_tls(void *context, const struct exchange *exchange, struct answer *out_answer)
{
    static struct http_client_response response;
    struct world *w = context;
    char url[192];
    struct http_header headers[HTTP_SIGNATURE_HEADERS];
    snprintf(url, sizeof(url), "%s%s", w->server.url, exchange->target);
    http_signature_headers(exchange->headers, headers);
    struct http_client_request request = {.method = exchange->method,
                                          .url = url,
                                          .headers = headers,
                                          .header_count = HTTP_SIGNATURE_HEADERS,
                                          .body = exchange->body,
                                          .pin = w->pin,
                                          .timeout_ms = 10000};
    buffer_init(&response.body, ANSWER_CAP);
    int rc = http_client_perform(w->client, &request, &response);
    out_answer->status = rc == 0 ? response.status : 0;
    out_answer->len = rc == 0 ? response.body.len : 0;
    if (out_answer->len > 0)
        memcpy(out_answer->body, response.body.data, out_answer->len);
    buffer_finish(&response.body);
}

static void exec_central(struct world *w, int out)
{
    dup2(out, STDOUT_FILENO);
    char log[128];
    snprintf(log, sizeof(log), "%s/stderr", w->f.dir);
    if (!freopen(log, "a", stderr))
        _exit(126);
    execl(program, program, "serve", "--data", w->f.dir, "--listen", "127.0.0.1:0", "--public", "127.0.0.1:0",
          "--backup-hours", "0", (char *)NULL);
    _exit(127);
}

static void spawn(struct world *w)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    w->server.pid = fork();
    assert_true(w->server.pid >= 0);
    if (w->server.pid == 0)
        exec_central(w, ends[1]);
    close(ends[1]);
    w->server.out = ends[0];
}

static void *kill_later(void *arg)
{
    struct server *server = arg;
    struct timespec wait = {server->kill_after_us / 1000000, server->kill_after_us % 1000000 * 1000};
    int ready = ppoll(NULL, 0, &wait, NULL); /* a moment that nothing in the server decides */
    (void)ready;
    kill(server->pid, SIGKILL);
    return NULL;
}

/* False when it was killed before it was ready. */
static bool wait_ready(struct world *w)
{
    char line[128] = "";
    unsigned port = 0;
    size_t len = 0;
    while (len < sizeof(line) - 1 && read(w->server.out, line + len, 1) == 1 && line[len] != '\n')
        len++;
    if (sscanf(line, "ready %u", &port) != 1)
        return false;
    snprintf(w->server.url, sizeof(w->server.url), "https://127.0.0.1:%u", port);
    return true;
}

static void make_batch(struct world *w)
{
    batch_start(&w->batch);
    for (uint64_t i = random_below(&w->random.base, RECORDS_MAX); i < RECORDS_MAX; i++) {
        struct body sale = {.kind = RECORD_SALE};
        sale.sale =
            (struct body_sale){.group = w->t.seq + 1, .gross_minor = 1000, .paid_minor = 1000, .tender = TENDER_CASH};
        batch_record(&w->batch, &w->t, &sale);
    }
    w->pending = true;
}

/* False when central died meanwhile. */
static bool upload(struct world *w)
{
    static struct answer answer;
    struct journal_answer told;
    if (!w->pending)
        make_batch(w);
    /* Later than the second of central's start, or it would have to be said again. */
    sim_clock_set_wall(&w->f.clock, clock_wall_ms(clock_real()) + 5000);
    batch_upload(&w->batch, &w->t, &answer);
    if (answer.status == 0 || answer.status == 503)
        return false;
    if (answer.status != 200 || journal_answer_decode(answer.body, answer.len, &told) != 0)
        fail_msg("answered %d", answer.status);
    if (told.status != JOURNAL_STORED || told.durable_through != w->t.seq)
        fail_msg("told %llu durable of %llu, status %d: something acknowledged (%llu) is gone",
                 (unsigned long long)told.durable_through, (unsigned long long)w->t.seq, told.status,
                 (unsigned long long)w->acknowledged);
    w->acknowledged = w->t.seq;
    w->pending = false;
    w->uploads++;
    return true;
}

static void start_killer(struct world *w, unsigned within_us)
{
    w->server.kill_after_us = (int64_t)random_below(&w->random.base, within_us);
    assert_int_equal(pthread_create(&w->server.killer, NULL, kill_later, &w->server), 0);
}

static void live_and_die(struct world *w)
{
    bool early = random_below(&w->random.base, 8) == 0;
    int status;
    spawn(w);
    if (early)
        start_killer(w, w->start_us);
    bool ready = wait_ready(w);
    if (!early)
        start_killer(w, LOAD_US);
    while (ready && upload(w))
        ;
    w->early += !ready;
    pthread_join(w->server.killer, NULL);
    assert_int_equal(waitpid(w->server.pid, &status, 0), w->server.pid);
    if (!WIFSIGNALED(status))
        fail_msg("central ended by itself with %d: see %s/stderr", WEXITSTATUS(status), w->f.dir);
    w->server.pid = 0;
    close(w->server.out);
}

static void measure_start(struct world *w)
{
    int status;
    int64_t before = now_us();
    spawn(w);
    assert_true(wait_ready(w));
    w->start_us = (unsigned)(now_us() - before);
    kill(w->server.pid, SIGKILL);
    waitpid(w->server.pid, &status, 0);
    w->server.pid = 0;
    close(w->server.out);
}

static int setup(void **state)
{
    static struct world w;
    const struct http_client_options options = {0};
    const char *seed = getenv("TILLSIDE_SEED");
    fixture_open(&w.f);
    snprintf(w.pin, sizeof(w.pin), "%s", w.f.central->tls.pin);
    sim_clock_set_wall(&w.f.clock, clock_wall_ms(clock_real()) + 5000);
    terminal_make(&w.t, &w.f, 1);
    terminal_enrol(&w.t, &w.f, w.f.shops[0]);
    fixture_stop(&w.f);
    w.t.send = transport_tls;
    w.t.context = &w;
    sim_random_init(&w.random, seed ? strtoull(seed, NULL, 10) : 9);
    assert_int_equal(http_client_open(&options, &w.client), 0);
    signal(SIGPIPE, SIG_IGN);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w->server.pid > 0) /* after a failure */
        kill(w->server.pid, SIGKILL);
    http_client_close(w->client);
    fixture_close(&w->f);
    return 0;
}

static int check_books(void *arg, struct store_tx *tx)
{
    struct world *w = arg;
    struct journal_finding finding;
    struct journal_marks marks;
    char account[ACCOUNT_MAX], tender[ACCOUNT_MAX];
    int64_t cash = 0;
    assert_int_equal(journal_verify_all(tx, &finding), 0);
    assert_int_equal(ledger_verify(tx, account), 0);
    assert_int_equal(journal_marks_read(tx, w->t.id, w->t.incarnation, &marks), 0);
    assert_true(marks.durable_through == w->acknowledged || marks.durable_through == w->t.seq);
    snprintf(tender, sizeof(tender), "tender/cash/s%u", w->f.shops[0]);
    assert_int_equal(ledger_balance(tx, tender, UNIT_CNY, &cash), 0);
    assert_int_equal(llabs(cash), 1000 * (int64_t)marks.durable_through); /* each sale once */
    return 0;
}

static void nothing_acknowledged_is_lost_however_often_central_is_killed(void **state)
{
    struct world *w = *state;
    measure_start(w);
    for (unsigned i = 0; i < kills; i++)
        live_and_die(w);
    fixture_start(&w->f, true);
    assert_int_equal(fixture_write(&w->f, check_books, w), 0);
    print_message("%u kills (%u before it was ready, which takes %u ms), %u uploads, %llu records acknowledged\n",
                  kills, w->early, w->start_us / 1000, w->uploads, (unsigned long long)w->acknowledged);
    assert_true(w->uploads > kills && w->early < kills / 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_acknowledged_is_lost_however_often_central_is_killed, setup, teardown),
    };

    if (argc < 2) {
        fputs("kill_central TILLSIDE-CENTRAL [KILLS]\n", stderr);
        return 2;
    }
    program = argv[1];
    if (argc > 2)
        kills = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests_name("fault_kill_central", tests, NULL, NULL);
}
