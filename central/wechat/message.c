#include "central/wechat/message.h"

#include <expat.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX      8
#define CREATED_MS_MIN 100000000000 /* later than the year 5000 in seconds: the sender counts milliseconds */

struct parse {
    XML_Parser parser;
    struct wechat_message message;
    char created[24];
    char *encrypted; /* the caller's, for the envelope; NULL: the message itself is read */
    size_t encrypted_cap;
    char *field; /* being filled; NULL: passed over */
    size_t field_cap, field_len;
    int depth;
    bool refused;
};

struct field {
    const char *name;
    size_t offset, cap;
};

#define FIELD(tag, member)                                                                                             \
    {                                                                                                                  \
        tag, offsetof(struct parse, member), sizeof(((struct parse *)0)->member)                                       \
    }

static const struct field fields[] = {
    FIELD("ToUserName", message.to),   FIELD("FromUserName", message.from), FIELD("CreateTime", created),
    FIELD("MsgType", message.type),    FIELD("Event", message.event),       FIELD("EventKey", message.event_key),
    FIELD("Content", message.content), FIELD("MsgId", message.msg_id),
};

static void refuse(struct parse *p)
{
    p->refused = true;
    XML_StopParser(p->parser, XML_FALSE);
}

static void on_doctype(void *context, const char *name, const char *system_id, const char *public_id, int internal)
{
    (void)name, (void)system_id, (void)public_id, (void)internal;
    refuse(context);
}

static void begin_field(struct parse *p, char *field, size_t cap)
{
    p->field = field;
    p->field_cap = cap;
    p->field_len = 0;
    field[0] = '\0';
}

static void on_start(void *context, const char *name, const char **attributes)
{
    struct parse *p = context;
    (void)attributes;
    p->depth++;
    p->field = NULL;
    if (p->depth > DEPTH_MAX) {
        refuse(p);
    } else if (p->encrypted) {
        if (p->depth == 2 && strcmp(name, "Encrypt") == 0) {
            begin_field(p, p->encrypted, p->encrypted_cap);
        }
        return;
    }
    for (size_t i = 0; p->depth == 2 && i < ARRAY_LEN(fields); i++) {
        if (strcmp(name, fields[i].name) == 0) {
            begin_field(p, (char *)p + fields[i].offset, fields[i].cap);
        }
    }
}

static void on_end(void *context, const char *name)
{
    struct parse *p = context;
    (void)name;
    p->depth--;
    p->field = NULL;
}

/* A character of UTF-8 is never cut in half: what does not fit whole ends the field. */
static size_t whole_characters(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

static void on_text(void *context, const char *text, int len)
{
    struct parse *p = context;
    size_t count = (size_t)len;
    if (!p->field) {
        return;
    }
    size_t room = p->field_cap - 1 - p->field_len;
    if (count > room) {
        count = whole_characters(text, room);
        p->field_cap = p->field_len + count + 1;
    }
    memcpy(p->field + p->field_len, text, count);
    p->field_len += count;
    p->field[p->field_len] = '\0';
}

static int finish_message(struct parse *p)
{
    struct wechat_message *m = &p->message;
    char *end = NULL;
    errno = 0;
    m->created_s = strtoll(p->created, &end, 10);
    if (errno || end == p->created || *end || m->created_s < 0) {
        return -EBADMSG;
    }
    if (m->created_s > CREATED_MS_MIN) {
        m->created_s /= 1000;
    }
    return m->from[0] && m->to[0] && m->type[0] ? 0 : -EBADMSG;
}

static int run_parser(struct parse *p, struct slice xml)
{
    if (xml.len > WECHAT_BODY_MAX) {
        return -E2BIG;
    }
    p->parser = XML_ParserCreate("UTF-8");
    if (!p->parser) {
        return -ENOMEM;
    }
    XML_SetUserData(p->parser, p);
    XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
    XML_SetElementHandler(p->parser, on_start, on_end);
    XML_SetCharacterDataHandler(p->parser, on_text);
    enum XML_Status status = XML_Parse(p->parser, (const char *)xml.data, (int)xml.len, XML_TRUE);
    XML_ParserFree(p->parser);
    return status != XML_STATUS_OK || p->refused ? -EBADMSG : 0;
}

int wechat_message_parse(struct slice xml, struct wechat_message *out_message)
{
    struct parse p = {0};
    int rc = run_parser(&p, xml);
    rc = rc ? rc : finish_message(&p);
    if (rc == 0) {
        *out_message = p.message;
    }
    return rc;
}

int wechat_envelope_parse(struct slice xml, char *out_encrypted, size_t cap)
{
    struct parse p = {.encrypted = out_encrypted, .encrypted_cap = cap};
    out_encrypted[0] = '\0';
    int rc = run_parser(&p, xml);
    return rc ? rc : out_encrypted[0] ? 0 : -EBADMSG;
}

enum wechat_kind wechat_message_kind(const struct wechat_message *message)
{
    static const struct {
        const char *event;
        enum wechat_kind kind;
    } events[] = {{"subscribe", WECHAT_SUBSCRIBE},
                  {"SCAN", WECHAT_SCAN},
                  {"unsubscribe", WECHAT_UNSUBSCRIBE},
                  {"CLICK", WECHAT_CLICK}};
    static const char *const media[] = {"image", "voice", "video", "shortvideo", "location", "link"};

    if (strcmp(message->type, "text") == 0) {
        return WECHAT_TEXT;
    }
    for (size_t i = 0; i < ARRAY_LEN(media); i++) {
        if (strcmp(message->type, media[i]) == 0) {
            return WECHAT_MEDIA;
        }
    }
    if (strcmp(message->type, "event") == 0) {
        for (size_t i = 0; i < ARRAY_LEN(events); i++) {
            if (strcmp(message->event, events[i].event) == 0) {
                return events[i].kind;
            }
        }
    }
    return WECHAT_OTHER;
}

const char *wechat_kind_name(enum wechat_kind kind)
{
    switch (kind) {
    case WECHAT_OTHER:
        return "other";
    case WECHAT_TEXT:
        return "text";
    case WECHAT_SUBSCRIBE:
        return "subscribe";
    case WECHAT_SCAN:
        return "scan";
    case WECHAT_UNSUBSCRIBE:
        return "unsubscribe";
    case WECHAT_CLICK:
        return "click";
    case WECHAT_MEDIA:
        return "media";
    }
    return "other";
}

void wechat_message_scene(const struct wechat_message *message, char out_scene[WECHAT_SCENE_MAX])
{
    static const char prefix[] = "qrscene_";
    const char *key = message->event_key;
    enum wechat_kind kind = wechat_message_kind(message);

    out_scene[0] = '\0';
    if (kind == WECHAT_SUBSCRIBE) {
        key = strncmp(key, prefix, sizeof(prefix) - 1) == 0 ? key + sizeof(prefix) - 1 : "";
    } else if (kind != WECHAT_SCAN) {
        return;
    }
    if (strlen(key) < WECHAT_SCENE_MAX) {
        memcpy(out_scene, key, strlen(key) + 1);
    }
}

size_t wechat_message_identity(const struct wechat_message *message, char *out_text, size_t cap)
{
    int len = message->msg_id[0] ? snprintf(out_text, cap, "id/%s/%s", message->to, message->msg_id)
                                 : snprintf(out_text, cap, "event/%s/%" PRId64 "/%s/%s", message->from,
                                            message->created_s, message->event, message->event_key);
    return (size_t)len < cap ? (size_t)len : cap - 1;
}
