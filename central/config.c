#include "central/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void central_config_defaults(struct central_config *config)
{
    *config = (struct central_config){
        .listen = {"127.0.0.1", 8443},
        .public_listen = {"127.0.0.1", 8080},
        .backup_hours = 24,
    };
}

static int parse_port(const char *text, uint16_t *out_port)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return -EINVAL;
    *out_port = (uint16_t)port;
    return 0;
}

int central_endpoint_parse(const char *text, struct central_endpoint *out_endpoint)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return -EINVAL;
    const char *start = text;
    size_t len = (size_t)(colon - text);
    if (*start == '[') {
        if (len < 3 || start[len - 1] != ']')
            return -EINVAL;
        start++;
        len -= 2;
    }
    struct central_endpoint endpoint;
    if (len >= sizeof(endpoint.address))
        return -EINVAL;
    memcpy(endpoint.address, start, len);
    endpoint.address[len] = '\0';
    int rc = parse_port(colon + 1, &endpoint.port);
    if (rc == 0)
        *out_endpoint = endpoint;
    return rc;
}

int central_config_path(const struct central_config *config, const char *name, char *out_path, size_t cap)
{
    return (size_t)snprintf(out_path, cap, "%s/%s", config->data, name) < cap ? 0 : -ENAMETOOLONG;
}

static int complete_url(const char *scheme, const struct central_endpoint *endpoint, char out_url[CENTRAL_URL_MAX])
{
    bool v6 = strchr(endpoint->address, ':') != NULL;
    int len = snprintf(out_url, CENTRAL_URL_MAX, "%s://%s%s%s:%u", scheme, v6 ? "[" : "", endpoint->address,
                       v6 ? "]" : "", endpoint->port);
    return len < CENTRAL_URL_MAX ? 0 : -ENAMETOOLONG;
}

int central_config_complete(struct central_config *config)
{
    int rc = 0;
    if (!config->admin_socket[0])
        rc = central_config_path(config, CENTRAL_ADMIN_SOCKET, config->admin_socket, sizeof(config->admin_socket));
    if (rc == 0 && !config->url[0])
        rc = complete_url("https", &config->listen, config->url);
    if (rc == 0 && !config->public_url[0])
        rc = complete_url("http", &config->public_listen, config->public_url);
    return rc;
}
