#include "central/wechat/signature.h"

#include "domain/crypto.h"
#include "platform/encoding.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_TEXT_LEN 40 /* SHA-1 in hex */

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool wechat_signature_right(const char *token, const struct wechat_signature *query)
{
    if (!query->signature || !query->timestamp || !query->nonce || strlen(query->signature) != SIGNATURE_TEXT_LEN) {
        return false;
    }
    const char *parts[3] = {token, query->timestamp, query->nonce};
    qsort(parts, ARRAY_LEN(parts), sizeof(parts[0]), compare_text);

    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_len = 0;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool hashed = hash && EVP_DigestInit_ex(hash, EVP_sha1(), NULL) == 1;
    for (size_t i = 0; hashed && i < ARRAY_LEN(parts); i++) {
        hashed = EVP_DigestUpdate(hash, parts[i], strlen(parts[i])) == 1;
    }
    hashed = hashed && EVP_DigestFinal_ex(hash, digest, &digest_len) == 1;
    EVP_MD_CTX_free(hash);

    char text[HEX_CAP(EVP_MAX_MD_SIZE)];
    if (!hashed) {
        return false;
    }
    hex_encode(digest, digest_len, text, sizeof(text));
    return crypto_equal(text, query->signature, SIGNATURE_TEXT_LEN);
}
