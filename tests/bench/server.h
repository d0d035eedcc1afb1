#ifndef TESTS_BENCH_SERVER_H
#define TESTS_BENCH_SERVER_H

/* A real tillside-central process with the demo brand, and terminals that only speak its protocol. */

#include "bench.h"
#include "domain/enrolment.h"
#include "domain/record.h"
#include "platform/http_client.h"

struct bench_server {
    char data[128];
    pid_t pid;
    int out; /* where it says "ready" */
    uint16_t port;
};

/* url: what tickets name, or NULL for the server's own. The folder must not be there yet. */
MUST_CHECK int bench_server_start(const char *data, const char *url, struct bench_server *out_server);
void bench_server_stop(struct bench_server *server); /* harmless on one that was not started */
/* One admin command, words separated by blanks; its JSON, a new reference, or NULL. */
struct json_t *bench_server_admin(const struct bench_server *server, const char *words);
/* A new ticket for this store, and the word of the operator that the digits are right. */
MUST_CHECK int bench_server_ticket(const struct bench_server *server, uint32_t store, char out_text[ENROL_TEXT_MAX]);
MUST_CHECK int bench_server_confirm(const struct bench_server *server, const char *digits);

/* One thread at a time. */
struct bench_uploader {
    struct http_client *client;
    char url[ENROL_URL_MAX], pin[80];
    char key_id[24];
    struct key_pair pair;
    uint32_t terminal, store, incarnation;
    uint64_t seq; /* of the last record made */
    uint8_t last_hash[HASH_LEN];
};
MUST_CHECK int bench_uploader_open(const struct bench_server *server, uint32_t store, struct bench_uploader *out);
void bench_uploader_close(struct bench_uploader *uploader); /* harmless on zeros */

/* What goes over the wire: `records` records of a working day, signed and compressed; owned by the caller. */
struct bench_parcel {
    uint8_t *data;
    size_t len;
};
MUST_CHECK int bench_parcel_make(struct bench_uploader *uploader, unsigned records, struct bench_parcel *out_parcel);
/* Sends it signed and reads the answer; 0 when central has it on disk. */
MUST_CHECK int bench_parcel_send(struct bench_uploader *uploader, const struct bench_parcel *parcel);

#endif
