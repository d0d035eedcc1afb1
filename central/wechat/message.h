#ifndef CENTRAL_WECHAT_MESSAGE_H
#define CENTRAL_WECHAT_MESSAGE_H

/*
 * What WeChat pushes to an official account: XML of one level (https://developers.weixin.qq.com/doc/offiaccount,
 * "receive messages" and "receive events"). A document type declaration is refused outright, so no entity can be
 * defined, let alone expanded. Fields that are not named here are passed over; the message itself is kept verbatim by
 * the caller. Pure, any thread.
 */

#include "domain/base.h"

#define WECHAT_BODY_MAX    (64 * 1024) /* bytes of a push that is read at all */
#define WECHAT_ID_MAX      64
#define WECHAT_KEY_MAX     128 /* qrscene_ and a scene of 64 characters; a menu key of 128 bytes is cut to 127 */
#define WECHAT_CONTENT_MAX 2400
#define WECHAT_SCENE_MAX   65

enum wechat_kind {
    WECHAT_OTHER, /* anything we keep but do not act on */
    WECHAT_TEXT,
    WECHAT_SUBSCRIBE,
    WECHAT_SCAN,
    WECHAT_UNSUBSCRIBE,
    WECHAT_CLICK, /* a menu entry with a key */
    WECHAT_MEDIA, /* a picture, voice, film, place or link from the member */
};

struct wechat_message {
    char to[WECHAT_ID_MAX];   /* gh_… */
    char from[WECHAT_ID_MAX]; /* openid: personal data, never logged */
    int64_t created_s;        /* seconds, whatever unit the sender used */
    char type[32];            /* MsgType */
    char event[48];
    char event_key[WECHAT_KEY_MAX];
    char content[WECHAT_CONTENT_MAX];
    char msg_id[24]; /* decimal, "" for events */
};

/* -EBADMSG: not well-formed, a doctype, deeper than 8 levels, sender or type missing; -E2BIG: over WECHAT_BODY_MAX. */
MUST_CHECK int wechat_message_parse(struct slice xml, struct wechat_message *out_message);

/* Safe mode's outer document: the text of its Encrypt element. cap > xml.len always fits. On failure
 * out_encrypted is undefined. -EBADMSG, -E2BIG as above. */
MUST_CHECK int wechat_envelope_parse(struct slice xml, char *out_encrypted, size_t cap);

enum wechat_kind wechat_message_kind(const struct wechat_message *message);
const char *wechat_kind_name(enum wechat_kind kind);

/* The touchpoint's scene: of a subscribe without "qrscene_", of a SCAN as it is; "" when there is none. */
void wechat_message_scene(const struct wechat_message *message, char out_scene[WECHAT_SCENE_MAX]);

/*
 * What makes two pushes the same one: MsgId, or for events sender, time, event and key (WeChat repeats a push up to
 * three times when the answer is late). Returns the text's length; cap ≥ WECHAT_IDENTITY_MAX always fits.
 */
#define WECHAT_IDENTITY_MAX 320
size_t wechat_message_identity(const struct wechat_message *message, char *out_text, size_t cap);

#endif
