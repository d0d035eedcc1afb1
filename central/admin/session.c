#include "central/admin/session.h"

#include "central/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX  (8 * 1024 * 1024)
#define TIMEOUT_MS 60000

static int open_books(struct admin_session *session, const struct central_config *config)
{
    struct central_options options = {.config = *config,
                                      .parts = central_parts,
                                      .part_count = central_part_count,
                                      .inline_jobs = true,
                                      .sync = DB_SYNC_FULL};
    pid_t holder = 0;
    int rc = central_open(&options, &session->central, &holder);
    if (rc == 0) {
        return ADMIN_OK;
    }
    if (rc == -EBUSY) {
        fprintf(stderr, "admin: process %d holds the books but does not answer on %s\n", (int)holder,
                config->admin_socket);
    } else if (rc == -ENOENT && !config->data[0]) {
        fprintf(stderr, "admin: which books? Name their folder with --data DIR, or in TILLSIDE_DATA\n");
    } else if (rc == -ENOENT) {
        fprintf(stderr,
                "admin: there are no books in %s: run \"tillside-central init\" first, or name the folder with "
                "--data\n",
                config->data);
    } else {
        fprintf(stderr, "admin: the books in %s cannot be opened: %s\n", config->data, strerror(-rc));
    }
    return ADMIN_NO_CONTACT;
}

int admin_session_open(struct admin_session *session, const struct central_config *config)
{
    *session = (struct admin_session){0};
    int rc = line_client_open(config->admin_socket, &session->client);
    if (rc == 0) {
        return ADMIN_OK;
    }
    if (rc != -ENOENT && rc != -ECONNREFUSED) {
        fprintf(stderr, "admin: %s: %s\n", config->admin_socket, strerror(-rc));
        return ADMIN_NO_CONTACT;
    }
    return open_books(session, config);
}

void admin_session_close(struct admin_session *session)
{
    line_client_close(session->client);
    central_close(session->central);
    *session = (struct admin_session){0};
}

static int exchange(struct admin_session *session, const char *line, struct buffer *reply)
{
    if (session->central) {
        return central_people.admin_line(session->central, line, strlen(line), reply);
    }
    return line_client_call(session->client, line, TIMEOUT_MS, reply);
}

static int judge(struct admin_session *session, json_t *answer, json_t **out_answer)
{
    if (json_is_true(json_object_get(answer, "ok"))) {
        *out_answer = answer;
        return ADMIN_OK;
    }
    const char *words = json_string_value(json_object_get(answer, "error"));
    snprintf(session->error, sizeof(session->error), "%s", words ? words : "the answer cannot be read");
    int code = json_is_true(json_object_get(answer, "refused")) ? ADMIN_REFUSED : ADMIN_FAILED;
    json_decref(answer);
    return code;
}

int admin_session_call(struct admin_session *session, const char *command, json_t *args, json_t **out_answer)
{
    struct buffer reply;
    json_t *request = json_pack("{s:s, s:o}", "command", command, "args", args);
    char *line = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (!line) {
        snprintf(session->error, sizeof(session->error), "the arguments are not valid UTF-8");
        return ADMIN_USAGE;
    }
    buffer_init(&reply, REPLY_MAX);
    int rc = exchange(session, line, &reply);
    free(line);
    int code = ADMIN_NO_CONTACT;
    if (rc < 0) {
        snprintf(session->error, sizeof(session->error), "serve does not answer: %s", strerror(-rc));
    } else {
        code = judge(session, json_loadb(buffer_text(&reply), reply.len, 0, NULL), out_answer);
    }
    buffer_finish(&reply);
    return code;
}
