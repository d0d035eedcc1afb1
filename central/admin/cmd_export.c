#include "central/admin/command.h"
#include "central/admin/session.h"
#include "central/store/export.h"
#include "central/store/kpi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_TIME 500

/* ---- serve's side: one piece */

struct page {
    json_t *rows;
    int64_t last;
};

static int add_row(void *context, const struct export_value *values, size_t count)
{
    struct page *page = context;
    json_t *row = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(row, values[i].text ? json_string(values[i].text) : json_integer(values[i].number));
    }
    page->last = values[0].number;
    return json_array_append_new(page->rows, row) < 0 ? -ENOMEM : 0;
}

struct figures {
    const char *week;
    json_t *rows;
};

static int add_figure(void *context, const struct kpi_row *row)
{
    const struct figures *figures = context;
    return json_array_append_new(figures->rows, json_pack("[s, s, s, I, s, I, I]", figures->week, row->kpi, row->scope,
                                                          (json_int_t)row->id, row->unit, (json_int_t)row->value,
                                                          (json_int_t)row->base)) < 0
               ? -ENOMEM
               : 0;
}

/* One figure a page. */
static int export_kpi(struct admin_call *call, struct store_tx *tx)
{
    struct kpi_week week;
    size_t index = (size_t)admin_number(call, "after", 0);
    if (kpi_week_parse(admin_text(call, "week", ""), &week) < 0 || index >= kpi_count()) {
        return admin_refuse(call, -EINVAL, "--week is a week such as 2026-W47");
    }
    struct figures figures = {week.text, json_array()};
    int rc = kpi_each(tx, index, &week, add_figure, &figures);
    admin_set(call, "columns",
              json_pack("[s, s, s, s, s, s, s]", "week", "kpi", "scope", "id", "unit", "value", "base"));
    admin_set(call, "page", figures.rows);
    admin_set(call, "last", json_integer((json_int_t)index + 1));
    admin_set(call, "more", json_boolean(index + 1 < kpi_count()));
    return rc;
}

static int cmd_export_page(struct admin_call *call, struct store_tx *tx)
{
    const char *name = admin_text(call, "table", "");
    const struct export_table *table = export_find(name);
    if (strcmp(name, "kpi") == 0) {
        return export_kpi(call, tx);
    }
    if (!table) {
        return admin_refuse(call, -ENOENT, "there are members, redemptions, ledger, events and kpi");
    }
    struct export_range range = {
        .after = admin_number(call, "after", 0), .since_ms = admin_moment_ms(call, "since"), .limit = ROWS_A_TIME};
    struct page page = {.rows = json_array(), .last = range.after};
    json_t *columns = json_array();
    for (size_t i = 0; table->columns[i]; i++) {
        json_array_append_new(columns, json_string(table->columns[i]));
    }
    int rc = export_rows(tx, table, &range, add_row, &page);
    admin_set(call, "columns", columns);
    admin_set(call, "page", page.rows);
    admin_set(call, "last", json_integer(page.last));
    admin_set(call, "more", json_boolean(json_array_size(page.rows) == ROWS_A_TIME));
    return rc;
}

/* ---- the client's: pieces until there are none, each written before the next is asked for */

static void put_csv_text(const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') {
            putchar('"');
        }
        putchar(*text);
    }
    putchar('"');
}

static void put_csv_row(const json_t *row)
{
    size_t i;
    json_t *value;
    json_array_foreach(row, i, value)
    {
        if (i > 0) {
            putchar(',');
        }
        if (json_is_string(value)) {
            put_csv_text(json_string_value(value));
        } else {
            printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        }
    }
    putchar('\n');
}

static void put_json_row(const json_t *columns, const json_t *row)
{
    json_t *object = json_object();
    size_t i;
    json_t *value;
    json_array_foreach(row, i, value)
    {
        json_object_set(object, json_string_value(json_array_get(columns, i)), value);
    }
    char *text = json_dumps(object, JSON_COMPACT);
    puts(text ? text : "");
    free(text);
    json_decref(object);
}

static void put_page(const json_t *result, bool csv, bool first)
{
    const json_t *columns = json_object_get(result, "columns");
    size_t i;
    json_t *row;
    if (csv && first) {
        put_csv_row(columns);
    }
    json_array_foreach(json_object_get(result, "page"), i, row)
    {
        if (csv) {
            put_csv_row(row);
        } else {
            put_json_row(columns, row);
        }
    }
}

static int client_export(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    const char *format = json_string_value(json_object_get(args, "format"));
    bool csv = !format || strcmp(format, "csv") == 0, first = true;
    bool more = true;
    int code = ADMIN_OK;
    (void)command;
    if (!csv && strcmp(format, "jsonl") != 0) {
        snprintf(session->error, sizeof(session->error), "--format is csv or jsonl");
        return ADMIN_REFUSED;
    }
    while (code == ADMIN_OK && more) {
        json_t *answer = NULL;
        code = admin_session_call(session, "export page", json_deep_copy(args), &answer);
        if (code == ADMIN_OK) {
            const json_t *result = json_object_get(answer, "result");
            put_page(result, csv, first);
            more = json_is_true(json_object_get(result, "more"));
            json_object_set(args, "after", json_object_get(result, "last"));
            json_decref(answer);
        }
        first = false;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        snprintf(session->error, sizeof(session->error), "the export cannot be written");
        return ADMIN_FAILED;
    }
    return code;
}

static const struct admin_command commands[] = {
    {.name = "export",
     .args = "TABLE:t --format:t --since:d --after:n --week:t",
     .help = "members, redemptions, ledger or events as csv or jsonl (docs/export.md); --after: behind that cursor; or "
             "kpi: the figures of a --week such as 2026-W47",
     .client = client_export},
    {.name = "export page",
     .args = "table:t --since:d --after:n --format:t --week:t",
     .help = "",
     .read = cmd_export_page,
     .internal = true},
};

const struct admin_group admin_export = {commands, ARRAY_LEN(commands)};
