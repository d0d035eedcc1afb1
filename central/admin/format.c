#include "central/admin/session.h"

#include "domain/money.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 24
#define CELL_MAX    2400 /* a message of 2 KB whole */

static bool ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

/* Names end in their unit: amounts and times are written for people. */
static void format_number(const char *name, json_int_t value, char out[CELL_MAX])
{
    if (ends_with(name, "_minor")) {
        money_format(value, out, CELL_MAX);
    } else if (ends_with(name, "_ms") || ends_with(name, "_s")) {
        int64_t ms = ends_with(name, "_ms") ? value : value * 1000;
        snprintf(out, CELL_MAX, "-");
        if (ms > 0) {
            time_format_minute(ms, out, CELL_MAX);
        }
    } else {
        snprintf(out, CELL_MAX, "%lld", (long long)value);
    }
}

/* What a terminal would obey, or what would turn the line round: texts come from strangers. */
static bool is_control(const unsigned char *c)
{
    bool c1 = c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F;
    bool bidi = c[0] == 0xE2 &&
                ((c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE) || (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9));
    return *c < 0x20 || *c == 0x7F || c1 || bidi;
}

static size_t length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Whole characters only, controls as a space; JSON texts are valid UTF-8. */
static void format_text(const char *text, char out[CELL_MAX])
{
    size_t at = 0, len;
    for (const unsigned char *c = (const unsigned char *)text; *c && at + 4 < CELL_MAX; c += len) {
        len = length_of(*c);
        if (is_control(c)) {
            out[at++] = ' ';
        } else {
            memcpy(out + at, c, len);
            at += len;
        }
    }
    out[at] = '\0';
}

static void format_cell(const char *name, const json_t *value, char out[CELL_MAX])
{
    out[0] = '\0';
    if (json_is_string(value)) {
        format_text(json_string_value(value), out);
    } else if (json_is_integer(value)) {
        format_number(name, json_integer_value(value), out);
    } else if (json_is_boolean(value)) {
        snprintf(out, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
    }
}

static void format_head(const char *name, char out[CELL_MAX])
{
    snprintf(out, CELL_MAX, "%s", name);
    static const char *const suffixes[] = {"_minor", "_ms", "_s"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (ends_with(out, suffixes[i])) {
            out[strlen(out) - strlen(suffixes[i])] = '\0';
            return;
        }
    }
}

/* Columns of a terminal: CJK and full-width characters take two, continuation bytes none. */
static int text_width(const char *text)
{
    int width = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if ((*c & 0xC0) != 0x80) {
            bool wide = *c >= 0xE3 && *c <= 0xED;
            bool full_form = *c == 0xEF && c[1] >= 0xBC;
            width += wide || full_form || *c >= 0xF0 ? 2 : 1;
        }
    }
    return width;
}

static void print_cell(const char *text, int width, bool right)
{
    int pad = width - text_width(text);
    printf("%*s%s%*s", right && pad > 0 ? pad : 0, "", text, right || pad <= 0 ? 0 : pad, "");
}

struct column {
    const char *name;
    int width;
    bool right;
};

/* Rows may say different things: a column stands for whatever one of them says. */
static void add_columns(json_t *row, struct column columns[COLUMNS_MAX], size_t *count)
{
    const char *name;
    json_t *value;
    char text[CELL_MAX];
    json_object_foreach(row, name, value)
    {
        size_t c = 0;
        while (c < *count && strcmp(columns[c].name, name) != 0) {
            c++;
        }
        if (c == *count && c < COLUMNS_MAX) {
            format_head(name, text);
            columns[(*count)++] = (struct column){name, text_width(text), json_is_integer(value)};
        }
    }
}

static size_t measure(const json_t *rows, struct column columns[COLUMNS_MAX])
{
    size_t count = 0, i;
    json_t *row;
    char text[CELL_MAX];
    json_array_foreach(rows, i, row)
    {
        add_columns(row, columns, &count);
    }
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < count; c++) {
            format_cell(columns[c].name, json_object_get(row, columns[c].name), text);
            int width = text_width(text);
            columns[c].width = width > columns[c].width ? width : columns[c].width;
        }
    }
    return count;
}

static void print_table(const json_t *rows)
{
    struct column columns[COLUMNS_MAX];
    char text[CELL_MAX];
    size_t i, count = measure(rows, columns);
    json_t *row;
    for (size_t c = 0; c < count; c++) {
        format_head(columns[c].name, text);
        printf("%s", c ? "  " : "");
        print_cell(text, columns[c].width, columns[c].right);
    }
    printf("\n");
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < count; c++) {
            format_cell(columns[c].name, json_object_get(row, columns[c].name), text);
            printf("%s", c ? "  " : "");
            print_cell(text, c + 1 < count || columns[c].right ? columns[c].width : 0, columns[c].right);
        }
        printf("\n");
    }
}

/* Texts of a list stand in full, one after the other: names of files are longer than a cell. */
static void print_list(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        printf("  %s", text ? text : "…");
    }
    printf("\n");
}

/* "opened 2026-11-22 09:00, sent 1" */
static void print_fields(const json_t *object)
{
    const char *name;
    json_t *value;
    char head[CELL_MAX], text[CELL_MAX];
    const char *between = "  ";
    json_object_foreach((json_t *)object, name, value)
    {
        format_head(name, head);
        format_cell(name, value, text);
        printf("%s%s %s", between, head, text);
        between = ", ";
    }
    printf("\n");
}

void admin_format(const json_t *result)
{
    const json_t *rows = json_object_get(result, "rows");
    const char *name;
    json_t *value;
    int width = 0;
    char head[CELL_MAX], text[CELL_MAX];
    if (json_array_size(rows) > 0) {
        print_table(rows);
    } else if (rows) {
        fprintf(stderr, "none\n"); /* silence would leave open whether anything was looked at */
    }
    json_object_foreach((json_t *)result, name, value)
    {
        format_head(name, head);
        width = text_width(head) > width ? text_width(head) : width;
    }
    json_object_foreach((json_t *)result, name, value)
    {
        if (strcmp(name, "rows") == 0) {
            continue;
        }
        format_head(name, head);
        print_cell(head, width, false);
        if (json_is_string(value)) {
            printf("  %s\n", json_string_value(value)); /* codes are longer than a cell */
        } else if (json_is_array(value)) {
            print_list(value);
        } else if (json_is_object(value)) {
            print_fields(value);
        } else {
            format_cell(name, value, text);
            printf("  %s\n", text);
        }
    }
}
