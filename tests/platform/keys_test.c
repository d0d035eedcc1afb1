#include "cmocka_all.h"
#include "platform/encoding.h"
#include "platform/file.h"
#include "platform/keys.h"
#include "tempdir.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void from_hex(const char *text, uint8_t *out, size_t len)
{
    size_t got;
    assert_int_equal(hex_decode(text, strlen(text), out, len, &got), 0);
    assert_int_equal(got, len);
}

/* RFC 8032, 7.1, TEST 2. */
static void a_known_seed_gives_the_standards_key_and_signature(void **state)
{
    (void)state;
    uint8_t seed[32], public_key[32], expected[64], made[64];
    struct key_pair pair;
    from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed, sizeof(seed));
    from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", public_key, sizeof(public_key));
    from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
             expected, sizeof(expected));
    key_pair_from_seed(&pair, seed);
    key_sign(&pair, "\x72", 1, made);
    assert_memory_equal(pair.public_key, public_key, sizeof(public_key));
    assert_memory_equal(made, expected, sizeof(expected));
    assert_true(key_verify(public_key, "\x72", 1, made));
    assert_false(key_verify(public_key, "\x73", 1, made));
    made[5] ^= 1;
    assert_false(key_verify(public_key, "\x72", 1, made));
}

/* printf '<public key in hex>' | xxd -r -p | sha256sum | cut -c1-32 | xxd -r -p | basenc --base64url */
static void the_key_id_is_the_prefix_of_the_public_keys_hash(void **state)
{
    (void)state;
    uint8_t public_key[32];
    char id[KEY_ID_LEN + 1];
    from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", public_key, sizeof(public_key));
    key_id(public_key, id);
    assert_string_equal(id, "OfcT0KZEJT8EUpQhufUbmw");
}

static void a_key_is_made_once_and_loaded_ever_after(void **state)
{
    char path[128];
    struct key_pair made, loaded;
    struct stat status;
    bool was_made = false;
    tempdir_path(*state, "terminal.key", path);
    assert_int_equal(key_pair_load(&loaded, path), -ENOENT);
    assert_int_equal(key_pair_load_or_make(&made, path, random_real(), &was_made), 0);
    assert_true(was_made);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(key_pair_load_or_make(&loaded, path, random_real(), &was_made), 0);
    assert_false(was_made);
    assert_memory_equal(&made, &loaded, sizeof(made));
    assert_int_equal(key_pair_save(&made, path), -EEXIST);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    char path[128], link_path[128];
    struct key_pair pair;
    tempdir_path(*state, "terminal.key", path);
    tempdir_path(*state, "link.key", link_path);
    key_pair_make(&pair, random_real());
    assert_int_equal(key_pair_save(&pair, path), 0);
    static const mode_t open_modes[] = {0640, 0604, 0610, 0666};
    for (size_t i = 0; i < ARRAY_LEN(open_modes); i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(key_pair_load(&pair, path), -EPERM);
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(key_pair_load(&pair, path), 0);
    assert_int_equal(symlink(path, link_path), 0);
    assert_int_equal(key_pair_load(&pair, link_path), -ELOOP);
    assert_int_equal(key_pair_load(&pair, ((struct tempdir *)*state)->path), -EINVAL);
}

static void a_damaged_key_file_is_refused_and_the_output_untouched(void **state)
{
    char path[128];
    char text[80];
    struct key_pair pair, before;
    memset(&pair, 0x5A, sizeof(pair));
    before = pair;
    tempdir_path(*state, "terminal.key", path);
    memset(text, 'a', sizeof(text));
    text[64] = '\n';
    assert_int_equal(file_write_atomic(path, text, 64, 0600), 0);
    assert_int_equal(key_pair_load(&pair, path), -EBADMSG);
    assert_int_equal(file_write_atomic(path, text, 66, 0600), 0);
    assert_int_equal(key_pair_load(&pair, path), -EBADMSG);
    assert_int_equal(file_write_atomic(path, text + 2, 63, 0600), 0);
    assert_int_equal(key_pair_load(&pair, path), -EBADMSG);
    text[3] = 'x';
    assert_int_equal(file_write_atomic(path, text, 65, 0600), 0);
    assert_int_equal(key_pair_load_or_make(&pair, path, random_real(), NULL), -EBADMSG);
    assert_memory_equal(&pair, &before, sizeof(pair));
    text[3] = 'a';
    assert_int_equal(file_write_atomic(path, text, 65, 0600), 0);
    assert_int_equal(key_pair_load(&pair, path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_seed_gives_the_standards_key_and_signature),
        cmocka_unit_test(the_key_id_is_the_prefix_of_the_public_keys_hash),
        cmocka_unit_test_setup_teardown(a_key_is_made_once_and_loaded_ever_after, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_key_file_is_refused_and_the_output_untouched, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
