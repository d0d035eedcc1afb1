#include "central/wechat/reply.h"

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
