#include "cmocka_all.h"
#include "platform/buffer.h"
#include "platform/encoding.h"
#include "platform/signature.h"

#include <stdio.h>
#include <string.h>

#define NOW_S INT64_C(1769850900)

struct fixture {
    struct key_pair pair;
    struct sim_random random;
    struct signature_message message;
    struct signature_params params;
    struct signature_policy policy;
    struct signature_headers headers;
    int lookup_error;
};

static int lookup(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN])
{
    const struct fixture *fixture = context;
    if (fixture->lookup_error)
        return fixture->lookup_error;
    if (strcmp(key_id, fixture->pair.id) != 0)
        return -ENOENT;
    memcpy(out_public_key, fixture->pair.public_key, KEY_PUBLIC_LEN);
    return 0;
}

static int setup(void **state)
{
    static struct fixture fixture;
    static const char body[] = "records";
    fixture = (struct fixture){0};
    sim_random_init(&fixture.random, 1);
    key_pair_make(&fixture.pair, &fixture.random.base);
    fixture.message = (struct signature_message){"POST", "/v1/journal?store=7&x=%2F", {(const uint8_t *)body, 7}};
    fixture.params.created_s = NOW_S;
    snprintf(fixture.params.tag, sizeof(fixture.params.tag), "tillside-sync");
    signature_nonce_make(&fixture.random.base, fixture.params.nonce);
    fixture.policy = (struct signature_policy){
        .now_s = NOW_S, .max_skew_s = 300, .tag = "tillside-sync", .lookup = lookup, .context = &fixture};
    assert_int_equal(signature_sign(&fixture.message, &fixture.params, &fixture.pair, &fixture.headers), 0);
    *state = &fixture;
    return 0;
}

static enum signature_verdict verdict_of(const struct fixture *fixture)
{
    struct signature_params params;
    enum signature_verdict verdict;
    assert_int_equal(signature_verify(&fixture->message, &fixture->headers, &fixture->policy, &params, &verdict), 0);
    return verdict;
}

/*
 * RFC 9421, B.2.6: the standard's own message, key (B.1.4) and signature. Ed25519 has one signature per key and
 * message, so the base is right to the byte if the signature is.
 */
static void the_standards_example_gives_the_standards_signature(void **state)
{
    (void)state;
    static const struct signature_component components[] = {
        {"date", "Tue, 20 Apr 2021 02:07:55 GMT"},
        {"@method", "POST"},
        {"@path", "/foo"},
        {"@authority", "example.com"},
        {"content-type", "application/json"},
        {"content-length", "18"},
    };
    static const char params[] = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")"
                                 ";created=1618884473;keyid=\"test-key-ed25519\"";
    static const char seed_hex[] = "9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5";
    uint8_t seed[32], signature[KEY_SIGNATURE_LEN];
    char base64[BASE64_CAP(KEY_SIGNATURE_LEN)];
    size_t len;
    struct key_pair pair;
    struct buffer base;
    assert_int_equal(hex_decode(seed_hex, 64, seed, sizeof(seed), &len), 0);
    key_pair_from_seed(&pair, seed);
    buffer_init(&base, 4096);
    assert_int_equal(signature_base(components, ARRAY_LEN(components), params, &base), 0);
    key_sign(&pair, base.data, base.len, signature);
    base64_encode(signature, sizeof(signature), base64, sizeof(base64));
    assert_string_equal(base64,
                        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");
    buffer_finish(&base);
}

/* RFC 9530, appendix D, and the empty body by sha256sum. */
static void the_content_digest_is_the_standards(void **state)
{
    (void)state;
    static const char text[] = "{\"hello\": \"world\"}";
    char digest[SIGNATURE_DIGEST_CAP];
    signature_content_digest((struct slice){(const uint8_t *)text, strlen(text)}, digest);
    assert_string_equal(digest, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    signature_content_digest((struct slice){NULL, 0}, digest);
    assert_string_equal(digest, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
}

static void what_was_signed_is_valid_and_names_key_and_nonce(void **state)
{
    struct fixture *fixture = *state;
    struct signature_params params;
    enum signature_verdict verdict;
    assert_int_equal(signature_verify(&fixture->message, &fixture->headers, &fixture->policy, &params, &verdict), 0);
    assert_int_equal(verdict, SIGNATURE_VALID);
    assert_string_equal(params.key_id, fixture->pair.id);
    assert_string_equal(params.nonce, fixture->params.nonce);
    assert_string_equal(params.tag, "tillside-sync");
    assert_int_equal(params.created_s, NOW_S);
}

/* What openssl would be given: the base in full, written out by hand. */
static void the_signature_covers_exactly_the_profile(void **state)
{
    struct fixture *fixture = *state;
    char base[1024];
    uint8_t signature[KEY_SIGNATURE_LEN];
    size_t len;
    snprintf(base, sizeof(base),
             "\"@method\": POST\n\"@path\": /v1/journal\n\"@query\": ?store=7&x=%%2F\n\"content-digest\": %s\n"
             "\"@signature-params\": (\"@method\" \"@path\" \"@query\" \"content-digest\")"
             ";created=1769850900;keyid=\"%s\";nonce=\"%s\";tag=\"tillside-sync\"",
             fixture->headers.content_digest, fixture->pair.id, fixture->params.nonce);
    const char *value = fixture->headers.signature + strlen("sig=:");
    assert_int_equal(base64_decode(value, strlen(value) - 1, signature, sizeof(signature), &len), 0);
    assert_true(key_verify(fixture->pair.public_key, base, strlen(base), signature));
}

static void a_target_without_a_query_is_signed_as_a_question_mark(void **state)
{
    struct fixture *fixture = *state;
    fixture->message.target = "/v1/feed";
    fixture->message.body = (struct slice){NULL, 0};
    assert_int_equal(signature_sign(&fixture->message, &fixture->params, &fixture->pair, &fixture->headers), 0);
    assert_int_equal(verdict_of(fixture), SIGNATURE_VALID);
    fixture->message.target = "/v1/feed?";
    assert_int_equal(verdict_of(fixture), SIGNATURE_VALID); /* RFC 9421, 2.2.7: an absent query is "?" too */
    fixture->message.target = "/v1/feed?a";
    assert_int_equal(verdict_of(fixture), SIGNATURE_INVALID);
}

static void another_method_target_body_or_tag_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct signature_message good = fixture->message;
    fixture->message.method = "PUT";
    assert_int_equal(verdict_of(fixture), SIGNATURE_INVALID);
    static const char *const targets[] = {"/v1/journal?store=8&x=%2F", "/v1/journal?store=7&x=/", "/v1/journal",
                                          "/v1/journak?store=7&x=%2F", "//v1/journal?store=7&x=%2F"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        fixture->message = good;
        fixture->message.target = targets[i];
        assert_int_equal(verdict_of(fixture), SIGNATURE_INVALID);
    }
    fixture->message = good;
    fixture->message.body.len--;
    assert_int_equal(verdict_of(fixture), SIGNATURE_DIGEST_MISMATCH);
    fixture->message = good;
    fixture->policy.tag = "tillside-lan";
    assert_int_equal(verdict_of(fixture), SIGNATURE_WRONG_TAG);
}

/* Each character of each header in turn, replaced by a few others: never valid, unless it means the same. */
static void a_change_anywhere_in_the_headers_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct signature_headers good = fixture->headers;
    char *const headers[] = {fixture->headers.content_digest, fixture->headers.signature_input,
                             fixture->headers.signature};
    for (size_t h = 0; h < ARRAY_LEN(headers); h++) {
        for (size_t i = 0; headers[h][i]; i++) {
            for (const char *other = "A0\"; ,"; *other; other++) {
                char kept = headers[h][i];
                if (kept == *other)
                    continue;
                headers[h][i] = *other;
                assert_int_not_equal(verdict_of(fixture), SIGNATURE_VALID);
                headers[h][i] = kept;
            }
        }
    }
    assert_memory_equal(&good, &fixture->headers, sizeof(good));
    assert_int_equal(verdict_of(fixture), SIGNATURE_VALID);
}

/* Adds text behind a header value that has room for it. */
static void lengthen(char *value, const char *text)
{
    memcpy(value + strlen(value), text, strlen(text) + 1);
}

static void headers_cut_short_or_lengthened_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct signature_headers good = fixture->headers;
    for (size_t len = 0; len < strlen(good.signature_input); len++) {
        fixture->headers = good;
        fixture->headers.signature_input[len] = '\0';
        assert_int_equal(verdict_of(fixture), len ? SIGNATURE_MALFORMED : SIGNATURE_MISSING);
    }
    for (size_t len = 0; len < strlen(good.signature); len++) {
        fixture->headers = good;
        fixture->headers.signature[len] = '\0';
        assert_int_equal(verdict_of(fixture), len ? SIGNATURE_MALFORMED : SIGNATURE_MISSING);
    }
    fixture->headers = good;
    fixture->headers.content_digest[0] = '\0';
    assert_int_equal(verdict_of(fixture), SIGNATURE_MISSING);
    fixture->headers = good;
    lengthen(fixture->headers.signature, " ");
    assert_int_equal(verdict_of(fixture), SIGNATURE_MALFORMED);
    fixture->headers = good;
    lengthen(fixture->headers.signature_input, ";alg=\"ed25519\"");
    assert_int_equal(verdict_of(fixture), SIGNATURE_MALFORMED);
}

#define LIST "(\"@method\" \"@path\" \"@query\" \"content-digest\")"

static void inputs_outside_the_profile_are_malformed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const inputs[] = {
        "sig=" LIST,
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"n\"",
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"n\";nonce=\"n\"",
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"n\";tag=\"t\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=\"\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=-1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=1.5;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=9999999999999;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=\"k\\\"\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"n n\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=k;nonce=\"n\";tag=\"t\"",
        "sig=" LIST " ;created=1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"n\";tag=\"t\", sig2=" LIST,
        "sig=(\"@method\" \"@path\" \"@query\");created=1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=(\"@path\" \"@method\" \"@query\" \"content-digest\");created=1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "other=" LIST ";created=1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
        "sig=" LIST ";created=1;keyid=\"k\";nonce=\"0123456789012345678901234567890123456789abcd\";tag=\"t\"",
        "=" LIST ";created=1;keyid=\"k\";nonce=\"n\";tag=\"t\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        snprintf(fixture->headers.signature_input, SIGNATURE_INPUT_CAP, "%s", inputs[i]);
        assert_int_equal(verdict_of(fixture), SIGNATURE_MALFORMED);
    }
}

static void a_signature_of_another_length_is_malformed(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t bytes[KEY_SIGNATURE_LEN + 1] = {0};
    static const size_t lengths[] = {0, 1, KEY_SIGNATURE_LEN - 1, KEY_SIGNATURE_LEN + 1};
    char base64[BASE64_CAP(sizeof(bytes))];
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        base64_encode(bytes, lengths[i], base64, sizeof(base64));
        snprintf(fixture->headers.signature, SIGNATURE_VALUE_CAP, "sig=:%s:", base64);
        assert_int_equal(verdict_of(fixture), SIGNATURE_MALFORMED);
    }
}

static void parameters_may_come_in_another_order(void **state)
{
    struct fixture *fixture = *state;
    struct signature_headers *headers = &fixture->headers;
    char base[1024], base64[BASE64_CAP(KEY_SIGNATURE_LEN)];
    uint8_t signature[KEY_SIGNATURE_LEN];
    snprintf(headers->signature_input, sizeof(headers->signature_input),
             "s1=" LIST ";tag=\"tillside-sync\";nonce=\"abc\";keyid=\"%s\";created=%lld", fixture->pair.id,
             (long long)NOW_S);
    snprintf(base, sizeof(base),
             "\"@method\": POST\n\"@path\": /v1/journal\n\"@query\": ?store=7&x=%%2F\n\"content-digest\": %s\n"
             "\"@signature-params\": %s",
             headers->content_digest, headers->signature_input + 3);
    key_sign(&fixture->pair, base, strlen(base), signature);
    base64_encode(signature, sizeof(signature), base64, sizeof(base64));
    snprintf(headers->signature, sizeof(headers->signature), "s1=:%s:", base64);
    assert_int_equal(verdict_of(fixture), SIGNATURE_VALID);
}

static void a_clock_too_far_off_is_stale_either_way(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int64_t off_s;
        enum signature_verdict verdict;
    } cases[] = {{300, SIGNATURE_VALID},  {-300, SIGNATURE_VALID},      {301, SIGNATURE_STALE},
                 {-301, SIGNATURE_STALE}, {315360000, SIGNATURE_STALE}, {-NOW_S, SIGNATURE_STALE}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fixture->policy.now_s = NOW_S + cases[i].off_s;
        assert_int_equal(verdict_of(fixture), cases[i].verdict);
    }
    fixture->message.method = "PUT"; /* a wrong signature is never merely stale */
    assert_int_equal(verdict_of(fixture), SIGNATURE_INVALID);
}

static void an_unknown_key_is_a_verdict_and_a_failing_lookup_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct signature_params params;
    enum signature_verdict verdict = SIGNATURE_VALID;
    fixture->lookup_error = -ENOENT;
    assert_int_equal(verdict_of(fixture), SIGNATURE_UNKNOWN_KEY);
    fixture->lookup_error = -EIO;
    assert_int_equal(signature_verify(&fixture->message, &fixture->headers, &fixture->policy, &params, &verdict), -EIO);
    assert_int_equal(verdict, SIGNATURE_VALID);
}

static void another_keys_signature_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct key_pair other;
    key_pair_make(&other, &fixture->random.base);
    memcpy(fixture->params.key_id, fixture->pair.id, sizeof(fixture->pair.id)); /* pretends to be ours */
    assert_int_equal(signature_sign(&fixture->message, &fixture->params, &other, &fixture->headers), 0);
    assert_int_equal(verdict_of(fixture), SIGNATURE_INVALID);
}

static void signing_refuses_what_could_forge_a_base(void **state)
{
    struct fixture *fixture = *state;
    struct signature_headers out;
    const struct signature_message good = fixture->message;
    static const char *const targets[] = {"", "v1/feed", "/a\n\"@query\": ?", "/a b", "/\xC3\xA4"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        fixture->message.target = targets[i];
        assert_int_equal(signature_sign(&fixture->message, &fixture->params, &fixture->pair, &out), -EINVAL);
    }
    fixture->message = good;
    snprintf(fixture->params.tag, sizeof(fixture->params.tag), "a\"b");
    assert_int_equal(signature_sign(&fixture->message, &fixture->params, &fixture->pair, &out), -EINVAL);
}

static enum signature_verdict use_nonce_at(struct nonce_window *window, int64_t now_s, const char *nonce,
                                           int64_t created_s)
{
    struct signature_params params = {.created_s = created_s};
    struct signature_policy policy = {.now_s = now_s, .max_skew_s = 300};
    snprintf(params.nonce, sizeof(params.nonce), "%s", nonce);
    return nonce_window_check(window, &params, &policy);
}

static enum signature_verdict use_nonce(struct nonce_window *window, const char *nonce, int64_t created_s)
{
    return use_nonce_at(window, NOW_S, nonce, created_s);
}

static void a_nonce_works_once(void **state)
{
    (void)state;
    struct nonce_entry entries[4];
    struct nonce_window window;
    nonce_window_init(&window, entries, ARRAY_LEN(entries), INT64_MIN);
    assert_int_equal(use_nonce(&window, "a", NOW_S), SIGNATURE_VALID);
    assert_int_equal(use_nonce(&window, "b", NOW_S), SIGNATURE_VALID);
    assert_int_equal(use_nonce(&window, "a", NOW_S), SIGNATURE_REPLAYED);
    assert_int_equal(use_nonce(&window, "a", NOW_S + 5), SIGNATURE_REPLAYED);
    assert_int_equal(use_nonce(&window, "b", NOW_S), SIGNATURE_REPLAYED);
}

static void a_full_window_forgets_nothing_that_could_be_replayed(void **state)
{
    (void)state;
    struct nonce_entry entries[3];
    struct nonce_window window;
    char nonce[16];
    nonce_window_init(&window, entries, ARRAY_LEN(entries), INT64_MIN);
    for (int i = 0; i < 20; i++) {
        snprintf(nonce, sizeof(nonce), "n%d", i);
        assert_int_equal(use_nonce(&window, nonce, NOW_S - 100 + i), SIGNATURE_VALID);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(nonce, sizeof(nonce), "n%d", i);
        assert_int_equal(use_nonce(&window, nonce, NOW_S - 100 + i), i < 17 ? SIGNATURE_STALE : SIGNATURE_REPLAYED);
    }
    assert_int_equal(use_nonce(&window, "late", NOW_S - 95), SIGNATURE_STALE);
    assert_int_equal(use_nonce(&window, "new", NOW_S), SIGNATURE_VALID);
}

static void more_requests_in_a_second_than_the_window_holds_are_refused(void **state)
{
    (void)state;
    struct nonce_entry entries[2];
    struct nonce_window window;
    nonce_window_init(&window, entries, ARRAY_LEN(entries), INT64_MIN);
    assert_int_equal(use_nonce(&window, "a", NOW_S), SIGNATURE_VALID);
    assert_int_equal(use_nonce(&window, "b", NOW_S), SIGNATURE_VALID);
    assert_int_equal(use_nonce(&window, "c", NOW_S), SIGNATURE_STALE);
    assert_int_equal(use_nonce(&window, "a", NOW_S), SIGNATURE_STALE);
    assert_int_equal(use_nonce(&window, "d", NOW_S + 1), SIGNATURE_VALID);
}

static void a_floor_keeps_the_window_shut_over_a_restart(void **state)
{
    (void)state;
    struct nonce_entry entries[2];
    struct nonce_window window;
    nonce_window_init(&window, entries, ARRAY_LEN(entries), NOW_S);
    assert_int_equal(use_nonce(&window, "a", NOW_S), SIGNATURE_STALE);
    assert_int_equal(use_nonce(&window, "a", NOW_S + 1), SIGNATURE_VALID);
}

static void a_clock_that_was_ahead_begins_the_window_anew(void **state)
{
    (void)state;
    const int64_t ahead = NOW_S + 100000;
    struct nonce_entry entries[3];
    struct nonce_window window;
    nonce_window_init(&window, entries, ARRAY_LEN(entries), NOW_S);
    for (int i = 1; i <= 9; i++)
        assert_int_equal(use_nonce_at(&window, ahead + i, &"abcdefghi"[i - 1], ahead + i), SIGNATURE_VALID);
    assert_int_equal(use_nonce_at(&window, ahead - 200, "near", ahead - 190), SIGNATURE_STALE);
    assert_int_equal(use_nonce_at(&window, NOW_S + 50, "j", NOW_S + 50), SIGNATURE_STALE);
    assert_int_equal(use_nonce_at(&window, NOW_S + 50, "j", NOW_S + 51), SIGNATURE_VALID);
    assert_int_equal(use_nonce_at(&window, NOW_S + 52, "j", NOW_S + 51), SIGNATURE_REPLAYED);
    nonce_window_init(&window, entries, ARRAY_LEN(entries), ahead);
    assert_int_equal(use_nonce_at(&window, NOW_S, "k", NOW_S + 1), SIGNATURE_VALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example_gives_the_standards_signature),
        cmocka_unit_test(the_content_digest_is_the_standards),
        cmocka_unit_test_setup(what_was_signed_is_valid_and_names_key_and_nonce, setup),
        cmocka_unit_test_setup(the_signature_covers_exactly_the_profile, setup),
        cmocka_unit_test_setup(a_target_without_a_query_is_signed_as_a_question_mark, setup),
        cmocka_unit_test_setup(another_method_target_body_or_tag_is_refused, setup),
        cmocka_unit_test_setup(a_change_anywhere_in_the_headers_is_refused, setup),
        cmocka_unit_test_setup(headers_cut_short_or_lengthened_are_refused, setup),
        cmocka_unit_test_setup(inputs_outside_the_profile_are_malformed, setup),
        cmocka_unit_test_setup(a_signature_of_another_length_is_malformed, setup),
        cmocka_unit_test_setup(parameters_may_come_in_another_order, setup),
        cmocka_unit_test_setup(a_clock_too_far_off_is_stale_either_way, setup),
        cmocka_unit_test_setup(an_unknown_key_is_a_verdict_and_a_failing_lookup_an_error, setup),
        cmocka_unit_test_setup(another_keys_signature_is_refused, setup),
        cmocka_unit_test_setup(signing_refuses_what_could_forge_a_base, setup),
        cmocka_unit_test(a_nonce_works_once),
        cmocka_unit_test(a_clock_that_was_ahead_begins_the_window_anew),
        cmocka_unit_test(a_full_window_forgets_nothing_that_could_be_replayed),
        cmocka_unit_test(more_requests_in_a_second_than_the_window_holds_are_refused),
        cmocka_unit_test(a_floor_keeps_the_window_shut_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
