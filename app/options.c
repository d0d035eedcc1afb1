#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "tillside-terminal: the program on a store terminal\n"
    "\n"
    "  --board NAME|FILE   board folder name or board.ini (default: desk)\n"
    "  --data DIR          where the books and the key are kept (default: ./run/terminal)\n"
    "  --device D=BACKEND  override one device of the board, e.g. camera=folder:/tmp/codes; may be repeated\n"
    "  --lan ADDR:PORT|off where the store's other terminals reach this one (default: the board's, or 0.0.0.0:7443)\n"
    "  --assets DIR        icons, translations and boards (default: beside the program)\n"
    "  --lang zh_CN|en     language that is shown first (default: zh_CN)\n"
    "  --font FAMILY       another font than the theme's\n"
#ifdef TILLSIDE_SIM
    "  --control PATH      Unix socket that plays the simulated devices (docs/control.md)\n"
#endif
    "  --help, --version\n"
    "\n"
    "tillside-terminal doctor|export --help: look at a data folder, take its journal out\n"
    "\n"
    "Exit codes: 0 stopped, 1 failed, 2 wrong usage, 3 board file, 4 no screen, 5 data folder in use, 6 data folder\n"
    "cannot be written.\n";

void options_help(void)
{
    fputs(help, stdout);
}

/* The assets lie beside the programs of a build, or where a package puts them. */
static void default_assets(char out[OPTION_PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    snprintf(out, OPTION_PATH_MAX, "/usr/share/tillside");
    if (len <= 0)
        return;
    self[len] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(self, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
    char beside[OPTION_PATH_MAX];
    int len_beside = snprintf(beside, sizeof(beside), "%s/assets", self);
    if (len_beside < OPTION_PATH_MAX && access(beside, R_OK) == 0)
        memcpy(out, beside, sizeof(beside));
}

static int put(char *out, size_t cap, const char *value, const char *option)
{
    if (strlen(value) >= cap) {
        fprintf(stderr, "tillside-terminal: %s is too long\n", option);
        return -EINVAL;
    }
    snprintf(out, cap, "%s", value);
    return 0;
}

int options_lan(const char *text, char out_host[LAN_HOST_MAX], uint16_t *out_port)
{
    const char *colon = strrchr(text, ':');
    struct in_addr address;
    char *end;
    if (colon == NULL || (size_t)(colon - text) >= LAN_HOST_MAX || colon[1] < '0' || colon[1] > '9')
        return -EINVAL;
    char host[LAN_HOST_MAX] = "";
    memcpy(host, text, (size_t)(colon - text));
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX || inet_pton(AF_INET, host, &address) != 1)
        return -EINVAL;
    memcpy(out_host, host, LAN_HOST_MAX);
    *out_port = (uint16_t)port;
    return 0;
}

static int put_language(struct options *options, const char *value)
{
    if (strcmp(value, "zh_CN") == 0 || strcmp(value, "zh") == 0)
        options->language = LANGUAGE_ZH_CN;
    else if (strcmp(value, "en") == 0)
        options->language = LANGUAGE_EN;
    else {
        fprintf(stderr, "tillside-terminal: --lang %s: there are zh_CN and en\n", value);
        return -EINVAL;
    }
    return 0;
}

static int put_lan(struct options *options, const char *value)
{
    char host[LAN_HOST_MAX];
    uint16_t port;
    if (strcmp(value, "off") != 0 && options_lan(value, host, &port) != 0) {
        fprintf(stderr, "tillside-terminal: --lan %s: a numeric address and a port, 0.0.0.0:7443, or off\n", value);
        return -EINVAL;
    }
    return put(options->lan, sizeof(options->lan), value, "--lan");
}

static int put_override(struct options *options, const char *value)
{
    if (options->override_count == OPTION_OVERRIDES_MAX) {
        fprintf(stderr, "tillside-terminal: at most %d --device\n", OPTION_OVERRIDES_MAX);
        return -EINVAL;
    }
    options->overrides[options->override_count++] = value;
    return 0;
}

static int take(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'b':
        return put(options->board, sizeof(options->board), value, "--board");
    case 'd':
        return put(options->data, sizeof(options->data), value, "--data");
    case 'a':
        return put(options->assets, sizeof(options->assets), value, "--assets");
    case 'c':
        return put(options->control, sizeof(options->control), value, "--control");
    case 'f':
        return put(options->font, sizeof(options->font), value, "--font");
    case 'n':
        return put_lan(options, value);
    case 'l':
        return put_language(options, value);
    case 'o':
        return put_override(options, value);
    case 'h':
        options->show_help = true;
        return 0;
    case 'v':
        options->show_version = true;
        return 0;
    default:
        fputs("tillside-terminal: see --help\n", stderr);
        return -EINVAL;
    }
}

int options_parse(int argc, char **argv, struct options *out_options)
{
    static const struct option longs[] = {{"board", required_argument, NULL, 'b'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"assets", required_argument, NULL, 'a'},
                                          {"lang", required_argument, NULL, 'l'},
                                          {"lan", required_argument, NULL, 'n'},
                                          {"font", required_argument, NULL, 'f'},
                                          {"device", required_argument, NULL, 'o'},
#ifdef TILLSIDE_SIM
                                          {"control", required_argument, NULL, 'c'},
#endif
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.board = "desk", .data = "run/terminal", .language = LANGUAGE_ZH_CN};
    int option, result = 0;

    default_assets(options.assets);
    optind = 1;
    while (result == 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
        result = take(&options, option, optarg);
    if (result == 0 && optind < argc) {
        fprintf(stderr, "tillside-terminal: %s: not understood, see --help\n", argv[optind]);
        result = -EINVAL;
    }
    if (result == 0)
        *out_options = options;
    return result;
}
