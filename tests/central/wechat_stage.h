#ifndef TESTS_CENTRAL_WECHAT_STAGE_H
#define TESTS_CENTRAL_WECHAT_STAGE_H

/* Central without threads, the platform on loopback, and followers who act: what WeChat would push is taken in by the
 * callback's own functions, at the simulated time. */

#include "wechat_fixture.h"
#include "wechat_platform.h"

#define STAGE_PEOPLE 40

struct stage {
    struct people_fixture f;
    struct platform p;
    uint64_t members[STAGE_PEOPLE + 1]; /* of those who joined, from 1 */
    unsigned pushes;
};

void stage_open(struct stage *s); /* account "shop", one store, nobody follows */
void stage_close(struct stage *s);
const char *stage_openid(unsigned person, char out[40]);

/* Pushes of a person; the answer's text is left in out_reply (WECHAT_REPLY_MAX bytes) unless NULL. */
void stage_follow(struct stage *s, unsigned person);
void stage_leave(struct stage *s, unsigned person);
void stage_write(struct stage *s, unsigned person, const char *text, char *out_reply);
void stage_click(struct stage *s, unsigned person, const char *key, char *out_reply);
void stage_join(struct stage *s, unsigned person); /* members[person] */

void stage_wait(struct stage *s, int64_t ms); /* the clock moves, then what is due happens */
/* Admin. args: JSON. */
json_t *stage_rows(struct stage *s, const char *command, const char *args); /* the caller's */
json_int_t stage_number(struct stage *s, const char *command, const char *args, const char *name);

#endif
