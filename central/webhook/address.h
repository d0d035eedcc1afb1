#ifndef CENTRAL_WEBHOOK_ADDRESS_H
#define CENTRAL_WEBHOOK_ADDRESS_H

/* Where a webhook may lead: nowhere inside the house, whatever a name resolves to at the moment of sending. */

#include "domain/base.h"

struct sockaddr;

/* https://host[:port]/path, without a user, a fragment, blanks or control characters. http is for `anywhere` alone. */
bool webhook_url_allowed(const char *url, bool anywhere);

/* An address that the whole Internet can reach (RFC 6890 and its registries; IPv4 within IPv6 is looked at too). */
bool webhook_address_public(const struct sockaddr *address);

#endif
