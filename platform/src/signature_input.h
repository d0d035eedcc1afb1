#ifndef PLATFORM_SIGNATURE_INPUT_H
#define PLATFORM_SIGNATURE_INPUT_H

/* Reading the Signature-Input and Signature headers of our profile (see signature.h). */

#include "platform/signature.h"

#define SIGNATURE_COMPONENTS "(\"@method\" \"@path\" \"@query\" \"content-digest\")"

struct signature_input {
    struct signature_params params;
    const char *params_text; /* the list and its parameters as received, in the caller's header */
    uint8_t signature[KEY_SIGNATURE_LEN];
};

/* False when anything deviates from the profile. */
bool signature_input_parse(const struct signature_headers *headers, struct signature_input *out_input);

bool signature_nonce_is_sound(const char *text); /* 1 to SIGNATURE_NONCE_MAX characters of base64url */
bool signature_text_is_sound(const char *text);  /* not empty; letters, digits and -._~:/@+ */

#endif
