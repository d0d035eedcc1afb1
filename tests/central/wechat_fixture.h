#ifndef TESTS_CENTRAL_WECHAT_FIXTURE_H
#define TESTS_CENTRAL_WECHAT_FIXTURE_H

/* A central with its people side in a folder of its own, and what talks to it: admin lines and a phone over HTTP. */

#include "central/people.h"
#include "platform/http_client.h"

#include <jansson.h>

#define PEOPLE_START_MS INT64_C(1795000000000) /* a day in November 2026 */
#define TOKEN           "test-token"

struct people_fixture {
    char dir[64];
    char log[80];
    struct sim_clock clock;
    struct central *central;
    struct http_server *server;
    struct http_client *client;
    char public_url[64];
    struct http_route routes[24]; /* of every part */
};

/* serve: threads, the public listener and a log file; else everything happens within the call. */
void people_open(struct people_fixture *f, bool serve);
void people_open_store(struct people_fixture *f); /* inline, with one store that gives 5 % back */
void people_close(struct people_fixture *f);      /* and the folder removed */
/* Closes and opens central again on the same books. */
void people_restart(struct people_fixture *f);

/* One admin command; args as JSON text ("" = none). Fails the test unless it is done. Returns the answer (caller's). */
json_t *admin_do(struct people_fixture *f, const char *command, const char *args);
/* Must be refused; the sentence, valid until the next call. */
const char *admin_refused(struct people_fixture *f, const char *command, const char *args);
json_int_t number_of(json_t *answer, const char *name); /* of its result; releases the answer */
size_t row_count(json_t *answer);                       /* releases the answer */

struct phone_answer {
    int status;
    char location[HTTP_WANTED_VALUE_CAP], cache[HTTP_WANTED_VALUE_CAP];
    struct buffer body; /* finished by phone_answer_finish */
};
void phone_call(struct people_fixture *f, const char *method, const char *path, const char *body,
                struct phone_answer *out_answer);
void phone_answer_finish(struct phone_answer *answer);

/* A push as WeChat sends it, rightly signed for account "shop". fields: what stands after CreateTime. */
struct push {
    const char *openid, *fields;
    int64_t created_s;
};
void wechat_push(struct people_fixture *f, const struct push *push, struct phone_answer *out_answer);
/* Waits until the inbox is worked off. */
void wechat_settle(struct people_fixture *f);
/* The path of the member page in a reply; "" when there is none. */
void page_path(const struct phone_answer *answer, char out_path[128]);

bool folder_holds(const char *dir, const char *needle); /* in any file, byte for byte */

#endif
