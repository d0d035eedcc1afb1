#include "wechat.h"

#include "bench.h"
#include "central/wechat/envelope.h"
#include "central/wechat/signature.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_CAP 4096
#define ANSWER_CAP  8192
#define LIMIT_S     600
#define DAY_S       86400

enum stage { IDLE, SENDING, READING };

struct link {
    int fd; /* -1: to be connected */
    enum stage stage;
    bool again; /* the push under way is a second one */
    uint64_t push;
    int64_t started_ns;
    size_t len, sent, got;
    char request[REQUEST_CAP], answer[ANSWER_CAP];
};

struct run {
    const struct wechat_load *load;
    struct wechat_load_result *result;
    struct envelope_key key;
    int epoll;
    struct link *links;
    uint64_t next, total, reported;
    double *latencies_ms;
    int64_t now_s;
};

/* ---- what the phones do: a quarter follow, the rest write, scan, tap */

/* The push-th of the day, about a person who has followed by then. */
static void write_message(const struct run *run, uint64_t push, char *out, size_t cap)
{
    static const char head[] = "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName><FromUserName><![CDATA["
                               "oPeakDay%020" PRIu64 "]]></FromUserName><CreateTime>%" PRId64 "</CreateTime>";
    uint32_t follows = run->load->follows;
    uint64_t person = push < follows ? push : bench_scatter(push) % follows;
    int64_t created_s = run->now_s - DAY_S + (int64_t)(push * DAY_S / run->total);
    int len = snprintf(out, cap, head, person, created_s);
    unsigned scene = (unsigned)(push % WECHAT_BENCH_SCENES) + 1;
    if (push < follows)
        snprintf(
            out + len, cap - (size_t)len,
            "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_t%u]]>"
            "</EventKey><Ticket><![CDATA[gQH47joAAAAAAAAAASxodHRwOi8v]]></Ticket></xml>",
            scene);
    else if (push % 3 == 0)
        snprintf(out + len, cap - (size_t)len,
                 "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[menu_%" PRIu64
                 "]]></EventKey></xml>",
                 push);
    else
        snprintf(out + len, cap - (size_t)len,
                 "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[有没有优惠券？第 %" PRIu64
                 " 条]]></Content><MsgId>%" PRIu64 "</MsgId></xml>",
                 push, UINT64_C(24000000000000000) + push);
}

static int seal_message(const struct run *run, uint64_t push, struct buffer *out_encrypted)
{
    char message[1024];
    uint8_t random[ENVELOPE_RANDOM_LEN] = {0};
    uint64_t noise = bench_scatter(push);
    memcpy(random, &noise, sizeof(noise));
    write_message(run, push, message, sizeof(message));
    return envelope_seal(&run->key, random, (struct slice){(const uint8_t *)message, strlen(message)}, out_encrypted);
}

static void write_request(const struct run *run, struct link *link, const char *encrypted)
{
    char timestamp[24], nonce[24], signature[WECHAT_SIGNATURE_CAP], body[REQUEST_CAP - 512];
    snprintf(timestamp, sizeof(timestamp), "%" PRId64, run->now_s);
    snprintf(nonce, sizeof(nonce), "%" PRIu64, bench_scatter(link->push + 7) >> 24);
    struct wechat_signature parts = {.timestamp = timestamp, .nonce = nonce, .encrypted = encrypted};
    int made = wechat_signature_make(WECHAT_BENCH_TOKEN, &parts, signature);
    int body_len = snprintf(body, sizeof(body),
                            "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt>"
                            "</xml>",
                            encrypted);
    link->len = (size_t)snprintf(link->request, sizeof(link->request),
                                 "POST /wechat/load?signature=x&timestamp=%s&nonce=%s&openid=o&encrypt_type=aes"
                                 "&msg_signature=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
                                 "Content-Length: %d\r\n\r\n%s",
                                 timestamp, nonce, made == 0 ? signature : "", body_len, body);
}

/* ---- one connection */

static void watch(struct run *run, struct link *link, int how, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = link};
    (void)epoll_ctl(run->epoll, how, link->fd, &event);
}

static void drop(struct run *run, struct link *link)
{
    if (link->fd >= 0) {
        close(link->fd);
        run->result->reconnects++;
    }
    link->fd = -1;
    link->sent = link->got = 0;
}

static bool connect_link(struct run *run, struct link *link)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(run->load->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int one = 1;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        return false;
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(link->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(link->fd);
        link->fd = -1;
        return false;
    }
    watch(run, link, EPOLL_CTL_ADD, EPOLLIN);
    return true;
}

/* A request is smaller than a socket's buffer, so it leaves in one piece or the connection is gone. */
static void send_request(struct run *run, struct link *link)
{
    if (link->fd < 0 && !connect_link(run, link))
        return;
    link->got = 0;
    link->stage = READING;
    if (send(link->fd, link->request, link->len, MSG_NOSIGNAL) != (ssize_t)link->len)
        drop(run, link);
}

static bool begin_push(struct run *run, struct link *link)
{
    struct buffer encrypted;
    if (run->next == run->total)
        return false;
    link->push = run->next++;
    link->again = false;
    buffer_init(&encrypted, REQUEST_CAP);
    if (seal_message(run, link->push, &encrypted) == 0)
        write_request(run, link, buffer_text(&encrypted));
    buffer_finish(&encrypted);
    link->started_ns = bench_now_ns();
    send_request(run, link);
    return true;
}

/* The status of a whole answer; 0: more is to come. */
static int answer_status(struct link *link)
{
    link->answer[link->got] = '\0';
    const char *end = strstr(link->answer, "\r\n\r\n"), *length = strcasestr(link->answer, "content-length:");
    if (end == NULL || length == NULL || length > end)
        return 0;
    size_t whole = (size_t)(end - link->answer) + 4 + strtoul(length + 15, NULL, 10);
    return link->got >= whole ? atoi(link->answer + 9) : 0;
}

static void count_acknowledged(struct run *run, struct link *link)
{
    struct wechat_load_result *result = run->result;
    if (link->again) {
        result->doubled++;
        return;
    }
    run->latencies_ms[result->acknowledged++] = (double)(bench_now_ns() - link->started_ns) / 1e6;
    if (result->acknowledged * 100 / run->total != run->reported) {
        run->reported = result->acknowledged * 100 / run->total;
        run->load->progress(run->load->context, result->acknowledged, run->total);
    }
}

static void finish_answer(struct run *run, struct link *link, int status)
{
    link->stage = IDLE;
    if (status != 200) {
        run->result->refused++;
        send_request(run, link);
        return;
    }
    bool second = !link->again && run->load->double_every && link->push % run->load->double_every == 0;
    count_acknowledged(run, link);
    if (second) {
        link->again = true;
        send_request(run, link);
    } else {
        begin_push(run, link);
    }
}

static void read_answer(struct run *run, struct link *link)
{
    ssize_t got = recv(link->fd, link->answer + link->got, sizeof(link->answer) - 1 - link->got, MSG_DONTWAIT);
    if (got <= 0) {
        drop(run, link);
        return;
    }
    link->got += (size_t)got;
    int status = answer_status(link);
    if (status != 0)
        finish_answer(run, link, status);
}

/* ---- the day */

static bool reconnect_all(struct run *run)
{
    bool open = false;
    for (unsigned i = 0; i < run->load->connections; i++) {
        struct link *link = &run->links[i];
        if (link->fd < 0 && link->stage == READING)
            send_request(run, link);
        open = open || link->stage == READING;
    }
    return open;
}

static int push_all(struct run *run)
{
    struct epoll_event events[64];
    int64_t start_ns = bench_now_ns();
    for (unsigned i = 0; i < run->load->connections; i++)
        begin_push(run, &run->links[i]);
    while (reconnect_all(run)) {
        int count = epoll_wait(run->epoll, events, ARRAY_LEN(events), 20);
        for (int i = 0; i < count; i++) {
            struct link *link = events[i].data.ptr;
            if (link->fd >= 0)
                read_answer(run, link);
        }
        if (bench_seconds_since(start_ns) > LIMIT_S)
            return -ETIMEDOUT;
    }
    run->result->seconds = bench_seconds_since(start_ns);
    return 0;
}

static int prepare(struct run *run)
{
    run->total = (uint64_t)run->load->follows + run->load->interactions;
    run->now_s = time(NULL);
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    run->links = calloc(run->load->connections, sizeof(*run->links));
    run->latencies_ms = calloc(run->total, sizeof(*run->latencies_ms));
    if (run->epoll < 0 || run->links == NULL || run->latencies_ms == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < run->load->connections; i++)
        run->links[i].fd = -1;
    return envelope_key_parse(WECHAT_BENCH_AES_KEY, WECHAT_BENCH_APPID, &run->key);
}

int wechat_load_run(const struct wechat_load *load, struct wechat_load_result *out_result)
{
    struct wechat_load_result result = {0};
    struct run run = {.load = load, .result = &result, .epoll = -1};
    int rc = prepare(&run);
    if (rc == 0)
        rc = push_all(&run);
    if (rc == 0) {
        result.p50_ms = bench_percentile(run.latencies_ms, result.acknowledged, 0.5);
        result.p99_ms = bench_percentile(run.latencies_ms, result.acknowledged, 0.99);
        result.max_ms = bench_percentile(run.latencies_ms, result.acknowledged, 1.0);
        *out_result = result;
    }
    for (unsigned i = 0; run.links != NULL && i < load->connections; i++)
        if (run.links[i].fd >= 0)
            close(run.links[i].fd);
    free(run.latencies_ms);
    free(run.links);
    if (run.epoll >= 0)
        close(run.epoll);
    return rc;
}
