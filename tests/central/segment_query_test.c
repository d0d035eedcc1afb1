#include "central/store/segment_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Writes the tree with all its brackets, so that a row shows what binds stronger. */
static size_t write_node(const struct segment_query *q, uint8_t index, char *out, size_t cap)
{
    static const char *const words[] = {"and", "or", "not", "tag", "tier", "store", "segment", "time", "never", "n"};
    const struct segment_node *n = &q->nodes[index];
    size_t len = 0;
    if (n->op == SEGMENT_AND || n->op == SEGMENT_OR) {
        len += (size_t)snprintf(out, cap, "(");
        len += write_node(q, n->left, out + len, cap - len);
        len += (size_t)snprintf(out + len, cap - len, " %s ", words[n->op]);
        len += write_node(q, n->right, out + len, cap - len);
        return len + (size_t)snprintf(out + len, cap - len, ")");
    }
    if (n->op == SEGMENT_NOT) {
        len += (size_t)snprintf(out, cap, "!");
        return len + write_node(q, n->left, out + len, cap - len);
    }
    if (n->op == SEGMENT_TAG) {
        return (size_t)snprintf(out, cap, "#%s", n->tag);
    }
    return (size_t)snprintf(out, cap, "%s:%d/%d%s%lld", words[n->op], n->field, n->compare, n->ago ? "-" : "=",
                            (long long)n->value);
}

static void a_text_becomes_a_tree(void **state)
{
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"tag coffee", "#coffee"},
        {"tag \"two words\", 咖啡", "(#two words or #咖啡)"},
        {"tier keep, activate", "(tier:0/0=2 or tier:0/0=3)"},
        {"store 1 and not tier gone", "(store:0/0=1 and !tier:0/0=4)"},
        {"tag a or tag b and tag c", "(#a or (#b and #c))"},
        {"(tag a or tag b) and tag c", "((#a or #b) and #c)"},
        {"not not tag a", "!!#a"},
        {"segment 4", "segment:0/0=4"},
        {"visited before 30d", "time:1/0-2592000000"},
        {"joined after 2026-11-01", "time:0/4=1793462400000"},
        {"redeemed never", "never:3/0=0"},
        {"spent >= 99.50", "n:2/3=9950"},
        {"purchases<3", "n:0/0=3"},
        {"hour = 23", "n:3/2=23"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char tree[512] = "";
        struct segment_query query;
        struct segment_fault fault = {0, ""};
        if (segment_parse(rows[i].text, &query, &fault) < 0) {
            fail_msg("%s: %s at %zu", rows[i].text, fault.what, fault.at);
        }
        write_node(&query, query.root, tree, sizeof(tree));
        assert_string_equal(tree, rows[i].tree);
    }
}

static void what_cannot_be_read_is_refused_where_it_stands(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"", 0},
        {"coffee", 0},
        {"tag", 3},
        {"tag \"open", 4},
        {"tag a tag b", 6},
        {"(tag a", 6},
        {"tag a)", 5},
        {"tier best", 5},
        {"store 0", 6},
        {"store x", 6},
        {"joined never", 7},
        {"visited 30d", 8},
        {"visited before 30", 15},
        {"visited before 2026-02-30", 15},
        {"spent > much", 8},
        {"hour = 24", 7},
        {"purchases 3", 10},
        {"tag a; DROP TABLE member", 5},
        {"tag a and", 9},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct segment_query query;
        struct segment_fault fault = {99, NULL};
        assert_int_equal(segment_parse(rows[i].text, &query, &fault), -EINVAL);
        assert_non_null(fault.what);
        if (fault.at != rows[i].at) {
            fail_msg("%s: at %zu", rows[i].text, fault.at);
        }
    }
}

static void more_than_fits_is_refused(void **state)
{
    char text[SEGMENT_TEXT_MAX + 2];
    struct segment_query query;
    struct segment_fault fault = {0};
    (void)state;
    memset(text, '(', SEGMENT_DEPTH_MAX + 1);
    strcpy(text + SEGMENT_DEPTH_MAX + 1, "tag a");
    assert_int_equal(segment_parse(text, &query, &fault), -E2BIG);
    memset(text, ' ', SEGMENT_TEXT_MAX + 1);
    text[SEGMENT_TEXT_MAX + 1] = '\0';
    assert_int_equal(segment_parse(text, &query, &fault), -E2BIG);
    strcpy(text, "store 1");
    for (int i = 0; i < SEGMENT_NODES_MAX; i++) {
        strcat(text, ",1");
    }
    assert_int_equal(segment_parse(text, &query, &fault), -E2BIG);
    assert_non_null(fault.what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_becomes_a_tree),
        cmocka_unit_test(what_cannot_be_read_is_refused_where_it_stands),
        cmocka_unit_test(more_than_fits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
