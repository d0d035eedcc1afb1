#include "cmocka_all.h"
#include "platform/buffer.h"
#include "platform/encoding.h"
#include "platform/file.h"
#include "platform/keys.h"
#include "platform/tls.h"
#include "tempdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int setup(void **state)
{
    static struct tempdir dir;
    tempdir_open(&dir);
    *state = &dir;
    return 0;
}

static int teardown(void **state)
{
    tempdir_close(*state);
    return 0;
}

/* The first line that a command prints. */
static void run(const char *command, char out[256])
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    if (!fgets(out, 256, pipe))
        out[0] = '\0';
    pclose(pipe);
    out[strcspn(out, "\n")] = '\0';
}

static void the_pin_is_what_openssl_computes(void **state)
{
    struct tls_identity identity;
    char path[128], command[512], pin[256], expected[300], from_pem[TLS_PIN_CAP];
    assert_int_equal(tls_identity_make("central", &identity), 0);
    tempdir_path(*state, "cert.pem", path);
    assert_int_equal(file_write_atomic(path, identity.certificate_pem, strlen(identity.certificate_pem), 0600), 0);
    snprintf(command, sizeof(command),
             "openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform der"
             " | openssl dgst -sha256 -binary | openssl base64",
             path);
    run(command, pin);
    snprintf(expected, sizeof(expected), "sha256//%s", pin);
    assert_string_equal(identity.pin, expected);
    assert_int_equal(tls_pin_from_pem(identity.certificate_pem, from_pem), 0);
    assert_string_equal(from_pem, expected);
    tls_identity_finish(&identity);
}

static void the_certificate_is_p256_and_valid_from_1970_to_9999(void **state)
{
    struct tls_identity identity;
    char path[128], command[512], line[256];
    assert_int_equal(tls_identity_make("store-7", &identity), 0);
    tempdir_path(*state, "cert.pem", path);
    assert_int_equal(file_write_atomic(path, identity.certificate_pem, strlen(identity.certificate_pem), 0600), 0);
    snprintf(command, sizeof(command), "openssl x509 -in %s -noout -startdate", path);
    run(command, line);
    assert_string_equal(line, "notBefore=Jan  1 00:00:00 1970 GMT");
    snprintf(command, sizeof(command), "openssl x509 -in %s -noout -enddate", path);
    run(command, line);
    assert_string_equal(line, "notAfter=Dec 31 23:59:59 9999 GMT");
    snprintf(command, sizeof(command), "openssl x509 -in %s -noout -text | grep -c -e prime256v1 -e 'CN = store-7'",
             path);
    run(command, line);
    assert_string_equal(line, "3"); /* the curve, the issuer and the subject */
    snprintf(command, sizeof(command), "openssl verify -CAfile %s -partial_chain %s | grep -o OK", path, path);
    run(command, line);
    assert_string_equal(line, "OK");
    tls_identity_finish(&identity);
}

static void an_identity_is_made_once_and_kept_private(void **state)
{
    struct tls_identity made, loaded;
    struct stat status;
    char path[128];
    tempdir_path(*state, "tls.pem", path);
    assert_int_equal(tls_identity_load_or_make(path, "central", &made), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(tls_identity_load_or_make(path, "central", &loaded), 0);
    assert_string_equal(made.pin, loaded.pin);
    assert_string_equal(made.key_pem, loaded.key_pem);
    assert_string_equal(made.certificate_pem, loaded.certificate_pem);
    tls_identity_finish(&loaded);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(tls_identity_load_or_make(path, "central", &loaded), -EPERM);
    tls_identity_finish(&made);
    tls_identity_finish(&made);
}

static void a_damaged_or_mixed_up_file_is_refused_and_kept(void **state)
{
    struct tls_identity first, second, loaded;
    char path[128];
    struct buffer mixed;
    tempdir_path(*state, "tls.pem", path);
    assert_int_equal(tls_identity_make("a", &first), 0);
    assert_int_equal(tls_identity_make("b", &second), 0);
    assert_string_not_equal(first.pin, second.pin);
    buffer_init(&mixed, 65536);
    assert_int_equal(buffer_append_text(&mixed, first.key_pem), 0);
    assert_int_equal(buffer_append_text(&mixed, second.certificate_pem), 0);
    const char *const bad[] = {buffer_text(&mixed), first.key_pem, first.certificate_pem, "", "garbage"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(file_write_atomic(path, bad[i], strlen(bad[i]), 0600), 0);
        assert_int_equal(tls_identity_load_or_make(path, "central", &loaded), -EBADMSG);
    }
    assert_int_equal(tls_pin_from_pem("garbage", loaded.pin), -EBADMSG);
    buffer_finish(&mixed);
    tls_identity_finish(&first);
    tls_identity_finish(&second);
}

/* Who knows the public key knows the pin, without having seen the certificate. */
static void an_identity_of_an_ed25519_key_has_the_pin_of_its_public_key(void **state)
{
    static const uint8_t seed[TLS_ED25519_LEN] = {1, 2, 3};
    struct key_pair pair, other;
    struct tls_identity identity, again;
    uint8_t pin[TLS_ED25519_LEN];
    char base64[64], expected[80], path[128], command[512], line[256];
    key_pair_from_seed(&pair, seed);
    assert_int_equal(tls_identity_from_ed25519(seed, "terminal", &identity), 0);
    assert_int_equal(tls_identity_from_ed25519(seed, "terminal", &again), 0);
    tls_ed25519_pin(pair.public_key, pin);
    base64_encode(pin, sizeof(pin), base64, sizeof(base64));
    snprintf(expected, sizeof(expected), "sha256//%s", base64);
    assert_string_equal(identity.pin, expected);
    assert_string_equal(again.pin, expected);
    tempdir_path(*state, "ed.pem", path);
    assert_int_equal(file_write_atomic(path, identity.certificate_pem, strlen(identity.certificate_pem), 0600), 0);
    snprintf(command, sizeof(command), "openssl verify -CAfile %s -partial_chain %s | grep -o OK", path, path);
    run(command, line);
    assert_string_equal(line, "OK");
    key_pair_from_seed(&other, (const uint8_t[TLS_ED25519_LEN]){9});
    tls_ed25519_pin(other.public_key, pin);
    base64_encode(pin, sizeof(pin), base64, sizeof(base64));
    assert_null(strstr(expected, base64));
    tls_identity_finish(&identity);
    tls_identity_finish(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_pin_is_what_openssl_computes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_certificate_is_p256_and_valid_from_1970_to_9999, setup, teardown),
        cmocka_unit_test_setup_teardown(an_identity_is_made_once_and_kept_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_or_mixed_up_file_is_refused_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(an_identity_of_an_ed25519_key_has_the_pin_of_its_public_key, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
