#ifndef CENTRAL_API_OPENAPI_H
#define CENTRAL_API_OPENAPI_H

#include "domain/base.h"

/* docs/openapi.yaml, built in. */
extern const uint8_t openapi_text[];
extern const size_t openapi_text_len;

#endif
