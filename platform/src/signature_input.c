#include "signature_input.h"

#include "platform/encoding.h"

#include <string.h>

#define CREATED_DIGITS 12 /* the year 33658; keeps the number far from overflow */

static bool is_ascii_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool only(const char *text, const char *also)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!is_ascii_alnum(*text) && !strchr(also, *text))
            return false;
    return true;
}

bool signature_nonce_is_sound(const char *text)
{
    return only(text, "-_");
}

bool signature_text_is_sound(const char *text)
{
    return only(text, "-._~:/@+");
}

/* Moves *at past token; false if it is not there. */
static bool skip(const char **at, const char *token)
{
    size_t len = strlen(token);
    if (strncmp(*at, token, len) != 0)
        return false;
    *at += len;
    return true;
}

/* "text" without escapes, at most cap - 1 characters. */
static bool read_string(const char **at, char *out, size_t cap)
{
    if (!skip(at, "\""))
        return false;
    size_t len = strcspn(*at, "\"\\");
    if ((*at)[len] != '"' || len >= cap)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len + 1;
    return true;
}

static bool read_created(const char **at, int64_t *out_created_s)
{
    int64_t value = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > CREATED_DIGITS)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + ((*at)[i] - '0');
    *out_created_s = value;
    *at += digits;
    return true;
}

/* One ;name=value, into the field that is still unset: a parameter that comes twice finds none. */
static bool read_param(const char **at, struct signature_params *params)
{
    if (params->created_s < 0 && skip(at, ";created="))
        return read_created(at, &params->created_s);
    if (!params->key_id[0] && skip(at, ";keyid="))
        return read_string(at, params->key_id, sizeof(params->key_id)) && signature_text_is_sound(params->key_id);
    if (!params->nonce[0] && skip(at, ";nonce="))
        return read_string(at, params->nonce, sizeof(params->nonce)) && signature_nonce_is_sound(params->nonce);
    if (!params->tag[0] && skip(at, ";tag="))
        return read_string(at, params->tag, sizeof(params->tag)) && signature_text_is_sound(params->tag);
    return false;
}

/* The dictionary key and '=' in front of both headers; its length, or 0. */
static size_t label_len(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.*");
    if (len == 0 || strchr("0123456789_-.", text[0]) || text[len] != '=')
        return 0;
    return len + 1;
}

static bool read_signature(const char *at, uint8_t out_signature[KEY_SIGNATURE_LEN])
{
    size_t len;
    if (!skip(&at, ":"))
        return false;
    size_t text_len = strcspn(at, ":");
    if (strcmp(at + text_len, ":") != 0)
        return false;
    return base64_decode(at, text_len, out_signature, KEY_SIGNATURE_LEN, &len) == 0 && len == KEY_SIGNATURE_LEN;
}

bool signature_input_parse(const struct signature_headers *headers, struct signature_input *out_input)
{
    struct signature_input input = {.params = {.created_s = -1}};
    const char *at = headers->signature_input;
    size_t label = label_len(at);
    if (label == 0 || strncmp(at, headers->signature, label) != 0)
        return false;
    at += label;
    input.params_text = at;
    if (!skip(&at, SIGNATURE_COMPONENTS))
        return false;
    for (int i = 0; i < 4; i++)
        if (!read_param(&at, &input.params))
            return false;
    if (*at || !read_signature(headers->signature + label, input.signature))
        return false;
    *out_input = input;
    return true;
}
