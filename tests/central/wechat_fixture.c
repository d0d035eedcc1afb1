#include "wechat_fixture.h"

#include "domain/crypto.h"
#include "platform/encoding.h"
#include "platform/file.h"
#include "platform/log.h"

#include <dirent.h>
#include <openssl/sha.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY_MAX   (1024 * 1024)
#define FILE_LIMIT (64 * 1024 * 1024)

static void configure(struct people_fixture *f, struct central_config *config)
{
    central_config_defaults(config);
    snprintf(config->data, sizeof(config->data), "%s/data", f->dir);
    snprintf(config->public_url, sizeof(config->public_url), "%s", f->public_url);
    snprintf(config->url, sizeof(config->url), "https://127.0.0.1:8443");
    config->backup_hours = 0;
    assert_int_equal(central_config_complete(config), 0);
}

static void start(struct people_fixture *f, bool serve)
{
    struct central_options options = {.clock = &f->clock.base,
                                      .parts = central_parts,
                                      .part_count = central_part_count,
                                      .inline_jobs = !serve,
                                      .sync = DB_SYNC_NORMAL};
    configure(f, &options.config);
    assert_int_equal(central_open(&options, &f->central, NULL), 0);
}

static void listen_public(struct people_fixture *f)
{
    size_t count = 0;
    for (size_t i = 0; i < central_part_count; i++) {
        for (size_t r = 0; r < central_parts[i]->public_route_count; r++) {
            f->routes[count++] = central_parts[i]->public_routes[r];
        }
    }
    struct http_server_options server = {.routes = f->routes, .route_count = count, .context = f->central};
    assert_int_equal(http_server_open(&server, &f->server), 0);
    snprintf(f->public_url, sizeof(f->public_url), "http://127.0.0.1:%u", http_server_port(f->server));
    snprintf(f->central->config.public_url, sizeof(f->central->config.public_url), "%s", f->public_url);
}

void people_open(struct people_fixture *f, bool serve)
{
    memset(f, 0, sizeof(*f));
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(crypto_start(), 0);
    snprintf(f->dir, sizeof(f->dir), "/tmp/tillside-people-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->log, sizeof(f->log), "%s/log", f->dir);
    snprintf(f->public_url, sizeof(f->public_url), "http://shop.example");
    sim_clock_init(&f->clock, PEOPLE_START_MS);
    struct log_options log = {.quiet = true, .file = f->log};
    assert_int_equal(log_open(&log), 0);
    struct central_init_options init = {.brand_zh = "山河便利",
                                        .brand_en = "Shanhe Market",
                                        .clock = &f->clock.base,
                                        .parts = central_parts,
                                        .part_count = central_part_count};
    configure(f, &init.config);
    assert_int_equal(central_init_data(&init), 0);
    start(f, serve);
    if (serve) {
        listen_public(f);
        assert_int_equal(http_client_open(&(struct http_client_options){0}, &f->client), 0);
    }
}

void people_restart(struct people_fixture *f)
{
    bool serve = f->server != NULL;
    http_server_close(f->server);
    central_close(f->central);
    f->server = NULL;
    start(f, serve);
    if (serve) {
        listen_public(f);
    }
}

void people_open_store(struct people_fixture *f)
{
    people_open(f, false);
    json_decref(admin_do(f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\",\"earn_permille\":50}"));
}

void people_close(struct people_fixture *f)
{
    char command[128];
    http_client_close(f->client);
    http_server_close(f->server);
    central_close(f->central);
    log_close();
    snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
}

/* ---- admin */

static json_t *send_line(struct people_fixture *f, const char *command, const char *args)
{
    struct buffer reply;
    json_t *parsed = json_loads(args[0] ? args : "{}", 0, NULL);
    assert_non_null(parsed);
    json_t *request = json_pack("{s:s, s:o}", "command", command, "args", parsed);
    char *line = json_dumps(request, JSON_COMPACT);
    buffer_init(&reply, BODY_MAX);
    assert_int_equal(central_people.admin_line(f->central, line, strlen(line), &reply), 0);
    json_t *answer = json_loads(buffer_text(&reply), 0, NULL);
    assert_non_null(answer);
    buffer_finish(&reply);
    free(line);
    json_decref(request);
    return answer;
}

json_t *admin_do(struct people_fixture *f, const char *command, const char *args)
{
    json_t *answer = send_line(f, command, args);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        fail_msg("%s %s: %s", command, args, json_string_value(json_object_get(answer, "error")));
    }
    return answer;
}

const char *admin_refused(struct people_fixture *f, const char *command, const char *args)
{
    static char words[256];
    json_t *answer = send_line(f, command, args);
    assert_false(json_is_true(json_object_get(answer, "ok")));
    assert_true(json_is_true(json_object_get(answer, "refused")));
    snprintf(words, sizeof(words), "%s", json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
    return words;
}

json_int_t number_of(json_t *answer, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(json_object_get(answer, "result"), name));
    json_decref(answer);
    return number;
}

size_t row_count(json_t *answer)
{
    size_t count = json_array_size(json_object_get(json_object_get(answer, "result"), "rows"));
    json_decref(answer);
    return count;
}

/* ---- phone */

void phone_call(struct people_fixture *f, const char *method, const char *path, const char *body,
                struct phone_answer *out_answer)
{
    char url[1024];
    struct http_client_response response;
    snprintf(url, sizeof(url), "%s%s", f->public_url, path);
    struct http_client_request request = {.method = method,
                                          .url = url,
                                          .body = {(const uint8_t *)body, strlen(body)},
                                          .timeout_ms = 20000,
                                          .wanted = {"Location", "Cache-Control"}};
    buffer_init(&response.body, BODY_MAX);
    assert_int_equal(http_client_perform(f->client, &request, &response), 0);
    out_answer->status = response.status;
    out_answer->body = response.body;
    memcpy(out_answer->location, response.wanted[0], sizeof(out_answer->location));
    memcpy(out_answer->cache, response.wanted[1], sizeof(out_answer->cache));
}

void phone_answer_finish(struct phone_answer *answer)
{
    buffer_finish(&answer->body);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void wechat_push(struct people_fixture *f, const struct push *push, struct phone_answer *out_answer)
{
    char joined[128], hex[HEX_CAP(20)], path[256], xml[4096], nonce[24];
    uint8_t digest[20];
    /* WeChat's own retry keeps its query; another message has another one. */
    uint64_t mix = (uint64_t)push->created_s;
    for (const char *at = push->fields; *at; at++) {
        mix = mix * 131 + (uint8_t)*at;
    }
    snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)mix);
    const char *sorted[3] = {TOKEN, "1795000000", nonce};
    qsort(sorted, 3, sizeof(sorted[0]), compare_text);
    snprintf(joined, sizeof(joined), "%s%s%s", sorted[0], sorted[1], sorted[2]);
    SHA1((const unsigned char *)joined, strlen(joined), digest);
    hex_encode(digest, sizeof(digest), hex, sizeof(hex));
    snprintf(path, sizeof(path), "/wechat/shop?signature=%s&timestamp=1795000000&nonce=%s&openid=%s", hex, nonce,
             push->openid);
    snprintf(xml, sizeof(xml),
             "<xml><ToUserName><![CDATA[gh_shop]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"
             "<CreateTime>%lld</CreateTime>%s</xml>",
             push->openid, (long long)push->created_s, push->fields);
    phone_call(f, "POST", path, xml, out_answer);
}

static int count_waiting(struct people_fixture *f)
{
    return (int)number_of(admin_do(f, "wechat inbox", ""), "waiting");
}

/* The work is queued on the writer before a push's answer leaves, so a few round trips through it are enough. */
void wechat_settle(struct people_fixture *f)
{
    for (int i = 0; i < 1000 && count_waiting(f) > 0; i++) {
        json_decref(admin_do(f, "brand set", "{\"en\":\"Shanhe Market\"}"));
    }
    assert_int_equal(count_waiting(f), 0);
}

void page_path(const struct phone_answer *answer, char out_path[128])
{
    const char *at = strstr(buffer_text(&answer->body), "/m/");
    size_t len = at ? strcspn(at, "]<\n ") : 0;
    assert_true(len < 128);
    memcpy(out_path, at ? at : "", len);
    out_path[len] = '\0';
}

/* ---- files */

static bool file_holds(const char *path, const char *needle)
{
    struct buffer content;
    buffer_init(&content, FILE_LIMIT);
    bool found = file_read(path, &content) == 0 && content.len > 0 &&
                 memmem(content.data, content.len, needle, strlen(needle)) != NULL;
    buffer_finish(&content);
    return found;
}

bool folder_holds(const char *dir, const char *needle)
{
    DIR *folder = opendir(dir);
    bool found = false;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
        char path[512];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "%.200s/%.255s", dir, entry->d_name);
        found = entry->d_type == DT_DIR ? folder_holds(path, needle) : file_holds(path, needle);
    }
    closedir(folder);
    return found;
}
