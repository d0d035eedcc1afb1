#include "domain/enrolment.h"

#include "domain/base45.h"
#include "domain/fields.h"
#include "domain/token.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_LEN      5
#define TICKET_MAX      256
#define HARDWARE_MAX    sizeof(((struct enrol_request *)0)->hardware)
#define MAC_INPUT_FIXED (PUBLIC_KEY_LEN + ENROL_NONCE_LEN)
#define SECRET_ID_LEN   8

#define TICKET(k, t, m) FIELD_AT(k, t, true, enrol_ticket, m)
static const struct field ticket_fields[] = {
    TICKET(1, FIELD_TEXT, url),   TICKET(2, FIELD_BYTES, server_pin), TICKET(3, FIELD_BYTES, root_hash),
    TICKET(4, FIELD_UINT, store), TICKET(5, FIELD_UINT, role),        TICKET(6, FIELD_BYTES, secret),
};
static const struct field_table ticket_table = FIELD_TABLE(ticket_fields, enrol_ticket);

#define REQUEST(k, t, must, m) FIELD_AT(k, t, must, enrol_request, m)
static const struct field request_fields[] = {
    REQUEST(1, FIELD_BYTES, true, secret_id), REQUEST(2, FIELD_BYTES, true, public_key),
    REQUEST(3, FIELD_BYTES, true, nonce),     REQUEST(4, FIELD_BYTES, true, mac),
    REQUEST(5, FIELD_TEXT, false, hardware),  REQUEST(6, FIELD_BYTES, false, signature),
    REQUEST(7, FIELD_UINT, false, terminal),  REQUEST(8, FIELD_UINT, false, incarnation),
};
static const struct field_table request_table = FIELD_TABLE(request_fields, enrol_request);

#define ANSWER(k, t, must, m) FIELD_AT(k, t, must, enrol_answer, m)
static const struct field answer_fields[] = {
    ANSWER(1, FIELD_UINT, true, state),        ANSWER(2, FIELD_UINT, false, brand),
    ANSWER(3, FIELD_UINT, false, store),       ANSWER(4, FIELD_UINT, false, terminal),
    ANSWER(5, FIELD_UINT, false, incarnation), ANSWER(6, FIELD_UINT, false, role),
    ANSWER(7, FIELD_BYTES, false, root_key),   ANSWER(8, FIELD_UINT, false, server_ms),
};
static const struct field_table answer_table = FIELD_TABLE(answer_fields, enrol_answer);

/* https:// and a host of plain printable ASCII: nothing that a URL parser could read in two ways. */
static bool url_sane(const char *url)
{
    static const char scheme[] = "https://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0 || url[sizeof scheme - 1] == 0)
        return false;
    for (const char *c = url; *c; c++) {
        if (*c <= ' ' || *c > '~' || *c == '@' || *c == '\\' || *c == '#')
            return false;
    }
    return true;
}

static bool ticket_sane(const struct enrol_ticket *ticket)
{
    return url_sane(ticket->url) && ticket->store != 0 && ticket->role >= ROLE_SHELF && ticket->role <= ROLE_BOTH;
}

int enrol_ticket_encode(const struct enrol_ticket *ticket, char out_text[ENROL_TEXT_MAX])
{
    uint8_t bytes[TICKET_MAX];
    char text[ENROL_TEXT_MAX - PREFIX_LEN];
    size_t len;
    if (!ticket_sane(ticket))
        return -EINVAL;
    int rc = fields_encode(&ticket_table, ticket, bytes, sizeof bytes, &len);
    if (rc == 0)
        rc = base45_encode(bytes, len, text, sizeof text);
    if (rc == 0)
        snprintf(out_text, ENROL_TEXT_MAX, "%s%s", TOKEN_ENROL_PREFIX, text);
    return rc;
}

int enrol_ticket_decode(const char *text, struct enrol_ticket *out_ticket)
{
    uint8_t bytes[TICKET_MAX];
    struct enrol_ticket ticket;
    size_t len = strnlen(text, ENROL_TEXT_MAX);
    if (strncmp(text, TOKEN_ENROL_PREFIX, PREFIX_LEN) != 0)
        return -EINVAL;
    if (base45_decode(text + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof bytes, &len) < 0)
        return -EBADMSG;
    if (fields_decode(&ticket_table, bytes, len, &ticket) < 0 || !ticket_sane(&ticket))
        return -EBADMSG;
    *out_ticket = ticket;
    return 0;
}

static void request_mac(const struct enrol_request *request, const uint8_t secret[ENROL_SECRET_LEN],
                        uint8_t out_mac[HASH_LEN])
{
    uint8_t input[MAC_INPUT_FIXED + HARDWARE_MAX];
    size_t hardware_len = strnlen(request->hardware, HARDWARE_MAX);
    memcpy(input, request->public_key, PUBLIC_KEY_LEN);
    memcpy(input + PUBLIC_KEY_LEN, request->nonce, ENROL_NONCE_LEN);
    memcpy(input + MAC_INPUT_FIXED, request->hardware, hardware_len);
    crypto_hmac_sha256(secret, ENROL_SECRET_LEN, input, MAC_INPUT_FIXED + hardware_len, out_mac);
}

static void secret_id(const uint8_t secret[ENROL_SECRET_LEN], uint8_t out_id[SECRET_ID_LEN])
{
    uint8_t hash[HASH_LEN];
    crypto_sha256(secret, ENROL_SECRET_LEN, hash);
    memcpy(out_id, hash, SECRET_ID_LEN);
}

static const char context[] = "tillside enrolment 1";

#define NUMBER_LEN 4
#define SIGNED_MAX (sizeof(context) + SECRET_ID_LEN + MAC_INPUT_FIXED + HASH_LEN + 2 * NUMBER_LEN + HARDWARE_MAX)

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static uint8_t *put_number(uint8_t *at, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(number >> shift);
    return at;
}

/* Of one length but for the hardware's name, which stands last: it cannot be read in two ways. */
static size_t signed_bytes(const struct enrol_request *request, uint8_t out[SIGNED_MAX])
{
    uint8_t *at = out;
    at = put(at, context, sizeof(context));
    at = put(at, request->secret_id, SECRET_ID_LEN);
    at = put(at, request->public_key, PUBLIC_KEY_LEN);
    at = put(at, request->nonce, ENROL_NONCE_LEN);
    at = put(at, request->mac, HASH_LEN);
    at = put_number(at, request->terminal);
    at = put_number(at, request->incarnation);
    at = put(at, request->hardware, strnlen(request->hardware, HARDWARE_MAX));
    return (size_t)(at - out);
}

void enrol_request_seal(struct enrol_request *request, const uint8_t secret[ENROL_SECRET_LEN],
                        const uint8_t secret_key[SECRET_KEY_LEN])
{
    uint8_t bytes[SIGNED_MAX];
    secret_id(secret, request->secret_id);
    request_mac(request, secret, request->mac);
    crypto_sign_message(secret_key, bytes, signed_bytes(request, bytes), request->signature);
}

bool enrol_request_is_signed(const struct enrol_request *request)
{
    uint8_t bytes[SIGNED_MAX];
    return crypto_verify(request->public_key, bytes, signed_bytes(request, bytes), request->signature);
}

bool enrol_request_check(const struct enrol_request *request, const uint8_t secret[ENROL_SECRET_LEN])
{
    uint8_t id[SECRET_ID_LEN], mac[HASH_LEN];
    secret_id(secret, id);
    request_mac(request, secret, mac);
    return crypto_equal(id, request->secret_id, sizeof id) && crypto_equal(mac, request->mac, HASH_LEN);
}

int enrol_request_encode(const struct enrol_request *request, uint8_t *out, size_t cap, size_t *out_len)
{
    return fields_encode(&request_table, request, out, cap, out_len);
}

int enrol_request_decode(const void *data, size_t len, struct enrol_request *out_request)
{
    return fields_decode(&request_table, data, len, out_request);
}

int enrol_answer_encode(const struct enrol_answer *answer, uint8_t *out, size_t cap, size_t *out_len)
{
    return fields_encode(&answer_table, answer, out, cap, out_len);
}

int enrol_answer_decode(const void *data, size_t len, struct enrol_answer *out_answer)
{
    return fields_decode(&answer_table, data, len, out_answer);
}
