#include "fuzz.h"

#include "central/phone/form.h"
#include "central/wechat/envelope.h"
#include "central/wechat/message.h"

/* A push, its envelope, what is inside it, and a phone's form. */

#define APPID "wx0123456789abcdef"

static void check_envelope(const char *encrypted)
{
    static const char key_text[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    struct envelope_key key;
    struct buffer message;
    struct wechat_message parsed;
    MUST(envelope_key_parse(key_text, APPID, &key) == 0);
    buffer_init(&message, WECHAT_BODY_MAX);
    if (envelope_open(&key, encrypted, &message) == 0) {
        int rc = wechat_message_parse((struct slice){message.data, message.len}, &parsed);
        MUST(rc == 0 || rc == -EBADMSG || rc == -E2BIG);
    }
    buffer_finish(&message);
    envelope_key_finish(&key);
}

static void check_form(struct slice input)
{
    char value[64];
    int rc = form_field(input, "consent", value, sizeof value);
    MUST(rc == 0 ? strlen(value) < sizeof value : rc == -ENOENT || rc == -EINVAL || rc == -ENOSPC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char encrypted[WECHAT_BODY_MAX], text[WECHAT_BODY_MAX];
    struct slice input = {data, size};
    struct wechat_message message;
    char scene[WECHAT_SCENE_MAX], identity[WECHAT_IDENTITY_MAX];
    if (wechat_message_parse(input, &message) == 0) {
        MUST(message.from[0] != '\0' && wechat_kind_name(wechat_message_kind(&message))[0] != '\0');
        wechat_message_scene(&message, scene);
        MUST(strlen(scene) < sizeof scene);
        MUST(wechat_message_identity(&message, identity, sizeof identity) < sizeof identity);
    }
    if (wechat_envelope_parse(input, encrypted, sizeof encrypted) == 0)
        check_envelope(encrypted);
    fuzz_text(input, text, sizeof text);
    check_envelope(text);
    check_form(input);
    return 0;
}
