#ifndef PLATFORM_HTTP_SIGNATURE_H
#define PLATFORM_HTTP_SIGNATURE_H

/* Where the signature profile meets the server and the client. */

#include "platform/http_client.h"
#include "platform/http_server.h"
#include "platform/signature.h"

/* signature_verify on a received request; a header that came twice is SIGNATURE_MALFORMED. */
MUST_CHECK int http_signature_verify(const struct http_request *request, const struct signature_policy *policy,
                                     struct signature_params *out_params, enum signature_verdict *out_verdict);

#define HTTP_SIGNATURE_HEADERS 3

/* Points the three headers of a request to send at the signed values, which must outlive them. */
void http_signature_headers(const struct signature_headers *signed_values,
                            struct http_header out_headers[HTTP_SIGNATURE_HEADERS]);

#endif
