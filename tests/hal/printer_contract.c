#include "rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "hal/printer.h"

/*
 * A printer on the other end of a line: takes bytes, answers DLE EOT n. One thread, ended by its stop descriptor.
 */
struct peer {
    pthread_t thread;
    int stop;
    int listener;    /* -1 on a line */
    atomic_int line; /* -1 when nobody is connected */
    pthread_mutex_t lock;
    uint8_t answers[5]; /* by n */
    uint8_t taken[4096];
    size_t taken_count;
    atomic_uint connections;
    bool running;
};

static void peer_take(struct peer *peer)
{
    uint8_t bytes[256];
    ssize_t n = read(peer->line, bytes, sizeof(bytes));

    if (n <= 0) {
        close(peer->line);
        peer->line = -1;
        return;
    }
    pthread_mutex_lock(&peer->lock);
    for (ssize_t i = 0; i < n; i++) {
        size_t count = peer->taken_count;

        peer->taken[peer->taken_count++] = bytes[i];
        if (count >= 2 && peer->taken[count - 2] == 0x10 && peer->taken[count - 1] == 0x04 && bytes[i] <= 4) {
            peer->taken_count -= 3;
            assert_int_equal(write(peer->line, &peer->answers[bytes[i]], 1), 1);
        }
    }
    pthread_mutex_unlock(&peer->lock);
}

static void *peer_run(void *context)
{
    struct peer *peer = context;

    for (;;) {
        struct pollfd polled[3] = {{peer->stop, POLLIN, 0}, {peer->listener, POLLIN, 0}, {peer->line, POLLIN, 0}};

        if (poll(polled, 3, -1) < 0 || polled[0].revents) {
            return NULL;
        }
        if (polled[1].revents) {
            if (peer->line >= 0) {
                close(peer->line);
            }
            peer->line = accept(peer->listener, NULL, NULL);
            pthread_mutex_lock(&peer->lock);
            peer->connections++;
            pthread_mutex_unlock(&peer->lock);
        } else if (polled[2].revents) {
            peer_take(peer);
        }
    }
}

static void peer_start(struct peer *peer, int listener, int line)
{
    static const uint8_t well[5] = {0, 0x12, 0x12, 0x12, 0x12};

    *peer = (struct peer){.listener = listener, .line = line, .running = true};
    memcpy(peer->answers, well, sizeof(well));
    pthread_mutex_init(&peer->lock, NULL);
    peer->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static void peer_end(struct peer *peer)
{
    if (!peer->running) {
        return;
    }
    assert_int_equal(eventfd_write(peer->stop, 1), 0);
    pthread_join(peer->thread, NULL);
    close(peer->stop);
    if (peer->line >= 0) {
        close(peer->line);
    }
    if (peer->listener >= 0) {
        close(peer->listener);
    }
    pthread_mutex_destroy(&peer->lock);
    peer->running = false;
}

/* kept: bytes that reached the printer so far, waiting until there are that many. */
struct rig {
    const char *backend;
    void (*plug)(struct rig *rig, struct printer_spec *spec);
    void (*unplug)(struct rig *rig);
    bool answers; /* whether it can be asked for its status */
    bool peered;
    struct bench bench;
    struct printer *printer;
    struct printer_spec spec;
    struct peer peer;
    int end; /* the pty's other end, 0 when there is none */
};

static void sim_plug(struct rig *rig, struct printer_spec *spec)
{
    snprintf(spec->device, sizeof(spec->device), "%s/receipts", rig->bench.folder);
}

static void sim_unplug(struct rig *rig)
{
    assert_int_equal(sim_fail(rig->bench.sim, HAL_PRINTER, SIM_FAULT_UNPLUG), 0);
}

static void file_plug(struct rig *rig, struct printer_spec *spec)
{
    snprintf(spec->device, sizeof(spec->device), "%s/printed", rig->bench.folder);
}

static void serial_plug(struct rig *rig, struct printer_spec *spec)
{
    int line;

    /* Our own end keeps the line up until the printer has opened it. */
    assert_int_equal(openpty(&line, &rig->end, spec->device, NULL, NULL), 0);
    peer_start(&rig->peer, -1, line);
}

static void tcp_plug(struct rig *rig, struct printer_spec *spec)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(spec->device, sizeof(spec->device), "127.0.0.1:%u", ntohs(address.sin_port));
    peer_start(&rig->peer, listener, -1);
}

static void peer_unplug(struct rig *rig)
{
    peer_end(&rig->peer);
}

static const struct rig sim = {.backend = "sim", .plug = sim_plug, .unplug = sim_unplug, .answers = true};
static const struct rig file = {.backend = "file", .plug = file_plug};
static const struct rig serial = {
    .backend = "serial", .plug = serial_plug, .unplug = peer_unplug, .answers = true, .peered = true};
static const struct rig tcp = {
    .backend = "tcp", .plug = tcp_plug, .unplug = peer_unplug, .answers = true, .peered = true};

static void open_rig(struct rig *rig, void **state)
{
    *rig = *(const struct rig *)*state;
    strcpy(rig->spec.backend, rig->backend);
    bench_open(&rig->bench);
    rig->plug(rig, &rig->spec);
    assert_int_equal(printer_open(&rig->spec, &rig->bench.context, &rig->printer), 0);
    if (rig->end > 0) {
        close(rig->end);
    }
}

static void close_rig(struct rig *rig)
{
    printer_close(rig->printer);
    peer_end(&rig->peer);
    bench_close(&rig->bench);
}

/* Asking for the status comes back after everything before it was taken: a wait without a clock. */
static void expect_taken(struct rig *rig, const char *bytes)
{
    struct printer_status status;
    char got[256] = "";

    if (rig->peered) {
        assert_int_equal(printer_status(rig->printer, &status), 0);
        pthread_mutex_lock(&rig->peer.lock);
        assert_int_equal(rig->peer.taken_count, strlen(bytes));
        assert_memory_equal(rig->peer.taken, bytes, strlen(bytes));
        pthread_mutex_unlock(&rig->peer.lock);
    } else {
        int fd = open(rig->spec.device, O_RDONLY);

        assert_int_equal(read(fd, got, sizeof(got)), (ssize_t)strlen(bytes));
        assert_string_equal(got, bytes);
        close(fd);
    }
}

static void bytes_arrive_whole_and_in_order(void **state)
{
    struct sim_outputs outputs;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"one\n", 4), 0);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"", 0), 0);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"two\n\x1DV\x42\x01", 8), 0);
    if (strcmp(rig.backend, "sim") == 0) {
        sim_outputs(rig.bench.sim, &outputs);
        assert_int_equal(outputs.receipts, 1);
        assert_int_equal(access(outputs.last_receipt, R_OK), 0);
    } else {
        expect_taken(&rig, "one\ntwo\n\x1DV\x42\x01");
    }
    close_rig(&rig);
}

static void a_printer_that_is_well_says_so(void **state)
{
    struct printer_status status = {.known = !((const struct rig *)*state)->answers};
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(printer_status(rig.printer, &status), 0);
    assert_int_equal(status.known, rig.answers);
    assert_false(status.offline || status.cover_open || status.paper_end || status.paper_near_end ||
                 status.cutter_error || status.drawer_open);
    close_rig(&rig);
}

static void an_open_cover_and_no_paper_are_told(void **state)
{
    struct printer_status status;
    struct rig rig;

    open_rig(&rig, state);
    if (rig.peered) {
        pthread_mutex_lock(&rig.peer.lock);
        rig.peer.answers[1] = 0x1A;
        rig.peer.answers[2] = 0x36;
        rig.peer.answers[4] = 0x7E;
        pthread_mutex_unlock(&rig.peer.lock);
    } else {
        assert_int_equal(sim_fail(rig.bench.sim, HAL_PRINTER, SIM_FAULT_PAPER_END), 0);
    }
    assert_int_equal(printer_status(rig.printer, &status), 0);
    assert_true(status.offline && status.paper_end && status.paper_near_end);
    assert_int_equal(status.cover_open, rig.peered);
    close_rig(&rig);
}

static void an_unplugged_printer_says_so(void **state)
{
    struct printer_status status;
    struct rig rig;
    int error;

    open_rig(&rig, state);
    /* The connection stands before it is cut. */
    assert_int_equal(printer_status(rig.printer, &status), 0);
    rig.unplug(&rig);
    error = printer_status(rig.printer, &status);
    assert_int_equal(error, -ENODEV);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"x", 1), -ENODEV);
    close_rig(&rig);
}

static void stopping_ends_a_question_nobody_answers(void **state)
{
    struct printer_status status;
    struct rig rig;

    open_rig(&rig, state);
    bench_cancel(&rig.bench);
    pthread_mutex_lock(&rig.peer.lock);
    assert_int_equal(printer_status(rig.printer, &status), -ECANCELED);
    pthread_mutex_unlock(&rig.peer.lock);
    close_rig(&rig);
}

static void a_printer_that_hung_up_between_jobs_is_called_again(void **state)
{
    struct printer_status status;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(printer_status(rig.printer, &status), 0);
    /* The printer's side closes; the peer thread sees a new connection after. */
    assert_int_equal(shutdown(rig.peer.line, SHUT_RDWR), 0);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"again", 5), 0);
    expect_taken(&rig, "again");
    assert_int_equal(rig.peer.connections, 2);
    close_rig(&rig);
}

static void the_simulated_printer_without_paper_prints_nothing(void **state)
{
    struct sim_outputs outputs;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_PRINTER, SIM_FAULT_COVER_OPEN), 0);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"x\n\x1DV\x00", 5), -ETIMEDOUT);
    sim_restore(rig.bench.sim, HAL_PRINTER);
    sim_outputs(rig.bench.sim, &outputs);
    assert_int_equal(outputs.receipts, 0);
    assert_int_equal(printer_write(rig.printer, (const uint8_t *)"x\n\x1DV\x00", 5), 0);
    sim_outputs(rig.bench.sim, &outputs);
    assert_int_equal(outputs.receipts, 1);
    close_rig(&rig);
}

static void a_printer_that_is_not_there_says_why(void **state)
{
    static const struct printer_spec absent[] = {
        {.backend = "usb", .device = "/dev/usb/no-such-printer"},
        {.backend = "serial", .device = "/dev/no-such-line"},
        {.backend = "tcp", .device = "127.0.0.1:1"},
        {.backend = "tcp", .device = "no such host"},
        {.backend = "file", .device = "/no/such/folder/file"},
        {.backend = "none"},
    };
    struct printer *printer = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        assert_true(printer_open(&absent[i], &bench.context, &printer) < 0);
        assert_null(printer);
        assert_true(strlen(bench.context.reason) > 10);
    }
    assert_int_equal(printer_write(NULL, (const uint8_t *)"x", 1), -ENODEV);
    bench_close(&bench);
}

static void status_answers_are_read_bit_by_bit(void **state)
{
    struct printer_status status = {0};

    (void)state;
    assert_int_equal(printer_status_add(3, 0x1A, &status), 0);
    assert_true(status.known && status.cutter_error && !status.offline);
    assert_int_equal(printer_status_add(1, 0x16, &status), 0);
    assert_true(status.drawer_open && !status.offline);
    assert_int_equal(printer_status_add(4, 0x1E, &status), 0);
    assert_true(status.paper_near_end && !status.paper_end);
    assert_int_equal(printer_status_add(1, 0x00, &status), -EPROTO);
    assert_int_equal(printer_status_add(1, 0xFF, &status), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(bytes_arrive_whole_and_in_order, sim),
        ON_RIG(bytes_arrive_whole_and_in_order, file),
        ON_RIG(bytes_arrive_whole_and_in_order, serial),
        ON_RIG(bytes_arrive_whole_and_in_order, tcp),
        ON_RIG(a_printer_that_is_well_says_so, sim),
        ON_RIG(a_printer_that_is_well_says_so, file),
        ON_RIG(a_printer_that_is_well_says_so, serial),
        ON_RIG(a_printer_that_is_well_says_so, tcp),
        ON_RIG(an_open_cover_and_no_paper_are_told, sim),
        ON_RIG(an_open_cover_and_no_paper_are_told, serial),
        ON_RIG(an_open_cover_and_no_paper_are_told, tcp),
        ON_RIG(an_unplugged_printer_says_so, sim),
        ON_RIG(an_unplugged_printer_says_so, serial),
        ON_RIG(an_unplugged_printer_says_so, tcp),
        ON_RIG(stopping_ends_a_question_nobody_answers, serial),
        ON_RIG(stopping_ends_a_question_nobody_answers, tcp),
        ON_RIG(a_printer_that_hung_up_between_jobs_is_called_again, tcp),
        ON_RIG(the_simulated_printer_without_paper_prints_nothing, sim),
        cmocka_unit_test(a_printer_that_is_not_there_says_why),
        cmocka_unit_test(status_answers_are_read_bit_by_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
