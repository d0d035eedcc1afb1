#include "central/admin/groups.h"
#include "central/admin/session.h"
#include "domain/export.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <stdlib.h>

/* The client's end of `journal import`: the file is taken apart here and sent batch by batch. */

#define TEXT_CAP (EXPORT_BATCH_MAX * 4 / 3 + 8)

struct journal_import {
    struct admin_session *session;
    char text[TEXT_CAP];
    json_int_t terminal, stored, known, forked, durable_through;
};

static json_int_t number_of(const json_t *answer, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(answer, "result"), name));
}

static int send_batch(struct journal_import *import, struct slice batch)
{
    json_t *answer = NULL;
    base64url_encode(batch.data, batch.len, import->text, sizeof(import->text));
    int code = admin_session_call(import->session, "journal batch", json_pack("{s:s}", "batch", import->text), &answer);
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

static void report(const struct journal_import *import)
{
    if (import->session->json)
        printf("{\"terminal\":%lld,\"stored\":%lld,\"known\":%lld,\"forked\":%lld,\"durable_through\":%lld}\n",
               (long long)import->terminal, (long long)import->stored, (long long)import->known,
               (long long)import->forked, (long long)import->durable_through);
    else
        printf("terminal %lld: %lld records taken in, %lld were here, %lld batches put aside as forked\n",
               (long long)import->terminal, (long long)import->stored, (long long)import->known,
               (long long)import->forked);
}

/* The whole file is looked at before anything is sent: a cut one is refused as a whole. */
static bool whole(struct slice file)
{
    struct export_reader reader;
    struct slice batch;
    int rc = export_open(file, &reader);
    while (rc == 0 && (rc = export_next(&reader, &batch)) == 1)
        rc = 0;
    return rc == 0 && reader.pos + SIGNATURE_LEN == file.len;
}

static int import_file(struct journal_import *import, struct slice file)
{
    struct export_reader reader;
    struct slice batch;
    if (!whole(file) || export_open(file, &reader) < 0) {
        snprintf(import->session->error, sizeof(import->session->error),
                 "the file is not a journal's export, or was cut off");
        return ADMIN_REFUSED;
    }
    int code = ADMIN_OK;
    while (code == ADMIN_OK && export_next(&reader, &batch) == 1)
        code = send_batch(import, batch);
    if (code == ADMIN_OK && import->terminal != 0)
        code = send_end(import, &reader);
    if (code == ADMIN_OK)
        report(import);
    return code == ADMIN_OK && import->forked > 0 ? ADMIN_REFUSED : code;
}

int client_journal_import(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    const json_t *text = json_object_get(args, "file");
    struct journal_import *import = calloc(1, sizeof(*import));
    if (!import)
        return ADMIN_FAILED;
    import->session = session;
    int code = import_file(import, (struct slice){(const uint8_t *)json_string_value(text), json_string_length(text)});
    free(import);
    return code;
}
