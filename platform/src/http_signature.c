#include "platform/http_signature.h"

#include <stdio.h>
#include <string.h>

/* False when the header came twice or is longer than our profile can be. */
static bool take_header(const struct http_request *request, const char *name, char *out, size_t cap)
{
    const char *value = http_request_header(request, name);
    size_t len = value ? strlen(value) : 0;
    if (http_request_header_count(request, name) > 1 || len >= cap)
        return false;
    memcpy(out, value ? value : "", len + 1);
    return true;
}

int http_signature_verify(const struct http_request *request, const struct signature_policy *policy,
                          struct signature_params *out_params, enum signature_verdict *out_verdict)
{
    struct signature_headers headers;
    struct signature_message message = {.method = http_request_method(request),
                                        .target = http_request_target(request),
                                        .body = http_request_body(request)};
    if (!take_header(request, "Content-Digest", headers.content_digest, sizeof(headers.content_digest)) ||
        !take_header(request, "Signature-Input", headers.signature_input, sizeof(headers.signature_input)) ||
        !take_header(request, "Signature", headers.signature, sizeof(headers.signature))) {
        *out_verdict = SIGNATURE_MALFORMED;
        return 0;
    }
    return signature_verify(&message, &headers, policy, out_params, out_verdict);
}

void http_signature_headers(const struct signature_headers *signed_values,
                            struct http_header out_headers[HTTP_SIGNATURE_HEADERS])
{
    out_headers[0] = (struct http_header){"Content-Digest", signed_values->content_digest};
    out_headers[1] = (struct http_header){"Signature-Input", signed_values->signature_input};
    out_headers[2] = (struct http_header){"Signature", signed_values->signature};
}
