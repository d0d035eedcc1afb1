#ifndef CENTRAL_ADMIN_SESSION_H
#define CENTRAL_ADMIN_SESSION_H

/* The client's end: the admin socket of a running serve, or, when none runs, the books opened by ourselves. */

#include "central/admin/command.h"
#include "platform/unixsock.h"

#define ADMIN_ERROR_CAP 1024

enum admin_exit {
    ADMIN_OK = 0,
    ADMIN_REFUSED = 1,    /* understood, and said no to */
    ADMIN_USAGE = 2,      /* not a command, or wrong arguments */
    ADMIN_NO_CONTACT = 3, /* no serve answers and the books cannot be opened */
    ADMIN_FAILED = 4,     /* storage, files, memory */
};

struct admin_session {
    struct line_client *client;  /* NULL: own books */
    struct central *central;     /* NULL: over the socket */
    bool json;                   /* machine output */
    char error[ADMIN_ERROR_CAP]; /* of the last call, for the operator */
};

/* *config names data folder and socket. An admin_exit. */
MUST_CHECK int admin_session_open(struct admin_session *session, const struct central_config *config);
void admin_session_close(struct admin_session *session);

/* One command; args' reference is taken. ADMIN_OK with *out_answer = {"result","pictures"}, to be released by the
 * caller; else an admin_exit and session->error. */
MUST_CHECK int admin_session_call(struct admin_session *session, const char *command, json_t *args,
                                  json_t **out_answer);

/* For people: tables and "name  value" lines. */
void admin_format(const json_t *result);

/* Draws pictures into files. path: one file (.png or .svg), or NULL; folder: NAME.png each, or NULL. Appends the names
 * of the files to *files. 0 or -errno. */
struct admin_picture_target {
    const char *path, *folder;
    bool svg;
};
MUST_CHECK int admin_draw_pictures(const json_t *pictures, const struct admin_picture_target *target, json_t *files);

/* argv → args by the command's spec. The outputs ("o") stay in *out_args too, under their names; the caller takes them
 * out. ADMIN_OK; ADMIN_USAGE or, when a file cannot be read, ADMIN_FAILED after saying why on stderr. */
MUST_CHECK int admin_parse_args(const struct admin_command *command, int argc, char **argv, json_t **out_args);
/* The CSV in batches of rows; the text is changed. quiet: prints nothing. import.c */
MUST_CHECK int admin_import_products(struct admin_session *session, char *csv, size_t len, bool quiet);

void admin_print_usage(const struct admin_command *command); /* NULL: all of them */
bool admin_print_group(const char *word);                    /* those that begin with it; false: there are none */

#endif
