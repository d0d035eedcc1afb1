#include "central/wechat/reply.h"

#include "central/wechat/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* CDATA ends at "]]>" wherever that stands, so the sequence is split over two sections. */
static int append_cdata(struct buffer *out, const char *text)
{
    int rc = buffer_append_text(out, "<![CDATA[");
    for (const char *end = strstr(text, "]]>"); rc == 0 && end; end = strstr(text, "]]>")) {
        rc = buffer_append(out, text, (size_t)(end - text) + 2);
        rc = rc ? rc : buffer_append_text(out, "]]><![CDATA[");
        text = end + 2;
    }
    rc = rc ? rc : buffer_append_text(out, text);
    return rc ? rc : buffer_append_text(out, "]]>");
}

static int append_field(struct buffer *out, const char *name, const char *text)
{
    char tag[48];
    snprintf(tag, sizeof(tag), "<%s>", name);
    int rc = buffer_append_text(out, tag);
    rc = rc ? rc : append_cdata(out, text);
    snprintf(tag, sizeof(tag), "</%s>", name);
    return rc ? rc : buffer_append_text(out, tag);
}

int wechat_reply_text(const struct wechat_message *message, int64_t now_s, const char *text, struct buffer *out_xml)
{
    char created[64];
    snprintf(created, sizeof(created), "<CreateTime>%" PRId64 "</CreateTime>", now_s);
    int rc = buffer_append_text(out_xml, "<xml>");
    rc = rc ? rc : append_field(out_xml, "ToUserName", message->from);
    rc = rc ? rc : append_field(out_xml, "FromUserName", message->to);
    rc = rc ? rc : buffer_append_text(out_xml, created);
    rc = rc ? rc : append_field(out_xml, "MsgType", "text");
    rc = rc ? rc : append_field(out_xml, "Content", text);
    return rc ? rc : buffer_append_text(out_xml, "</xml>");
}

static int append_sealed(const struct wechat_seal *seal, const char *encrypted, struct buffer *out_xml)
{
    char timestamp[24], nonce[24], created[64], signature[WECHAT_SIGNATURE_CAP];
    snprintf(timestamp, sizeof(timestamp), "%" PRId64, seal->now_s);
    snprintf(nonce, sizeof(nonce), "%" PRIu64, seal->nonce);
    snprintf(created, sizeof(created), "<TimeStamp>%s</TimeStamp>", timestamp);
    struct wechat_signature parts = {.timestamp = timestamp, .nonce = nonce, .encrypted = encrypted};
    int rc = wechat_signature_make(seal->token, &parts, signature);
    rc = rc ? rc : buffer_append_text(out_xml, "<xml>");
    rc = rc ? rc : append_field(out_xml, "Encrypt", encrypted);
    rc = rc ? rc : append_field(out_xml, "MsgSignature", signature);
    rc = rc ? rc : buffer_append_text(out_xml, created);
    rc = rc ? rc : append_field(out_xml, "Nonce", nonce);
    return rc ? rc : buffer_append_text(out_xml, "</xml>");
}

int wechat_reply_seal(const struct wechat_seal *seal, struct slice reply, struct buffer *out_xml)
{
    struct buffer encrypted;
    buffer_init(&encrypted, WECHAT_BODY_MAX);
    int rc = envelope_seal(seal->key, seal->random, reply, &encrypted);
    rc = rc ? rc : append_sealed(seal, buffer_text(&encrypted), out_xml);
    buffer_finish(&encrypted);
    return rc;
}
