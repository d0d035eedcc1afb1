#include "wechat_platform.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void answer_code(struct http_request *request, int code)
{
    char text[96];
    snprintf(text, sizeof(text), "{\"errcode\":%d,\"errmsg\":\"%s\"}", code, code ? "scripted" : "ok");
    http_request_answer_text(request, 200, "application/json", text);
}

static void give_token(struct http_request *request, void *context)
{
    struct platform *p = context;
    char text[128];
    struct slice body = http_request_body(request);
    json_t *asked = json_loadb((const char *)body.data, body.len, 0, NULL);
    pthread_mutex_lock(&p->mutex);
    bool down = p->down;
    p->tokens++;
    if (json_is_true(json_object_get(asked, "force_refresh"))) {
        p->forced++;
        p->serial++;
    }
    snprintf(text, sizeof(text), "{\"access_token\":\"token-%u\",\"expires_in\":7200}", p->serial);
    pthread_mutex_unlock(&p->mutex);
    json_decref(asked);
    if (down) {
        http_request_answer_text(request, 502, "text/html", "<html>bad gateway</html>");
    } else {
        http_request_answer_text(request, 200, "application/json", text);
    }
}

/* Under the mutex. */
static int next_code(struct platform *p, const char *token)
{
    char valid[32];
    snprintf(valid, sizeof(valid), "token-%u", p->serial);
    if (p->stubborn || !token || strcmp(token, valid) != 0) {
        return 40001;
    }
    if (p->always) {
        return p->always;
    }
    return p->code_next < p->code_count ? p->codes[p->code_next++] : 0;
}

static void write_log(struct platform *p, const char *path, struct slice body)
{
    size_t used = strlen(p->log);
    snprintf(p->log + used, sizeof(p->log) - used, "%s %.*s\n", path, (int)body.len,
             body.len ? (const char *)body.data : "");
}

static void answer_call(struct http_request *request, void *context)
{
    struct platform *p = context;
    const char *path = http_request_path_param(request, "path");
    pthread_mutex_lock(&p->mutex);
    bool down = p->down;
    int code = next_code(p, http_request_query_param(request, "access_token"));
    p->calls++;
    if (code == 0 && !down) {
        write_log(p, path, http_request_body(request));
    }
    unsigned call = p->calls;
    if (p->slow) {
        sim_clock_advance(p->slow, p->slow_ms);
    }
    pthread_mutex_unlock(&p->mutex);
    char text[128];
    if (down) {
        http_request_answer_text(request, 502, "text/html", "<html>bad gateway</html>");
    } else if (code == 0 && strcmp(path, "qrcode/create") == 0) {
        bool temporary = strstr((const char *)http_request_body(request).data, "expire_seconds") != NULL;
        snprintf(text, sizeof(text), "{\"ticket\":\"gQ\",%s\"url\":\"http://weixin.qq.com/q/made-%u\"}",
                 temporary ? "\"expire_seconds\":2592000," : "", call);
        http_request_answer_text(request, 200, "application/json", text);
    } else if (code == 0 && strcmp(path, "user/info/batchget") == 0) {
        http_request_answer_text(request, 200, "application/json", p->info);
    } else if (code == 0 && strcmp(path, "user/get") == 0) {
        http_request_answer_text(request, 200, "application/json", p->followers);
    } else {
        answer_code(request, code);
    }
}

static const struct http_route routes[] = {
    {"POST", "/cgi-bin/stable_token", give_token, 4096},
    {"POST", "/cgi-bin/{path*}", answer_call, 65536},
    {"GET", "/cgi-bin/{path*}", answer_call, 0},
};

void platform_open(struct platform *p)
{
    memset(p, 0, sizeof(*p));
    pthread_mutex_init(&p->mutex, NULL);
    p->serial = 1;
    struct http_server_options options = {.routes = routes, .route_count = ARRAY_LEN(routes), .context = p};
    assert_int_equal(http_server_open(&options, &p->server), 0);
    snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%u", http_server_port(p->server));
}

void platform_close(struct platform *p)
{
    http_server_close(p->server);
    pthread_mutex_destroy(&p->mutex);
}

void platform_script(struct platform *p, const int *codes, unsigned count)
{
    pthread_mutex_lock(&p->mutex);
    memcpy(p->codes, codes, count * sizeof(*codes));
    p->code_count = count;
    p->code_next = 0;
    pthread_mutex_unlock(&p->mutex);
}

unsigned platform_saw(struct platform *p, const char *needle)
{
    unsigned count = 0;
    pthread_mutex_lock(&p->mutex);
    for (const char *at = strstr(p->log, needle); at; at = strstr(at + 1, needle)) {
        count++;
    }
    pthread_mutex_unlock(&p->mutex);
    return count;
}

bool platform_saw_in_order(struct platform *p, const char *first, const char *second)
{
    pthread_mutex_lock(&p->mutex);
    const char *a = strstr(p->log, first), *b = strstr(p->log, second);
    bool ordered = a && b && a < b;
    pthread_mutex_unlock(&p->mutex);
    return ordered;
}

void platform_open_shop(struct platform *p, struct people_fixture *f)
{
    char args[256];
    people_open(f, false);
    platform_open(p);
    snprintf(args, sizeof(args),
             "{\"name\":\"shop\",\"token\":\"" TOKEN "\",\"api\":\"%s\",\"appid\":\"wx1\",\"secret\":\"s\"}", p->url);
    json_decref(admin_do(f, "wechat account", args));
}

void platform_close_shop(struct platform *p, struct people_fixture *f)
{
    people_close(f);
    platform_close(p);
}
