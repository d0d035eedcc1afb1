#ifndef TESTS_CENTRAL_WECHAT_PLATFORM_H
#define TESTS_CENTRAL_WECHAT_PLATFORM_H

/* WeChat's server API on loopback, doing what a test's script says. */

#include "platform/clock.h"
#include "platform/http_server.h"
#include "wechat_fixture.h"

#include <pthread.h>

#define PLATFORM_LOG_MAX 65536

struct platform {
    struct http_server *server;
    char url[64];
    pthread_mutex_t mutex; /* guards what follows */
    int codes[64];         /* of the next calls, tokens apart; 0 and past the end: it works */
    unsigned code_count, code_next;
    int always;             /* != 0: the code of every call */
    bool down;              /* 502 and no JSON */
    unsigned serial;        /* of the valid token, "token-<serial>" */
    bool stubborn;          /* calls are refused with 40001 whatever token comes */
    struct sim_clock *slow; /* not NULL: an answer takes slow_ms of its time */
    int64_t slow_ms;
    unsigned tokens, forced, calls;
    char info[2048], followers[2048]; /* answers of user/info/batchget and user/get */
    char log[PLATFORM_LOG_MAX];       /* "path body\n" of every call that worked */
};

void platform_open(struct platform *p);
void platform_close(struct platform *p);
/* A central of its own, the platform, and the account "shop" that lives there. */
void platform_open_shop(struct platform *p, struct people_fixture *f);
void platform_close_shop(struct platform *p, struct people_fixture *f);
void platform_script(struct platform *p, const int *codes, unsigned count);
/* How often needle stands in the log of calls that worked. */
unsigned platform_saw(struct platform *p, const char *needle);
/* Whether first came before second; both must be there. */
bool platform_saw_in_order(struct platform *p, const char *first, const char *second);

#endif
