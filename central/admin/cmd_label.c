#include "central/admin/label.h"

#include "central/admin/label_sheet.h"
#include "central/admin/session.h"
#include "central/admin/sheet.h"
#include "central/store/touchpoint_batch.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The console's side of printed codes: the sheet is drawn here, where the file is. */

struct printing {
    struct admin_session *session;
    const char *path;
    enum sheet_format format;
    json_int_t batch, serial; /* serial 0: all */
};

static int complain(struct admin_session *session, int code, const char *text)
{
    snprintf(session->error, sizeof(session->error), "%s", text);
    return code;
}

/* Before codes are taken from the account's budget that nobody would see. */
static int check_path(struct printing *printing)
{
    if (sheet_format_of(printing->path, &printing->format) < 0) {
        return complain(printing->session, ADMIN_USAGE, "--out FILE ends in .pdf or .svg");
    }
    int rc = sheet_try_path(printing->path);
    if (rc < 0) {
        snprintf(printing->session->error, ADMIN_ERROR_CAP, "%s: %s; nothing was made", printing->path, strerror(-rc));
        return ADMIN_FAILED;
    }
    return ADMIN_OK;
}

static json_t *batch_args(const struct printing *printing)
{
    return printing->serial ? json_pack("{s:I, s:I}", "batch", printing->batch, "serial", printing->serial)
                            : json_pack("{s:I}", "batch", printing->batch);
}

/* How many still wait for theirs, after some were asked for. */
static int ask_codes(struct printing *printing, json_int_t *out_left)
{
    json_t *answer = NULL;
    int code = admin_session_call(printing->session, "touchpoint batch-codes",
                                  json_pack("{s:I}", "batch", printing->batch), &answer);
    if (code == ADMIN_OK) {
        *out_left = json_integer_value(json_object_get(json_object_get(answer, "result"), "left"));
        json_decref(answer);
    }
    return code;
}

static int fetch_codes(struct printing *printing)
{
    json_int_t left = BATCH_CODES_MAX + 1, before;
    int code = ADMIN_OK;
    do { /* each call gets some, or says why not */
        before = left;
        code = ask_codes(printing, &left);
    } while (code == ADMIN_OK && left > 0 && left < before);
    if (code != ADMIN_OK) {
        size_t len = strlen(printing->session->error);
        snprintf(printing->session->error + len, ADMIN_ERROR_CAP - len,
                 "; batch %" JSON_INTEGER_FORMAT " stands: \"touchpoint reprint %" JSON_INTEGER_FORMAT
                 "\" asks for the rest",
                 printing->batch, printing->batch);
    }
    return code;
}

static int write_sheet(const struct printing *printing, const json_t *sheet)
{
    struct buffer file;
    buffer_init(&file, SHEET_MAX);
    int rc = label_sheet_draw(sheet, printing->format == SHEET_SVG, &file);
    rc = rc ? rc : file_write_atomic(printing->path, file.data, file.len, 0644);
    buffer_finish(&file);
    if (rc == -E2BIG) {
        return complain(printing->session, ADMIN_USAGE, "an SVG is one page: take .pdf, or --serial one of them");
    }
    if (rc == -ERANGE) {
        return complain(printing->session, ADMIN_REFUSED, "the codes say too much for labels of that size");
    }
    if (rc < 0) {
        snprintf(printing->session->error, ADMIN_ERROR_CAP, "%s: %s", printing->path, strerror(-rc));
        return ADMIN_FAILED;
    }
    return ADMIN_OK;
}

static void print_result(const struct printing *printing, const json_t *sheet)
{
    size_t codes = json_array_size(json_object_get(sheet, "rows"));
    if (printing->session->json) {
        json_t *result = json_pack("{s:I, s:I, s:[s]}", "batch", printing->batch, "codes", (json_int_t)codes, "files",
                                   printing->path);
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
        json_decref(result);
    } else {
        printf("batch %" JSON_INTEGER_FORMAT ", %zu codes: %s\n", printing->batch, codes, printing->path);
    }
}

static int print_batch(struct printing *printing)
{
    json_t *answer = NULL, *noted = NULL;
    int code = fetch_codes(printing);
    code = code ? code : admin_session_call(printing->session, "touchpoint batch-sheet", batch_args(printing), &answer);
    const json_t *sheet = json_object_get(answer, "result");
    code = code ? code : write_sheet(printing, sheet);
    code =
        code ? code : admin_session_call(printing->session, "touchpoint batch-printed", batch_args(printing), &noted);
    if (code == ADMIN_OK) {
        print_result(printing, sheet);
    }
    json_decref(noted);
    json_decref(answer);
    return code;
}

static int client_sheet(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    json_t *answer = NULL, *path = json_incref(json_object_get(args, "out"));
    struct printing printing = {.session = session, .path = json_string_value(path)};
    int code = check_path(&printing);
    json_object_del(args, "out");
    const char *name = json_string_value(json_object_get(args, "size"));
    const struct label_size *size = label_size_find(name ? name : "");
    if (size && printing.format == SHEET_SVG) {
        json_object_set_new(args, "most", json_integer(size->per_page));
    }
    code = code ? code : admin_session_call(session, "touchpoint batch-make", json_incref(args), &answer);
    if (code == ADMIN_OK) {
        printing.batch = json_integer_value(json_object_get(json_object_get(answer, "result"), "batch"));
        code = print_batch(&printing);
    }
    json_decref(answer);
    json_decref(path);
    return code;
}

static int client_reprint(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    struct printing printing = {.session = session,
                                .path = json_string_value(json_object_get(args, "out")),
                                .batch = json_integer_value(json_object_get(args, "batch")),
                                .serial = json_integer_value(json_object_get(args, "serial"))};
    int code = check_path(&printing);
    return code ? code : print_batch(&printing);
}

#define WISH                                                                                                           \
    "--stores!:t --size!:t --count:n --shelves:t --clerk:n --campaign:n --account:t --brand:n --words:t --cost:m"

static const struct admin_command commands[] = {
    {.name = "touchpoint sheet",
     .args = WISH " --out!:t",
     .help =
         "printed follow codes; STORES \"1,2\" or \"all\" (of --brand); SIZE strip (shelf), card (table) or poster; "
         "COUNT in each store, or one for each of --shelves \"A,B\"; OUT ends in .pdf or .svg (one page); --words "
         "instead of " LABEL_WORDS "; --cost: of the print, shared among them",
     .client = client_sheet},
    {.name = "touchpoint reprint",
     .args = "BATCH:n --serial:n --out!:t",
     .help = "the same codes once more, all that are in use or one of them",
     .client = client_reprint},
    {.name = "touchpoint batches", .args = "", .help = "what was printed", .read = cmd_batch_list, .rows = true},
    {.name = "touchpoint batch",
     .args = "BATCH:n",
     .help = "its codes, with place and state",
     .read = cmd_batch_show,
     .rows = true},
    {.name = "touchpoint retire",
     .args = "BATCH:n --serial:n --why!:t",
     .help = "all its codes, or one, are out of use; who scans one that still hangs is booked as before",
     .write = cmd_batch_retire},
    {.name = "touchpoint batch-make", .args = WISH " --most:n", .help = "", .write = cmd_batch_make, .internal = true},
    {.name = "touchpoint batch-codes", .args = "BATCH:n", .help = "", .run = cmd_batch_codes, .internal = true},
    {.name = "touchpoint batch-sheet",
     .args = "BATCH:n --serial:n",
     .help = "",
     .read = cmd_batch_sheet,
     .rows = true,
     .internal = true},
    {.name = "touchpoint batch-printed",
     .args = "BATCH:n --serial:n",
     .help = "",
     .write = cmd_batch_printed,
     .internal = true},
};

const struct admin_group admin_label = {commands, ARRAY_LEN(commands)};
