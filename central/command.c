#include "central/command.h"
#include "domain/feed.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code {
    OPTION_DATA = 256,
    OPTION_LISTEN,
    OPTION_PUBLIC,
    OPTION_ADMIN_SOCKET,
    OPTION_URL,
    OPTION_PUBLIC_URL,
    OPTION_BACKUP_HOURS,
    OPTION_BRAND_NAME,
    OPTION_BRAND_NAME_EN,
    OPTION_LOG,
    OPTION_WEBHOOKS_ANYWHERE,
    OPTION_PLAYED_CLOCK,
};

static const struct option long_options[] = {
    {"data", required_argument, NULL, OPTION_DATA},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"public", required_argument, NULL, OPTION_PUBLIC},
    {"admin-socket", required_argument, NULL, OPTION_ADMIN_SOCKET},
    {"url", required_argument, NULL, OPTION_URL},
    {"public-url", required_argument, NULL, OPTION_PUBLIC_URL},
    {"backup-hours", required_argument, NULL, OPTION_BACKUP_HOURS},
    {"brand-name", required_argument, NULL, OPTION_BRAND_NAME},
    {"brand-name-en", required_argument, NULL, OPTION_BRAND_NAME_EN},
    {"log", required_argument, NULL, OPTION_LOG},
    {"webhooks-anywhere", no_argument, NULL, OPTION_WEBHOOKS_ANYWHERE},
#ifdef TILLSIDE_SIM
    {"played-clock", required_argument, NULL, OPTION_PLAYED_CLOCK},
#endif
    {NULL, 0, NULL, 0},
};

static bool copy_text(const char *text, char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "%s", text) < cap;
}

static bool parse_hours(const char *text, uint32_t *out_hours)
{
    char *end = NULL;
    unsigned long hours = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || hours > 8760)
        return false;
    *out_hours = (uint32_t)hours;
    return true;
}

static bool take_option(int code, const char *value, struct command_options *options)
{
    struct central_config *config = &options->config;
    switch (code) {
    case OPTION_DATA:
        return copy_text(value, config->data, sizeof(config->data));
    case OPTION_LISTEN:
        return central_endpoint_parse(value, &config->listen) == 0;
    case OPTION_PUBLIC:
        return central_endpoint_parse(value, &config->public_listen) == 0;
    case OPTION_ADMIN_SOCKET:
        return copy_text(value, config->admin_socket, sizeof(config->admin_socket));
    case OPTION_URL:
        return copy_text(value, config->url, sizeof(config->url));
    case OPTION_PUBLIC_URL:
        return copy_text(value, config->public_url, sizeof(config->public_url));
    case OPTION_BACKUP_HOURS:
        return parse_hours(value, &config->backup_hours);
    case OPTION_BRAND_NAME:
        options->brand_zh = value;
        return strlen(value) < FEED_NAME_MAX;
    case OPTION_BRAND_NAME_EN:
        options->brand_en = value;
        return strlen(value) < FEED_NAME_MAX;
    case OPTION_WEBHOOKS_ANYWHERE:
        config->webhooks_anywhere = true;
        return true;
    case OPTION_LOG:
        options->log_file = value;
        return true;
    case OPTION_PLAYED_CLOCK:
        options->played_clock = value;
        return true;
    default:
        return false;
    }
}

static int usage_fault(const char *command, const char *what, const char *value)
{
    fprintf(stderr, "tillside-central %s: %s%s%s\nTry: tillside-central --help\n", command, what, value ? ": " : "",
            value ? value : "");
    return EXIT_USAGE;
}

int command_parse(int argc, char **argv, struct command_options *out_options)
{
    struct command_options options = {.brand_zh = "示范品牌", .brand_en = "Demo Brand"};
    central_config_defaults(&options.config);
    optind = 1;
    for (;;) {
        int index = 0;
        int code = getopt_long(argc, argv, "", long_options, &index);
        if (code == -1)
            break;
        if (code == '?')
            return usage_fault(argv[0], "see above", NULL);
        if (!take_option(code, optarg, &options)) {
            char what[64];
            snprintf(what, sizeof(what), "wrong value for --%s", long_options[index].name);
            return usage_fault(argv[0], what, optarg);
        }
    }
    if (optind < argc)
        return usage_fault(argv[0], "unexpected argument", argv[optind]);
    if (!options.config.data[0])
        return usage_fault(argv[0], "--data DIR is missing", NULL);
    int rc = central_config_complete(&options.config);
    if (rc < 0)
        return usage_fault(argv[0], "an address or path is too long", NULL);
    *out_options = options;
    return 0;
}

int command_explain(const struct central_config *config, const char *doing, int error)
{
    const char *data = config->data;
    switch (error) {
    case -ENOENT:
        fprintf(stderr,
                "tillside-central: cannot %s: %s holds no books or not all of its keys.\n"
                "Make them once with: tillside-central init --data %s\n"
                "or restore a backup: books (%s/backup), keys/ and tls.pem belong together.\n",
                doing, data, data, data);
        return EXIT_NO_DATA;
    case -EEXIST:
        fprintf(stderr,
                "tillside-central: cannot %s: %s already holds books or keys; nothing was changed.\n"
                "Choose an empty folder, or start what is there with: tillside-central serve --data %s\n",
                doing, data, data);
        return EXIT_HAS_DATA;
    case -EUCLEAN:
        fprintf(stderr,
                "tillside-central: cannot %s: the books in %s are damaged.\n"
                "Keep a copy of the folder, then put the newest file of %s/backup in the place of central.db\n"
                "(remove central.db-wal and central.db-shm): the terminals send what is missing by themselves.\n",
                doing, data, data);
        return EXIT_DAMAGED;
    case -EBADMSG:
    case -EKEYREJECTED:
        fprintf(stderr,
                "tillside-central: cannot %s: a file in %s/keys or tls.pem is not what it should be.\n"
                "Restore keys/ and tls.pem from your copy.\n",
                doing, data);
        return EXIT_DAMAGED;
    case -ENOSPC:
        fprintf(stderr, "tillside-central: cannot %s: the disk of %s is full. Make room and start again.\n", doing,
                data);
        return EXIT_DISK;
    case -EIO:
        fprintf(stderr,
                "tillside-central: cannot %s: the disk of %s failed to read or write. Look at the kernel's log;\n"
                "nothing that was acknowledged is lost as long as the disk keeps what it synced.\n",
                doing, data);
        return EXIT_DISK;
    case -EACCES:
    case -EPERM:
        fprintf(stderr,
                "tillside-central: cannot %s: no permission in %s. The folder and its keys must belong to the user\n"
                "that runs central, and nobody else may read the keys (chmod 600).\n",
                doing, data);
        return EXIT_OTHER;
    case -ENOTSUP:
        fprintf(stderr, "tillside-central: cannot %s: the books in %s were made by a newer version.\n", doing, data);
        return EXIT_OTHER;
    default:
        fprintf(stderr, "tillside-central: cannot %s: %s\n", doing, strerror(-error));
        return EXIT_OTHER;
    }
}
