#include "cmocka_all.h"
#include "platform/file.h"
#include "platform/unixsock.h"
#include "tempdir.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct fixture {
    struct tempdir dir;
    char path[128];
    struct line_server *server;
    struct buffer reply;
};

/* Answers with the line turned round; "drop" drops. */
static int turn_round(void *context, const char *line, size_t len, struct buffer *reply)
{
    (void)context;
    if (strcmp(line, "drop") == 0)
        return -EPROTO;
    for (size_t i = len; i > 0; i--) {
        int error = buffer_append(reply, line + i - 1, 1);
        if (error)
            return error;
    }
    return 0;
}

static int setup(void **state)
{
    static struct fixture fixture;
    tempdir_open(&fixture.dir);
    tempdir_path(&fixture.dir, "admin.sock", fixture.path);
    buffer_init(&fixture.reply, 1 << 20);
    struct line_server_options options = {
        .path = fixture.path, .max_line = 1000, .max_clients = 2, .handler = turn_round};
    *state = &fixture;
    return line_server_open(&options, &fixture.server);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    line_server_close(fixture->server);
    buffer_finish(&fixture->reply);
    tempdir_close(&fixture->dir);
    return 0;
}

static struct line_client *open_client(struct fixture *fixture)
{
    struct line_client *client = NULL;
    assert_int_equal(line_client_open(fixture->path, &client), 0);
    return client;
}

static void assert_answer(struct fixture *fixture, struct line_client *client, const char *line, const char *answer)
{
    assert_int_equal(line_client_call(client, line, 5000, &fixture->reply), 0);
    assert_string_equal(buffer_text(&fixture->reply), answer);
}

static void each_line_gets_its_answer_on_every_connection(void **state)
{
    struct fixture *fixture = *state;
    struct line_client *first = open_client(fixture);
    struct line_client *second = open_client(fixture);
    for (int i = 0; i < 3; i++) {
        assert_answer(fixture, first, "abc", "cba");
        assert_answer(fixture, second, "{\"x\":1}", "}1:\"x\"{");
        assert_answer(fixture, first, "", "");
    }
    line_client_close(first);
    line_client_close(second);
}

static void the_socket_is_its_owners_alone_and_goes_with_the_server(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    struct line_client *client = NULL;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    line_server_close(fixture->server);
    fixture->server = NULL;
    assert_int_equal(stat(fixture->path, &status), -1);
    assert_int_equal(line_client_open(fixture->path, &client), -ENOENT);
}

static void a_line_over_the_limit_or_a_refusing_handler_drops_the_client_only(void **state)
{
    struct fixture *fixture = *state;
    char line[1002];
    struct line_client *good = open_client(fixture);
    struct line_client *bad = open_client(fixture);
    memset(line, 'a', sizeof(line));
    line[1000] = '\0';
    assert_int_equal(line_client_call(bad, line, 5000, &fixture->reply), 0);
    assert_int_equal(fixture->reply.len, 1000);
    line[1000] = 'a';
    line[1001] = '\0';
    assert_int_equal(line_client_call(bad, line, 5000, &fixture->reply), -EPIPE);
    line_client_close(bad);
    assert_answer(fixture, good, "abc", "cba");
    bad = open_client(fixture);
    assert_int_equal(line_client_call(bad, "drop", 5000, &fixture->reply), -EPIPE);
    line_client_close(bad);
    assert_answer(fixture, good, "abc", "cba");
    line_client_close(good);
}

static void one_client_too_many_is_turned_away(void **state)
{
    struct fixture *fixture = *state;
    struct line_client *clients[3];
    clients[0] = open_client(fixture);
    clients[1] = open_client(fixture);
    assert_answer(fixture, clients[0], "a", "a");
    assert_answer(fixture, clients[1], "b", "b");
    clients[2] = open_client(fixture);
    assert_int_equal(line_client_call(clients[2], "c", 5000, &fixture->reply), -EPIPE);
    for (int i = 0; i < 3; i++)
        line_client_close(clients[i]);
}

static void lines_sent_in_pieces_and_in_one_go_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[64];
    size_t got = 0;
    memcpy(address.sun_path, fixture->path, strlen(fixture->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, "ab", 2, 0), 2);
    assert_int_equal(send(fd, "c\n12\n3", 6, 0), 6);
    assert_int_equal(send(fd, "4\n", 2, 0), 2);
    while (got < 10) {
        ssize_t more = recv(fd, answer + got, sizeof(answer) - got, 0);
        assert_true(more > 0);
        got += (size_t)more;
    }
    assert_int_equal(got, 10);
    assert_memory_equal(answer, "cba\n21\n43\n", 10);
    close(fd);
}

static void a_stale_socket_is_replaced_and_anything_else_respected(void **state)
{
    struct fixture *fixture = *state;
    struct line_server *second = NULL;
    char stale[128], file[128], linked[128];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct line_server_options options = {.path = fixture->path, .handler = turn_round};
    assert_int_equal(line_server_open(&options, &second), -EADDRINUSE);

    options.path = tempdir_path(&fixture->dir, "stale.sock", stale);
    memcpy(address.sun_path, stale, strlen(stale) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(line_server_open(&options, &second), 0);
    line_server_close(second);

    options.path = tempdir_path(&fixture->dir, "file", file);
    assert_int_equal(file_write_atomic(file, "kept", 4, 0600), 0);
    assert_int_equal(line_server_open(&options, &second), -EEXIST);
    options.path = tempdir_path(&fixture->dir, "link", linked);
    assert_int_equal(symlink(file, linked), 0);
    assert_int_equal(line_server_open(&options, &second), -EEXIST);
    assert_int_equal(access(file, F_OK), 0);

    char long_path[200];
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    options.path = long_path;
    assert_int_equal(line_server_open(&options, &second), -ENAMETOOLONG);
}

static void an_answer_over_the_callers_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct buffer small;
    struct line_client *client = open_client(fixture);
    buffer_init(&small, 3);
    assert_int_equal(line_client_call(client, "abcd", 5000, &small), -E2BIG);
    buffer_finish(&small);
    line_client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_line_gets_its_answer_on_every_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(the_socket_is_its_owners_alone_and_goes_with_the_server, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_over_the_limit_or_a_refusing_handler_drops_the_client_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_client_too_many_is_turned_away, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_sent_in_pieces_and_in_one_go_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced_and_anything_else_respected, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_over_the_callers_limit_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
