#include "central/admin/groups.h"
#include "central/admin/session.h"
#include "domain/export.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The client's end of `journal import`: the file is taken apart here and sent batch by batch. It may hold journals of
 * several terminals and eras: what central refuses of one keeps none of the others out.
 */

#define TEXT_CAP (EXPORT_BATCH_MAX * 4 / 3 + 8)

struct journal_import {
    struct admin_session *session;
    char text[TEXT_CAP];
    json_int_t terminal, stored, known, forked, durable_through;
    bool ended;               /* the file has its signed end */
    json_t *refused;          /* [{terminal, incarnation, batches, records, why}] */
    struct batch_head newest; /* of the batch that was sent last; zeros when it cannot be read */
};

/* Fields of what central answered, or of a row of what it refused. */
static json_int_t field(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static json_int_t number_of(const json_t *answer, const char *name)
{
    return field(json_object_get(answer, "result"), name);
}

static json_t *refused_row(const struct journal_import *import)
{
    json_t *row;
    size_t i;
    json_array_foreach(import->refused, i, row)
    {
        if (field(row, "terminal") == import->newest.terminal &&
            field(row, "incarnation") == import->newest.incarnation)
            return row;
    }
    row = json_pack("{s:I, s:I, s:i, s:i, s:s}", "terminal", (json_int_t)import->newest.terminal, "incarnation",
                    (json_int_t)import->newest.incarnation, "batches", 0, "records", 0, "why", import->session->error);
    return json_array_append_new(import->refused, row) < 0 ? NULL : row;
}

/* The first reason stands for its era's: what comes behind a refused batch is refused for the gap. */
static int note_refused(struct journal_import *import)
{
    json_t *row = refused_row(import);
    if (!row)
        return ADMIN_FAILED;
    json_object_set_new(row, "batches", json_integer(field(row, "batches") + 1));
    json_object_set_new(row, "records", json_integer(field(row, "records") + import->newest.count));
    return ADMIN_OK;
}

static bool was_refused(const struct journal_import *import, uint32_t terminal)
{
    const json_t *row;
    size_t i;
    json_array_foreach(import->refused, i, row)
    {
        if (field(row, "terminal") == terminal)
            return true;
    }
    return false;
}

static int send_batch(struct journal_import *import, struct slice batch)
{
    json_t *answer = NULL;
    struct batch_reader reader = {0};
    if (batch_open(batch.data, batch.len, &reader) < 0)
        reader.head = (struct batch_head){0}; /* central says what it thinks of it */
    import->newest = reader.head;
    base64url_encode(batch.data, batch.len, import->text, sizeof(import->text));
    int code = admin_session_call(import->session, "journal batch", json_pack("{s:s}", "batch", import->text), &answer);
    if (code == ADMIN_REFUSED)
        return note_refused(import);
    if (code != ADMIN_OK)
        return code;
    import->terminal = number_of(answer, "terminal");
    import->stored += number_of(answer, "stored");
    import->known += number_of(answer, "known");
    import->durable_through = number_of(answer, "durable_through");
    import->forked += json_is_true(json_object_get(json_object_get(answer, "result"), "forked"));
    json_decref(answer);
    return ADMIN_OK;
}

static int send_end(struct journal_import *import, const struct export_reader *reader)
{
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    char hash_text[HASH_LEN * 2], signature_text[SIGNATURE_LEN * 2];
    json_t *answer = NULL;
    export_end(reader, hash, signature);
    base64url_encode(hash, sizeof(hash), hash_text, sizeof(hash_text));
    base64url_encode(signature, sizeof(signature), signature_text, sizeof(signature_text));
    json_t *args = json_pack("{s:I, s:s, s:s, s:I}", "terminal", import->terminal, "hash", hash_text, "signature",
                             signature_text, "durable_through", import->durable_through);
    int code = admin_session_call(import->session, "journal end", args, &answer);
    json_decref(answer);
    return code;
}

static void report_json(const struct journal_import *import)
{
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I, s:O}", "terminal", import->terminal, "stored", import->stored,
                            "known", import->known, "forked", import->forked, "durable_through",
                            import->durable_through, "refused", import->refused);
    char *text = json_dumps(all, JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    free(text);
    json_decref(all);
}

static void report(const struct journal_import *import)
{
    const json_t *row;
    size_t i;
    if (import->session->json) {
        report_json(import);
        return;
    }
    if (import->terminal != 0)
        printf("terminal %lld: %lld records taken in, %lld were here, %lld batches put aside as forked\n",
               (long long)import->terminal, (long long)import->stored, (long long)import->known,
               (long long)import->forked);
    json_array_foreach(import->refused, i, row)
    {
        printf("terminal %lld, incarnation %lld: %lld batches with %lld records refused: %s\n",
               (long long)field(row, "terminal"), (long long)field(row, "incarnation"),
               (long long)field(row, "batches"), (long long)field(row, "records"),
               json_string_value(json_object_get(row, "why")));
    }
}

/* The whole file is looked at before anything is sent: a cut one is refused as a whole. Out of damaged books come whole
 * batches without an end. */
static bool whole(struct slice file, bool *out_ended)
{
    struct export_reader reader;
    struct slice batch;
    int rc = export_open(file, &reader);
    if (rc < 0)
        return false;
    while ((rc = export_next(&reader, &batch)) == 1)
        ;
    *out_ended = rc == 0;
    return rc == 0 || (reader.pos == file.len && file.len > EXPORT_MAGIC_LEN);
}

/* Whose batch comes last signed the end, which says that central has all of its journal. */
static bool end_counts(const struct journal_import *import)
{
    return import->ended && import->terminal != 0 && !was_refused(import, import->newest.terminal);
}

/* Not all that the terminal had is here now: the operator is told what to look at. */
static int say_what_lacks(struct journal_import *import)
{
    char *error = import->session->error;
    size_t cap = sizeof(import->session->error);
    const json_t *first = json_array_get(import->refused, 0);
    if (first)
        snprintf(error, cap, "%s of the file was taken in: %s", import->terminal ? "not all" : "nothing",
                 json_string_value(json_object_get(first, "why")));
    else if (!import->ended)
        snprintf(error, cap, "the file has no signed end: the books that it came from are damaged, or it was cut off");
    return first || !import->ended || import->forked > 0 ? ADMIN_REFUSED : ADMIN_OK;
}

static int import_file(struct journal_import *import, struct slice file)
{
    struct export_reader reader;
    struct slice batch;
    if (!whole(file, &import->ended) || export_open(file, &reader) < 0) {
        snprintf(import->session->error, sizeof(import->session->error),
                 "the file is not a journal's export, or was cut off");
        return ADMIN_REFUSED;
    }
    int code = ADMIN_OK;
    while (code == ADMIN_OK && export_next(&reader, &batch) == 1)
        code = send_batch(import, batch);
    if (code == ADMIN_OK && end_counts(import))
        code = send_end(import, &reader);
    if (code == ADMIN_OK || code == ADMIN_REFUSED)
        report(import);
    return code == ADMIN_OK ? say_what_lacks(import) : code;
}

int client_journal_import(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    const json_t *text = json_object_get(args, "file");
    struct journal_import *import = calloc(1, sizeof(*import));
    if (!import)
        return ADMIN_FAILED;
    import->session = session;
    import->refused = json_array();
    int code = import_file(import, (struct slice){(const uint8_t *)json_string_value(text), json_string_length(text)});
    json_decref(import->refused);
    free(import);
    return code;
}
