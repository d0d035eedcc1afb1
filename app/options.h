#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "hal/board.h"
#include "view/view_model.h"

#define OPTION_PATH_MAX      192
#define OPTION_OVERRIDES_MAX 16

/* Exit codes of tillside-terminal; documented in --help. */
enum app_exit {
    APP_EXIT_OK = 0,
    APP_EXIT_FAILED = 1,
    APP_EXIT_USAGE = 2,
    APP_EXIT_BOARD = 3,   /* board file wrong or missing */
    APP_EXIT_DISPLAY = 4, /* no screen could be opened */
    APP_EXIT_BUSY = 5,    /* another terminal runs on this data folder */
    APP_EXIT_DATA = 6,    /* data folder cannot be made or written */
};

struct options {
    char board[OPTION_PATH_MAX]; /* folder name below boards_dir, or a path to a board.ini */
    char data[OPTION_PATH_MAX];
    char assets[OPTION_PATH_MAX];
    char control[OPTION_PATH_MAX]; /* "" = none */
    char font[64];                 /* "" = the theme's */
    char lan[48];                  /* "" = the board's */
    enum language language;
    const char *overrides[OPTION_OVERRIDES_MAX];
    int override_count;
    bool show_help, show_version;
};

#define LAN_HOST_MAX 16
/* "192.168.1.20:7443"; -EINVAL when it is none. */
MUST_CHECK int options_lan(const char *text, char out_host[LAN_HOST_MAX], uint16_t *out_port);

/* -EINVAL with a message on stderr. Points into argv. */
MUST_CHECK int options_parse(int argc, char **argv, struct options *out_options);
void options_help(void);

#endif
