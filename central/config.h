#ifndef CENTRAL_CONFIG_H
#define CENTRAL_CONFIG_H

/* Options of `tillside-central serve` (and of `init`, `doctor`, `admin`, as far as they use them). */

#include "central/store/store.h"

#define CENTRAL_ADDRESS_MAX 64
#define CENTRAL_URL_MAX     128

/* What stands in the data folder. */
#define CENTRAL_DB_FILE      "central.db"
#define CENTRAL_LOCK_FILE    "db.lock"
#define CENTRAL_EPOCH_FILE   "server-epoch"
#define CENTRAL_TLS_FILE     "tls.pem"
#define CENTRAL_KEYS_DIR     "keys"
#define CENTRAL_BACKUP_DIR   "backup"
#define CENTRAL_ADMIN_SOCKET "admin.sock"

struct central_endpoint {
    char address[CENTRAL_ADDRESS_MAX]; /* numeric */
    uint16_t port;
};

struct central_config {
    char data[STORE_PATH_MAX];             /* --data */
    struct central_endpoint listen;        /* --listen, TLS, terminals; default 127.0.0.1:8443 */
    struct central_endpoint public_listen; /* --public, plain, phones and WeChat; default 127.0.0.1:8080 */
    char admin_socket[STORE_PATH_MAX];     /* --admin-socket; default DATA/admin.sock */
    char url[CENTRAL_URL_MAX];             /* --url: what enrolment tickets name; default https://<listen> */
    char public_url[CENTRAL_URL_MAX];      /* --public-url: what phones open; default http://<public> */
    uint32_t backup_hours;                 /* --backup-hours; default 24, 0 = none */
    bool webhooks_anywhere;                /* --webhooks-anywhere: also to http and to addresses inside the house */
};

void central_config_defaults(struct central_config *config);
/* Fills what follows from the rest: admin socket, both URLs. -ENAMETOOLONG. */
MUST_CHECK int central_config_complete(struct central_config *config);

/* "127.0.0.1:8443", "[::1]:0". -EINVAL. */
MUST_CHECK int central_endpoint_parse(const char *text, struct central_endpoint *out_endpoint);

/* DATA/name. -ENAMETOOLONG. */
MUST_CHECK int central_config_path(const struct central_config *config, const char *name, char *out_path, size_t cap);

#endif
