#ifndef CENTRAL_COMMAND_H
#define CENTRAL_COMMAND_H

/* The program's commands, their options and exit codes. Only these files write to stderr and the log. */

#include "central/people.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_NO_DATA = 3,  /* no `init` yet */
    EXIT_HAS_DATA = 4, /* `init` where there is something */
    EXIT_LOCKED = 5,   /* another process has the books */
    EXIT_PORT = 6,     /* an address cannot be listened on */
    EXIT_DAMAGED = 7,  /* the books, a key or the chain of a journal */
    EXIT_DISK = 8,     /* full, or failing */
};

struct command_options {
    struct central_config config;
    const char *brand_zh, *brand_en; /* --brand-name, --brand-name-en */
    const char *log_file;            /* --log */
    const char *played_clock;        /* --played-clock, in builds with TILLSIDE_SIM; NULL: the machine's time */
};

/* Reads the options that the commands share; argv[0] is the command's name. 0, or EXIT_USAGE after saying why. */
MUST_CHECK int command_parse(int argc, char **argv, struct command_options *out_options);

/* Says on stderr why something failed and what to do; returns the exit code. */
int command_explain(const struct central_config *config, const char *doing, int error);

int command_init(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif
