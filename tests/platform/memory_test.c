#include "cmocka_all.h"
#include "platform/arena.h"
#include "platform/buffer.h"

#include <string.h>

static void a_buffer_grows_up_to_its_ceiling_and_no_further(void **state)
{
    (void)state;
    struct buffer buffer;
    char block[300];
    memset(block, 'x', sizeof(block));
    buffer_init(&buffer, 1000);
    assert_string_equal(buffer_text(&buffer), "");
    for (int i = 0; i < 3; i++)
        assert_int_equal(buffer_append(&buffer, block, sizeof(block)), 0);
    assert_int_equal(buffer_append(&buffer, block, 101), -E2BIG);
    assert_int_equal(buffer.len, 900);
    assert_int_equal(buffer_append(&buffer, block, 100), 0);
    assert_int_equal(buffer.len, 1000);
    assert_int_equal(strlen(buffer_text(&buffer)), 1000);
    assert_int_equal(buffer_append(&buffer, block, 1), -E2BIG);
    buffer_finish(&buffer);
}

static void a_cleared_buffer_reads_as_empty_text(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_int_equal(buffer_append_text(&buffer, "hello"), 0);
    buffer_clear(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
    assert_int_equal(buffer.len, 0);
    buffer_finish(&buffer);
}

static void an_arena_gives_zeroed_aligned_memory_until_its_ceiling(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    for (int i = 0; i < 90; i++) {
        uint8_t *piece = arena_alloc(&arena, 50);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (int at = 0; at < 50; at++)
            assert_int_equal(piece[at], 0);
        memset(piece, 0xFF, 50);
    }
    assert_null(arena_alloc(&arena, 10001));
    assert_null(arena_alloc(&arena, 9000));
    assert_true(arena.used <= 10000);
    arena_finish(&arena);
}

static void an_arena_copies_and_prints_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 << 10);
    char *copy = arena_strndup(&arena, "shelf-7", 5);
    char *printed = arena_printf(&arena, "%s/%d", copy, 7);
    char *large = arena_printf(&arena, "%8000d", 1);
    assert_string_equal(copy, "shelf");
    assert_string_equal(printed, "shelf/7");
    assert_int_equal(strlen(large), 8000);
    assert_non_null(arena_alloc(&arena, 0));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_up_to_its_ceiling_and_no_further),
        cmocka_unit_test(a_cleared_buffer_reads_as_empty_text),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_until_its_ceiling),
        cmocka_unit_test(an_arena_copies_and_prints_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
