#include "central/admin/groups.h"
#include "central/admin/session.h"
#include "central/store/catalogue_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_TIME 100 /* a line of the admin socket stays under its 64 KiB */

struct import {
    struct admin_session *session;
    json_t *batch;
    json_t *faults;
    json_int_t rows, changed, unchanged;
};

static void add_fault(struct import *import, uint32_t line, const char *words)
{
    json_array_append_new(import->faults, json_pack("{s:I, s:s}", "line", (json_int_t)line, "error", words));
}

static int send_batch(struct import *import)
{
    json_t *answer = NULL;
    if (json_array_size(import->batch) == 0) {
        return ADMIN_OK;
    }
    int code = admin_session_call(import->session, "product rows", json_pack("{s:O}", "rows", import->batch), &answer);
    json_array_clear(import->batch);
    if (code != ADMIN_OK) {
        return code;
    }
    const json_t *result = json_object_get(answer, "result");
    import->changed += json_integer_value(json_object_get(result, "changed"));
    import->unchanged += json_integer_value(json_object_get(result, "unchanged"));
    json_array_extend(import->faults, json_object_get(result, "faults"));
    json_decref(answer);
    return ADMIN_OK;
}

static int add_row(struct import *import, const struct csv_row *row)
{
    import->rows++;
    json_t *line = json_pack("[I]", (json_int_t)row->line);
    for (int i = 0; i < CSV_FIELDS; i++) {
        json_array_append_new(line, json_string(row->fields[i])); /* appends nothing when it is not UTF-8 */
    }
    if (row->fault || json_array_size(line) != CSV_FIELDS + 1) {
        add_fault(import, row->line, row->fault ? row->fault : "not valid UTF-8 (save the file as CSV UTF-8)");
        json_decref(line);
        return ADMIN_OK;
    }
    json_array_append_new(import->batch, line);
    return json_array_size(import->batch) >= ROWS_A_TIME ? send_batch(import) : ADMIN_OK;
}

static int report(struct import *import)
{
    size_t i;
    json_t *fault;
    json_t *result =
        json_pack("{s:I, s:I, s:I, s:I, s:O}", "rows", import->rows, "changed", import->changed, "unchanged",
                  import->unchanged, "refused", (json_int_t)json_array_size(import->faults), "faults", import->faults);
    if (import->session->json) {
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
    } else {
        printf("%lld rows: %lld changed, %lld as they were, %zu refused\n", (long long)import->rows,
               (long long)import->changed, (long long)import->unchanged, json_array_size(import->faults));
        json_array_foreach(import->faults, i, fault)
        {
            printf("  line %lld: %s\n", (long long)json_integer_value(json_object_get(fault, "line")),
                   json_string_value(json_object_get(fault, "error")));
        }
    }
    json_decref(result);
    return json_array_size(import->faults) > 0 ? ADMIN_REFUSED : ADMIN_OK;
}

int admin_import_products(struct admin_session *session, char *csv, size_t len, bool quiet)
{
    struct csv_reader reader;
    struct csv_row row;
    const char *fault = catalogue_csv_open(csv, len, &reader);
    if (fault) {
        snprintf(session->error, sizeof(session->error), "%s", fault);
        return ADMIN_REFUSED;
    }
    struct import import = {.session = session, .batch = json_array(), .faults = json_array()};
    int code = ADMIN_OK;
    while (code == ADMIN_OK && catalogue_csv_next(&reader, &row)) {
        code = add_row(&import, &row);
    }
    code = code ? code : send_batch(&import);
    if (code == ADMIN_OK) {
        code = quiet ? (json_array_size(import.faults) ? ADMIN_REFUSED : ADMIN_OK) : report(&import);
    }
    json_decref(import.batch);
    json_decref(import.faults);
    return code;
}

int client_product_import(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    const json_t *file = json_object_get(args, "file");
    size_t len = json_string_length(file);
    char *copy = malloc(len + 1);
    if (!copy) {
        return ADMIN_FAILED;
    }
    memcpy(copy, json_string_value(file), len + 1);
    int code = admin_import_products(session, copy, len, false);
    free(copy);
    return code;
}
