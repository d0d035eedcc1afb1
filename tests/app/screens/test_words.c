/* Every word is there in both languages, and every verdict has its sentence. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "domain/authority.h"
#include "domain/coupon.h"
#include "domain/credit.h"
#include "domain/scancode.h"
#include "samples.h"
#include "screens/verdict_words.h"
#include "screens/words.h"
#include "till/till.h"

static struct words *open_words(enum language language)
{
    struct words *words;
    assert_int_equal(words_open(SAMPLES_ASSETS_DIR, language, &words), 0);
    return words;
}

/* The names in braces, sorted by where they first stand in the alphabet of a bit set: order is free, the set is not. */
static uint64_t placeholders(const char *text)
{
    uint64_t set = 0;
    for (const char *open = strchr(text, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        assert_non_null(close);
        uint64_t hash = 0;
        for (const char *at = open + 1; at < close; at++) {
            hash = hash * 31 + (uint8_t)*at;
        }
        set += hash * hash;
    }
    return set;
}

static void every_message_is_translated_with_the_same_placeholders(void **state)
{
    (void)state;
    struct words *zh = open_words(LANGUAGE_ZH_CN);
    struct words *en = open_words(LANGUAGE_EN);
    assert_true(words_count(en) > 200);
    assert_int_equal(words_count(zh), words_count(en));
    for (size_t i = 0; i < words_count(en); i++) {
        const char *message;
        const char *english;
        words_entry(en, i, &message, &english);
        if (message[0] == '\0') {
            continue;
        }
        const char *chinese = words_find(zh, message);
        if (chinese == message || chinese[0] == '\0' || strcmp(english, message) != 0) {
            fail_msg("\"%s\" is not translated", message);
        }
        if (placeholders(message) != placeholders(chinese)) {
            fail_msg("\"%s\" and \"%s\" do not hold the same names", message, chinese);
        }
        assert_null(strchr(message, '%'));
    }
    words_close(zh);
    words_close(en);
}

static void every_sentence_of_the_verdict_table_is_translated(void **state)
{
    (void)state;
    struct words *zh = open_words(LANGUAGE_ZH_CN);
    for (size_t i = 0; verdict_line_at(i) != NULL; i++) {
        const struct verdict_line *line = verdict_line_at(i);
        assert_ptr_not_equal(words_find(zh, line->title), line->title);
        assert_ptr_not_equal(words_find(zh, line->sentence), line->sentence);
    }
    words_close(zh);
}

struct subject_codes {
    enum view_subject subject;
    int first, last;
};

static void every_verdict_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    static const struct subject_codes all[] = {
        {SUBJECT_COUPON, COUPON_OK, COUPON_VERDICTS - 1}, {SUBJECT_SALE, CREDIT_OK, CREDIT_VERDICTS - 1},
        {SUBJECT_VOID, VOID_OK, VOID_MOVED_ON},           {SUBJECT_MEMBER, TOKEN_GOOD, TOKEN_KEY_REVOKED},
        {SUBJECT_CODE, SCANCODE_EMPTY, SCANCODE_UNKNOWN}, {SUBJECT_ASKED, AUTHORITY_GRANTED, AUTHORITY_REFUSED},
        {SUBJECT_STORE, STORE_OK, STORE_BEHIND},
    };
    for (size_t s = 0; s < ARRAY_LEN(all); s++) {
        for (int code = all[s].first; code <= all[s].last; code++) {
            struct view_verdict verdict = {.subject = all[s].subject, .code = code};
            const struct verdict_line *line = verdict_line_of(&verdict);
            assert_int_equal(line->subject, all[s].subject);
            for (int other = all[s].first; other < code; other++) {
                struct view_verdict before = {.subject = all[s].subject, .code = other};
                if (verdict_line_of(&before) == line) {
                    fail_msg("subject %d: %d and %d say the same", all[s].subject, other, code);
                }
            }
        }
    }
}

static void what_is_known_goes_into_the_sentence(void **state)
{
    (void)state;
    struct view_verdict verdict = {.subject = SUBJECT_COUPON, .code = COUPON_ALREADY_USED};
    assert_null(strstr(verdict_line_of(&verdict)->sentence, "{when}"));
    snprintf(verdict.when, sizeof(verdict.when), "2026-11-20");
    assert_non_null(strstr(verdict_line_of(&verdict)->sentence, "{when}"));
    assert_null(strstr(verdict_line_of(&verdict)->sentence, "{where}"));
    snprintf(verdict.where, sizeof(verdict.where), "Xujiahui");
    assert_non_null(strstr(verdict_line_of(&verdict)->sentence, "{where}"));
}

static void a_full_disk_and_damaged_books_are_told_apart(void **state)
{
    (void)state;
    struct view_verdict full = {.subject = SUBJECT_BUSY, .error = ENOSPC};
    struct view_verdict damaged = {.subject = SUBJECT_BUSY, .error = EUCLEAN};
    struct view_verdict busy = {.subject = SUBJECT_BUSY, .error = EAGAIN};
    assert_string_not_equal(verdict_line_of(&full)->sentence, verdict_line_of(&damaged)->sentence);
    assert_string_not_equal(verdict_line_of(&full)->sentence, verdict_line_of(&busy)->sentence);
}

static void plural_forms_follow_the_language(void **state)
{
    (void)state;
    struct words *zh = open_words(LANGUAGE_ZH_CN);
    struct words *en = open_words(LANGUAGE_EN);
    assert_string_equal(words_plural(en, "{n} coupon", "{n} coupons", 1), "{n} coupon");
    assert_string_equal(words_plural(en, "{n} coupon", "{n} coupons", 0), "{n} coupons");
    assert_string_equal(words_plural(zh, "{n} coupon", "{n} coupons", 1),
                        words_plural(zh, "{n} coupon", "{n} coupons", 2));
    assert_string_equal(words_plural(en, "no such", "no suches", 2), "no suches");
    words_close(zh);
    words_close(en);
}

static void values_are_filled_in_and_cut_on_whole_characters(void **state)
{
    (void)state;
    char out[32];
    const struct word words[] = {{"a", "券"}, {"b", "{a}"}};
    words_fill(out, sizeof(out), "{a}-{b}-{c}-{", words, 2);
    assert_string_equal(out, "券-{a}-{c}-{");
    assert_int_equal(words_fill(out, 6, "x{a}{a}", words, 2), 4);
    assert_string_equal(out, "x券");
}

static void write_catalogue(const char *folder, const void *data, size_t len)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/locale/en/LC_MESSAGES/tillside.mo", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_catalogue_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/tillside-words-XXXXXX";
    char path[512];
    uint8_t data[64 * 1024];
    assert_non_null(mkdtemp(folder));
    static const char *const parts[] = {"", "/locale", "/locale/en", "/locale/en/LC_MESSAGES"};
    for (size_t i = 1; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof(path), "%s%s", folder, parts[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    struct words *words;
    assert_int_equal(words_open(folder, LANGUAGE_EN, &words), -ENOENT);
    FILE *file = fopen(SAMPLES_ASSETS_DIR "/locale/en/LC_MESSAGES/tillside.mo", "rb");
    assert_non_null(file);
    size_t len = fread(data, 1, sizeof(data), file);
    fclose(file);
    assert_in_range(len, 1000, sizeof(data) - 1);
    write_catalogue(folder, data, len / 2);
    assert_int_equal(words_open(folder, LANGUAGE_EN, &words), -EINVAL);
    write_catalogue(folder, "de12", 4);
    assert_int_equal(words_open(folder, LANGUAGE_EN, &words), -EINVAL);
    for (size_t at = 0; at < 28; at++) {
        uint8_t kept = data[at];
        data[at] ^= 0xFF;
        write_catalogue(folder, data, len);
        words = NULL;
        if (words_open(folder, LANGUAGE_EN, &words) == 0) {
            words_find(words, "Sale");
            words_close(words);
        }
        data[at] = kept;
    }
    snprintf(path, sizeof(path), "%s/locale/en/LC_MESSAGES/tillside.mo", folder);
    unlink(path);
    for (size_t i = ARRAY_LEN(parts); i-- > 0;) {
        snprintf(path, sizeof(path), "%s%s", folder, parts[i]);
        rmdir(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_translated_with_the_same_placeholders),
        cmocka_unit_test(every_sentence_of_the_verdict_table_is_translated),
        cmocka_unit_test(every_verdict_has_a_sentence_of_its_own),
        cmocka_unit_test(what_is_known_goes_into_the_sentence),
        cmocka_unit_test(a_full_disk_and_damaged_books_are_told_apart),
        cmocka_unit_test(plural_forms_follow_the_language),
        cmocka_unit_test(values_are_filled_in_and_cut_on_whole_characters),
        cmocka_unit_test(a_damaged_catalogue_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
