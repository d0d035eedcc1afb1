#include "wechat_stage.h"

#include "central/store/people_coupon.h"
#include "central/wechat/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void stage_open(struct stage *s)
{
    *s = (struct stage){0};
    platform_open_shop(&s->p, &s->f);
    json_decref(admin_do(&s->f, "store add", "{\"zh\":\"一店\",\"en\":\"One\"}"));
    snprintf(s->p.info, sizeof(s->p.info), "{\"user_info_list\":[]}");
}

void stage_close(struct stage *s)
{
    platform_close_shop(&s->p, &s->f);
}

const char *stage_openid(unsigned person, char out[40])
{
    snprintf(out, 40, "oStagePerson%016u", person);
    return out;
}

struct taking {
    struct wechat_push push;
    char *reply;
};

static int run_taking(void *arg, struct store_tx *tx)
{
    struct taking *taking = arg;
    return wechat_work_take_in(tx, &taking->push, taking->reply);
}

static void push_of(struct stage *s, unsigned person, const char *fields, char *out_reply)
{
    char xml[4096], openid[40], reply[WECHAT_REPLY_MAX];
    struct channel_keys keys;
    struct wechat_account account = {.name = "shop", .brand = s->f.central->brand};
    struct wechat_message message;
    struct inbox_sealed entry;
    int len = snprintf(xml, sizeof(xml),
                       "<xml><ToUserName>gh_shop</ToUserName><FromUserName>%s</FromUserName><CreateTime>%lld"
                       "</CreateTime>%s</xml>",
                       stage_openid(person, openid), (long long)(clock_wall_ms(&s->f.clock.base) / 1000), fields);
    struct slice verbatim = {(const uint8_t *)xml, (size_t)len};
    assert_int_equal(wechat_message_parse(verbatim, &message), 0);
    assert_int_equal(wechat_work_keys(s->f.central, &keys), 0);
    struct taking taking = {.push = {.keys = &keys,
                                     .public_url = "http://shop.example",
                                     .account = &account,
                                     .message = &message,
                                     .entry = &entry},
                            .reply = out_reply ? out_reply : reply};
    assert_int_equal(wechat_work_prepare(&taking.push, verbatim, s->f.central->random, &entry), 0);
    assert_int_equal(writer_call(s->f.central->writer, run_taking, &taking), 0);
    wechat_sealed_finish(&entry);
    wechat_work_wake(s->f.central);
}

static void event_of(struct stage *s, unsigned person, const char *event, const char *key, char *out_reply)
{
    char fields[256];
    snprintf(fields, sizeof(fields), "<MsgType>event</MsgType><Event>%s</Event><EventKey>%s</EventKey>", event, key);
    push_of(s, person, fields, out_reply);
}

void stage_follow(struct stage *s, unsigned person)
{
    event_of(s, person, "subscribe", "", NULL);
}

void stage_leave(struct stage *s, unsigned person)
{
    event_of(s, person, "unsubscribe", "", NULL);
}

void stage_write(struct stage *s, unsigned person, const char *text, char *out_reply)
{
    char fields[1024];
    snprintf(fields, sizeof(fields), "<MsgType>text</MsgType><Content><![CDATA[%s]]></Content><MsgId>%u</MsgId>", text,
             ++s->pushes);
    push_of(s, person, fields, out_reply);
}

void stage_click(struct stage *s, unsigned person, const char *key, char *out_reply)
{
    event_of(s, person, "CLICK", key, out_reply);
}

struct joining_of {
    struct stage *stage;
    unsigned person;
};

static int run_join(void *arg, struct store_tx *tx)
{
    struct joining_of *job = arg;
    char openid[40];
    struct channel_keys keys;
    struct channel_identity identity;
    struct joined joined;
    struct stage *s = job->stage;
    int rc = wechat_work_keys(s->f.central, &keys);
    struct channel_person person = {.account = "shop", .openid = stage_openid(job->person, openid)};
    rc = rc ? rc : wechat_meet(tx, &keys, &person, &identity);
    struct joining joining = {.brand = s->f.central->brand, .store = 1, .consent_version = "1"};
    rc = rc ? rc : people_join(tx, &joining, &joined);
    rc = rc ? rc : wechat_link_member(tx, identity.id, joined.member);
    s->members[job->person] = rc ? 0 : joined.member;
    return rc;
}

void stage_join(struct stage *s, unsigned person)
{
    struct joining_of job = {s, person};
    assert_int_equal(writer_call(s->f.central->writer, run_join, &job), 0);
}

void stage_wait(struct stage *s, int64_t ms)
{
    sim_clock_advance(&s->f.clock, ms);
    central_tick(s->f.central);
}

json_t *stage_rows(struct stage *s, const char *command, const char *args)
{
    json_t *answer = admin_do(&s->f, command, args);
    json_t *rows = json_incref(json_object_get(json_object_get(answer, "result"), "rows"));
    json_decref(answer);
    return rows;
}

json_int_t stage_number(struct stage *s, const char *command, const char *args, const char *name)
{
    return number_of(admin_do(&s->f, command, args), name);
}
