#ifndef CENTRAL_ADMIN_COMMAND_H
#define CENTRAL_ADMIN_COMMAND_H

/*
 * The tables of `tillside-central admin` commands, shared by both ends of the admin socket. A line is
 * {"command":"coupon issue","args":{"campaign":1001}}; the answer is {"ok":true,"result":{…},"pictures":[…]} or
 * {"ok":false,"error":"…","refused":true|false}.
 *
 * args: what the command takes, tokens separated by blanks: NAME:kind is a positional argument, [NAME:kind] one that
 * may be left out, --name:kind an option, --name!:kind an option that must be given. Kinds: t text ("-" as the value
 * reads a line from stdin)   n number   m money ("12.50", sent in fen)   b flag   d moment: a day "YYYY-MM-DD" (sent in
 * Unix seconds) or a distance from now, "+5d", "-2h", "+30m" (sent in seconds, less than ADMIN_DISTANCE_END_S either
 * way)   f file (its content is sent)   o path the client writes pictures to (not sent). In "args" names are lower case
 * with '_'.
 */

#include "central/server.h"

#include <jansson.h>

/* Of a kind d: nearer to 0 is a distance, which serve adds to its clock; no day before it (1973) can be said. */
#define ADMIN_DISTANCE_END_S INT64_C(100000000)

struct admin_call {
    struct central *central;
    const json_t *args;
    json_t *result;   /* object, the command fills it; "rows" is shown as a table */
    json_t *pictures; /* array of {name, text, title, caption, note} that the client draws */
    char error[256];  /* of a refusal, for the operator; "" = the errno's own sentence */
    struct {
        uint8_t salt[16], hash[32]; /* of "pin", made outside the transaction because that is slow on purpose */
        bool given;
    } pin;
};

struct admin_session;

struct admin_command {
    const char *name;
    const char *args;
    const char *help;
    /* At most one of the four is set; all of them run in serve but `client`. -errno refuses. */
    int (*read)(struct admin_call *call, struct store_tx *tx);  /* in a snapshot */
    int (*write)(struct admin_call *call, struct store_tx *tx); /* on the writer's thread */
    int (*run)(struct admin_call *call);                        /* by itself, no transaction */
    int (*client)(struct admin_session *session, const struct admin_command *command, json_t *args);
    bool rows; /* answers a table: "rows" is there even when it is empty */
    /* args of the command that may be sent but not typed (the client makes them from a file) */
    bool internal;
};

struct admin_group {
    const struct admin_command *commands;
    size_t count;
};

extern const struct admin_group *const admin_groups[]; /* commands.c */
extern const size_t admin_group_count;

const struct admin_command *admin_command_find(const char *name);
/* Command number `index` over all groups; NULL after the last. */
const struct admin_command *admin_command_at(size_t index);

/* ---- one argument of a spec */
struct admin_argument {
    char name[24]; /* as sent */
    char kind;
    bool option, required;
};
/* The next argument of *spec, which advances; false at the end. Asserts on a malformed table. */
bool admin_argument_next(const char **spec, struct admin_argument *out_argument);

/* ---- for commands */
const char *admin_text(const struct admin_call *call, const char *name, const char *fallback);
int64_t admin_number(const struct admin_call *call, const char *name, int64_t fallback);
/* Kind d as Unix ms, distances reckoned from now; 0: absent. What is no moment of ours was refused before. */
int64_t admin_moment_ms(const struct admin_call *call, const char *name);
/* How many rows at most; fallback when absent or out of range. */
int64_t admin_rows(const struct admin_call *call, uint32_t fallback);
bool admin_given(const struct admin_call *call, const char *name);
/* 0 when absent; out of range, a number that nothing has: 0 may mean "all". */
#define ADMIN_NO_NUMBER UINT32_MAX
uint32_t admin_u32(const struct admin_call *call, const char *name);
/* Copies into a fixed array; -E2BIG with a sentence when it does not fit, untouched when absent. */
MUST_CHECK int admin_copy_text(struct admin_call *call, const char *name, char *out, size_t cap);
/* Sets the sentence and returns rc. */
int admin_refuse(struct admin_call *call, int rc, const char *format, ...) __attribute__((format(printf, 3, 4)));
void admin_add_row(struct admin_call *call, json_t *row); /* takes the reference */
void admin_set(struct admin_call *call, const char *name, json_t *value);
struct admin_picture {
    const char *name, *text;            /* required */
    const char *title, *caption, *note; /* or NULL */
};
void admin_add_picture(struct admin_call *call, const struct admin_picture *picture);

/* After a command ended with -ENOENT and no words of its own: which of the things it names is not there, and what is.
 * Leaves "not found" where it cannot tell. */
void admin_explain_missing(struct admin_call *call);

/* Serve's side: one line in, one object out (central_part.admin_line). */
MUST_CHECK int admin_line(struct central *central, const char *line, size_t len, struct buffer *reply);

#endif
