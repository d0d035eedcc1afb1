#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define ASK(line) line " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static const char *ask(struct http_fixture *fixture, const char *text, char out[4096])
{
    return http_fixture_raw(fixture, text, strlen(text), out, 4096);
}

static bool starts_with_status(const char *answer, int status)
{
    char expected[16];
    snprintf(expected, sizeof(expected), "HTTP/1.1 %d ", status);
    return strncmp(answer, expected, strlen(expected)) == 0;
}

static void parts_of_the_path_and_the_query_are_decoded_once(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct {
        const char *path;
        const char *answer;
    } cases[] = {
        {"/echo/1/x/2", "a=1 b=2 q=(none) none=(none)"},
        {"/echo/a%2Fb/x/%E5%88%B8", "a=a/b b=券 q=(none) none=(none)"},
        {"/echo/a+b/x/%2541?q=a+b%2B&r=1", "a=a+b b=%41 q=a b+ none=(none)"},
        {"/echo/1/x/2?q", "a=1 b=2 q= none=(none)"},
        {"/echo/1/x/2?q=1&q=2&none=", "a=1 b=2 q=1 none="},
        {"/echo/1/x/2?&&q=x&", "a=1 b=2 q=x none=(none)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[300];
        snprintf(expected, sizeof(expected), "GET %s %s from=127.0.0.1", cases[i].path, cases[i].answer);
        assert_int_equal(http_fixture_get(fixture, cases[i].path), 0);
        assert_int_equal(fixture->response.status, 200);
        assert_string_equal(buffer_text(&fixture->response.body), expected);
    }
}

static void each_wrong_request_has_its_status(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct {
        const char *text;
        int status;
        const char *contains;
    } cases[] = {
        {ASK("GET /hello"), 200, "\r\n\r\nhello"},
        {ASK("HEAD /hello"), 200, "Content-Length: 5\r\n"},
        {ASK("GET /nowhere"), 404, "{\"error\":\"not_found\"}"},
        {ASK("GET /hello/"), 404, "not_found"},
        {ASK("GET /"), 404, "application/json"},
        {ASK("PUT /hello"), 405, "Allow: GET, HEAD, DELETE\r\n"},
        {ASK("OPTIONS /body"), 405, "Allow: POST\r\n"},
        {ASK("GET /echo//x/2"), 404, "not_found"},
        {ASK("GET /hello%"), 400, "bad_target"},
        {ASK("GET /hello%0"), 400, "bad_target"},
        {ASK("GET /hello%zz"), 400, "bad_target"},
        {ASK("GET /hell%00o"), 400, "bad_target"},
        {ASK("GET /hello?x=%0A"), 400, "bad_target"},
        {ASK("GET http://x/hello"), 400, "bad_target"},
        {ASK("GET *"), 400, "bad_target"},
        {ASK("GET /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), 400, "bad_target"},
        {ASK("GET /bad-header"), 500, "internal"},
        {"GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", 400, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[4096];
        ask(fixture, cases[i].text, answer);
        if (!starts_with_status(answer, cases[i].status) || !strstr(answer, cases[i].contains))
            fail_msg("%s gave %s", cases[i].text, answer);
    }
}

static void a_head_request_gets_no_body(void **state)
{
    char answer[4096];
    ask(*state, ASK("HEAD /hello"), answer);
    assert_null(strstr(answer, "\r\n\r\nh"));
    ask(*state, ASK("HEAD /nowhere"), answer);
    assert_true(starts_with_status(answer, 404));
    assert_null(strstr(answer, "{"));
}

static void a_header_with_a_line_break_never_leaves(void **state)
{
    char answer[4096];
    ask(*state, ASK("GET /bad-header"), answer);
    assert_null(strstr(answer, "forged"));
}

static void the_rest_of_a_path_cannot_climb(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct {
        const char *text;
        const char *rest; /* NULL: 404 */
    } cases[] = {
        {ASK("GET /files/a/b.js"), "\r\n\r\na/b.js"},
        {ASK("GET /files/"), "\r\n\r\n"},
        {ASK("GET /files/dir/"), "\r\n\r\ndir/"},
        {ASK("GET /files/../secret"), NULL},
        {ASK("GET /files/a/%2e%2e/b"), NULL},
        {ASK("GET /files/..%2fsecret"), NULL},
        {ASK("GET /files/./a"), NULL},
        {ASK("GET /files//etc/passwd"), NULL},
        {ASK("GET /files"), NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[4096];
        ask(fixture, cases[i].text, answer);
        if (!starts_with_status(answer, cases[i].rest ? 200 : 404))
            fail_msg("%s gave %s", cases[i].text, answer);
        const char *found = cases[i].rest ? strstr(answer, "\r\n\r\n") : NULL;
        if (found)
            assert_string_equal(found, cases[i].rest);
    }
}

static void a_body_comes_through_up_to_the_routes_limit(void **state)
{
    struct http_fixture *fixture = *state;
    char body[1001];
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)i;
    assert_int_equal(http_fixture_post(fixture, "/body", body, 1000), 0);
    assert_int_equal(fixture->response.status, 201);
    assert_int_equal(fixture->response.body.len, 1000);
    assert_memory_equal(fixture->response.body.data, body, 1000);
    assert_int_equal(http_fixture_post(fixture, "/body", body, 0), 0);
    assert_int_equal(fixture->response.status, 201);
    assert_int_equal(fixture->response.body.len, 0);
    assert_int_equal(http_fixture_post(fixture, "/body", body, 1001), 0);
    assert_int_equal(fixture->response.status, 413);
    assert_string_equal(buffer_text(&fixture->response.body), "{\"error\":\"too_large\"}");
    assert_int_equal(http_fixture_post(fixture, "/body", body, 10), 0); /* the connection is still in order */
    assert_int_equal(fixture->response.status, 201);
}

static void a_route_without_a_body_refuses_one(void **state)
{
    char answer[4096];
    ask(*state, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", answer);
    assert_true(starts_with_status(answer, 413));
    ask(*state, "POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", answer);
    assert_true(starts_with_status(answer, 404));
}

static void a_gigabyte_is_refused_by_its_announcement(void **state)
{
    char answer[4096];
    ask(*state, "POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1073741824\r\n\r\nabc", answer);
    assert_true(starts_with_status(answer, 413));
}

static void an_endless_chunked_body_is_cut_off(void **state)
{
    struct http_fixture *fixture = *state;
    static const char head[] = "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct buffer text;
    char chunk[4096 + 1], answer[4096];
    snprintf(chunk, sizeof(chunk), "%4096s", "x");
    buffer_init(&text, 1 << 20);
    assert_int_equal(buffer_append_text(&text, head), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(buffer_append_text(&text, "1000\r\n"), 0);
        assert_int_equal(buffer_append_text(&text, chunk), 0);
        assert_int_equal(buffer_append_text(&text, "\r\n"), 0);
    }
    http_fixture_raw(fixture, text.data, text.len, answer, sizeof(answer));
    assert_null(strstr(answer, "HTTP/1.1 2"));
    buffer_finish(&text);
    assert_int_equal(http_fixture_get(fixture, "/hello"), 0);
    assert_int_equal(fixture->response.status, 200);
}

static void a_small_chunked_body_is_read(void **state)
{
    char answer[4096];
    ask(*state,
        "POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        answer);
    assert_true(starts_with_status(answer, 201));
    assert_non_null(strstr(answer, "\r\n\r\nabcde"));
}

struct bytes {
    const char *data;
    size_t len;
};

/* A literal with its NUL bytes, without the one at its end. */
#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

static void assert_serves(struct http_fixture *fixture)
{
    assert_int_equal(http_fixture_get(fixture, "/hello"), 0);
    assert_int_equal(fixture->response.status, 200);
}

static void malformed_requests_are_refused_and_the_next_one_served(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct bytes cases[] = {
        BYTES("GET /hello\0 HTTP/1.1\r\n\r\n"),
        BYTES("GET /hello HTTP/9.9\r\nHost: x\r\n\r\n"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        BYTES("GET /hello HTTP/1.1\r\nHost x\r\n: y\r\n\r\n"),
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[4096];
        http_fixture_raw(fixture, cases[i].data, cases[i].len, answer, sizeof(answer));
        if (strncmp(answer, "HTTP/1.1 4", 10) != 0 && strncmp(answer, "HTTP/1.1 505", 12) != 0)
            fail_msg("case %zu gave %s", i, answer);
        assert_serves(fixture);
    }
}

static void a_body_of_two_lengths_hides_no_second_request(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct bytes cases[] = {
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 40\r\n\r\nabc"
              "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
              "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[4096];
        http_fixture_raw(fixture, cases[i].data, cases[i].len, answer, sizeof(answer));
        if (!starts_with_status(answer, 400) || strstr(answer + 1, "HTTP/1.1") != NULL)
            fail_msg("case %zu gave %s", i, answer);
        assert_serves(fixture);
    }
}

static void requests_that_break_off_do_not_disturb_the_next_one(void **state)
{
    struct http_fixture *fixture = *state;
    static const struct bytes cases[] = {
        BYTES(""),
        BYTES("\r\n\r\n\r\n"),
        BYTES("GET"),
        BYTES("\0\0\0\0"),
        BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), /* a TLS hello on the plain port */
        BYTES("GET /hello HTTP/1.1\r\nHost: x"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"),
        BYTES("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"),
        BYTES("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        http_fixture_slam(fixture, cases[i].data, cases[i].len);
        assert_serves(fixture);
    }
}

static void more_headers_than_anyone_needs_are_refused(void **state)
{
    char text[8192] = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    char answer[4096];
    size_t len = strlen(text);
    for (int i = 0; i < 70; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "X-%d: y\r\n", i);
    snprintf(text + len, sizeof(text) - len, "\r\n");
    ask(*state, text, answer);
    assert_true(starts_with_status(answer, 400));
}

static void a_busy_port_is_told_at_once(void **state)
{
    struct http_fixture *fixture = *state;
    struct http_server *second = NULL;
    struct http_server_options options = {.port = http_server_port(fixture->server)};
    assert_int_equal(http_server_open(&options, &second), -EADDRINUSE);
    options = (struct http_server_options){.address = "not an address"};
    assert_int_equal(http_server_open(&options, &second), -EINVAL);
    options = (struct http_server_options){.address = "192.0.2.1"};
    assert_int_equal(http_server_open(&options, &second), -EADDRNOTAVAIL);
}

static void a_server_listens_on_the_loopback_of_either_family(void **state)
{
    (void)state;
    struct http_server *server = NULL;
    struct http_server_options options = {.address = "::1", .threads = 1};
    int error = http_server_open(&options, &server);
    if (error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT)
        skip(); /* a machine without IPv6 */
    assert_int_equal(error, 0);
    assert_true(http_server_port(server) > 0);
    http_server_close(server);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, http_fixture_setup, http_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(parts_of_the_path_and_the_query_are_decoded_once),
        WITH_SERVER(each_wrong_request_has_its_status),
        WITH_SERVER(a_head_request_gets_no_body),
        WITH_SERVER(a_header_with_a_line_break_never_leaves),
        WITH_SERVER(the_rest_of_a_path_cannot_climb),
        WITH_SERVER(a_body_comes_through_up_to_the_routes_limit),
        WITH_SERVER(a_route_without_a_body_refuses_one),
        WITH_SERVER(a_gigabyte_is_refused_by_its_announcement),
        WITH_SERVER(an_endless_chunked_body_is_cut_off),
        WITH_SERVER(a_small_chunked_body_is_read),
        WITH_SERVER(malformed_requests_are_refused_and_the_next_one_served),
        WITH_SERVER(a_body_of_two_lengths_hides_no_second_request),
        WITH_SERVER(requests_that_break_off_do_not_disturb_the_next_one),
        WITH_SERVER(more_headers_than_anyone_needs_are_refused),
        WITH_SERVER(a_busy_port_is_told_at_once),
        cmocka_unit_test(a_server_listens_on_the_loopback_of_either_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
