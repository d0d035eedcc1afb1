#include "support.h"

#include "domain/base45.h"
#include "domain/enrolment.h"

static struct enrol_ticket sample_ticket(void)
{
    struct enrol_ticket ticket = {.url = "https://central.example:8443", .store = 12, .role = ROLE_BOTH};
    memset(ticket.server_pin, 0xa1, HASH_LEN);
    memset(ticket.root_hash, 0xb2, HASH_LEN);
    memset(ticket.secret, 0xc3, ENROL_SECRET_LEN);
    return ticket;
}

static void a_ticket_comes_back_whole(void **state)
{
    (void)state;
    struct enrol_ticket ticket = sample_ticket(), out;
    char text[ENROL_TEXT_MAX];
    assert_int_equal(enrol_ticket_encode(&ticket, text), 0);
    assert_memory_equal(text, "TSE1:", 5);
    assert_int_equal(enrol_ticket_decode(text, &out), 0);
    assert_memory_equal(&out, &ticket, sizeof out);
    assert_golden("enrol_ticket_v1", text, strlen(text));
}

static void the_longest_ticket_fits(void **state)
{
    (void)state;
    struct enrol_ticket ticket = sample_ticket(), out;
    char text[ENROL_TEXT_MAX];
    memset(ticket.url + 8, 'a', ENROL_URL_MAX - 9);
    ticket.url[ENROL_URL_MAX - 1] = 0;
    ticket.store = UINT32_MAX;
    assert_int_equal(enrol_ticket_encode(&ticket, text), 0);
    assert_int_equal(enrol_ticket_decode(text, &out), 0);
    assert_string_equal(out.url, ticket.url);
}

static void damaged_tickets_are_refused(void **state)
{
    (void)state;
    struct enrol_ticket ticket = sample_ticket(), out = {.store = 99};
    char text[ENROL_TEXT_MAX], longer[ENROL_TEXT_MAX * 2];
    assert_int_equal(enrol_ticket_encode(&ticket, text), 0);
    size_t len = strlen(text);
    for (size_t cut = 5; cut < len; cut++) {
        memcpy(longer, text, len);
        longer[cut] = 0;
        assert_int_equal(enrol_ticket_decode(longer, &out), -EBADMSG);
    }
    snprintf(longer, sizeof longer, "%s000", text);
    assert_int_equal(enrol_ticket_decode(longer, &out), -EBADMSG);
    memset(longer, '0', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    memcpy(longer, "TSE1:", 5);
    assert_int_equal(enrol_ticket_decode(longer, &out), -EBADMSG);
    static const char *const others[] = {"", "TSE", "TSC1:", "tse1:00", "TSE2:00"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(enrol_ticket_decode(others[i], &out), -EINVAL);
    assert_int_equal(out.store, 99);
}

static void senseless_tickets_are_not_made(void **state)
{
    (void)state;
    static const char *const urls[] = {"",
                                       "https://",
                                       "http://host",
                                       "https://a b",
                                       "https://\n",
                                       "https://evil@host",
                                       "https://host\\path",
                                       "https://h#x",
                                       "https://h\xc3\xa9"};
    char text[ENROL_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct enrol_ticket ticket = sample_ticket();
        snprintf(ticket.url, sizeof ticket.url, "%s", urls[i]);
        assert_int_equal(enrol_ticket_encode(&ticket, text), -EINVAL);
    }
    struct enrol_ticket ticket = sample_ticket();
    ticket.role = 4;
    assert_int_equal(enrol_ticket_encode(&ticket, text), -EINVAL);
    ticket = sample_ticket();
    ticket.store = 0;
    assert_int_equal(enrol_ticket_encode(&ticket, text), -EINVAL);
}

static void a_request_proves_the_secret_and_covers_all_it_says(void **state)
{
    (void)state;
    uint8_t secret[ENROL_SECRET_LEN] = {1}, other[ENROL_SECRET_LEN] = {2}, wire[256];
    size_t len;
    struct test_key key = test_key_make(3);
    struct enrol_request request = {.nonce = {4}, .hardware = "Raspberry Pi 4", .terminal = 7, .incarnation = 1}, out;
    memcpy(request.public_key, key.public_key, PUBLIC_KEY_LEN);
    enrol_request_seal(&request, secret, key.secret);
    assert_int_equal(enrol_request_encode(&request, wire, sizeof wire, &len), 0);
    assert_int_equal(enrol_request_decode(wire, len, &out), 0);
    assert_true(enrol_request_check(&out, secret));
    assert_false(enrol_request_check(&out, other));
    out.public_key[31] ^= 1;
    assert_false(enrol_request_check(&out, secret));
    out.public_key[31] ^= 1;
    out.nonce[15] ^= 1;
    assert_false(enrol_request_check(&out, secret));
    out.nonce[15] ^= 1;
    out.hardware[0] = 'X';
    assert_false(enrol_request_check(&out, secret));
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(enrol_request_decode(wire, cut, &out), -EBADMSG);
    assert_int_equal(enrol_request_encode(&request, wire, len - 1, &len), -ENOSPC);
}

static void a_request_is_of_the_key_that_it_names(void **state)
{
    (void)state;
    uint8_t secret[ENROL_SECRET_LEN] = {1};
    struct test_key key = test_key_make(3), other = test_key_make(5);
    struct enrol_request request = {.nonce = {4}, .hardware = "TS", .terminal = 7, .incarnation = 1}, out;
    memcpy(request.public_key, key.public_key, PUBLIC_KEY_LEN);
    enrol_request_seal(&request, secret, key.secret);
    assert_true(enrol_request_is_signed(&request));
    uint8_t *const covered[] = {out.secret_id,
                                out.public_key,
                                out.nonce,
                                out.mac,
                                (uint8_t *)out.hardware,
                                (uint8_t *)&out.terminal,
                                (uint8_t *)&out.incarnation};
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        out = request;
        covered[i][0] ^= 1;
        assert_false(enrol_request_is_signed(&out));
    }
    enrol_request_seal(&request, secret, other.secret); /* who has a ticket and has seen a public key */
    assert_true(enrol_request_check(&request, secret));
    assert_false(enrol_request_is_signed(&request));
    memset(request.signature, 0, sizeof request.signature); /* a version that did not sign */
    assert_false(enrol_request_is_signed(&request));
}

static void an_answer_comes_back_whole(void **state)
{
    (void)state;
    struct enrol_answer answer, out;
    uint8_t wire[128];
    size_t len;
    memset(&answer, 0, sizeof answer);
    answer.state = ENROL_CONFIRMED;
    answer.brand = 7;
    answer.store = 12;
    answer.terminal = 5;
    answer.incarnation = 1;
    answer.role = ROLE_COUNTER;
    memset(answer.root_key, 0xd4, PUBLIC_KEY_LEN);
    answer.server_ms = 1795255200000;
    assert_int_equal(enrol_answer_encode(&answer, wire, sizeof wire, &len), 0);
    assert_int_equal(enrol_answer_decode(wire, len, &out), 0);
    assert_memory_equal(&out, &answer, sizeof out);
    assert_int_equal(enrol_answer_decode("\xa0", 1, &out), -EBADMSG);
}

static int start(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_comes_back_whole),
        cmocka_unit_test(the_longest_ticket_fits),
        cmocka_unit_test(damaged_tickets_are_refused),
        cmocka_unit_test(senseless_tickets_are_not_made),
        cmocka_unit_test(a_request_proves_the_secret_and_covers_all_it_says),
        cmocka_unit_test(a_request_is_of_the_key_that_it_names),
        cmocka_unit_test(an_answer_comes_back_whole),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
