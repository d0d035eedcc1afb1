#include "central/wechat/signature.h"

#include "domain/crypto.h"
#include "platform/encoding.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define SHA1_LEN 20

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int wechat_signature_make(const char *token, const struct wechat_signature *query, char out_hex[WECHAT_SIGNATURE_CAP])
{
    const char *parts[4] = {token, query->timestamp, query->nonce, query->encrypted};
    size_t count = query->encrypted ? 4 : 3;
    qsort(parts, count, sizeof(parts[0]), compare_text);

    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool hashed = hash && EVP_DigestInit_ex(hash, EVP_sha1(), NULL) == 1;
    for (size_t i = 0; hashed && i < count; i++) {
        hashed = EVP_DigestUpdate(hash, parts[i], strlen(parts[i])) == 1;
    }
    hashed = hashed && EVP_DigestFinal_ex(hash, digest, NULL) == 1;
    EVP_MD_CTX_free(hash);
    if (!hashed) {
        return -ENOMEM;
    }
    hex_encode(digest, SHA1_LEN, out_hex, WECHAT_SIGNATURE_CAP);
    return 0;
}

bool wechat_signature_right(const char *token, const struct wechat_signature *query)
{
    char right[WECHAT_SIGNATURE_CAP];
    if (!query->signature || !query->timestamp || !query->nonce ||
        strlen(query->signature) != WECHAT_SIGNATURE_CAP - 1) {
        return false;
    }
    return wechat_signature_make(token, query, right) == 0 &&
           crypto_equal(right, query->signature, WECHAT_SIGNATURE_CAP - 1);
}
