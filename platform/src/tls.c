#include "platform/tls.h"

#include "domain/crypto.h"
#include "platform/encoding.h"
#include "platform/file.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IDENTITY_FILE_MAX (64 << 10)
#define PIN_PREFIX        "sha256//"
#define NOT_BEFORE        "19700101000000Z"
#define NOT_AFTER         "99991231235959Z"

static_assert(TLS_PIN_CAP >= sizeof(PIN_PREFIX) + BASE64_CAP(32), "the pin fits");

static int pin_of_certificate(X509 *certificate, char out_pin[TLS_PIN_CAP])
{
    uint8_t *spki = NULL;
    uint8_t hash[HASH_LEN];
    char base64[BASE64_CAP(sizeof(hash))];
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    if (len <= 0)
        return -EBADMSG;
    crypto_sha256(spki, (size_t)len, hash);
    OPENSSL_free(spki);
    base64_encode(hash, sizeof(hash), base64, sizeof(base64));
    snprintf(out_pin, TLS_PIN_CAP, PIN_PREFIX "%s", base64);
    return 0;
}

int tls_pin_from_pem(const char *pem, char out_pin[TLS_PIN_CAP])
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    int error = certificate ? pin_of_certificate(certificate, out_pin) : -EBADMSG;
    X509_free(certificate);
    BIO_free(bio);
    return error;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill_certificate(X509 *certificate, EVP_PKEY *key, const char *name)
{
    uint8_t serial[16];
    randombytes_buf(serial, sizeof(serial));
    serial[0] = (serial[0] & 0x7F) | 0x40; /* positive, and always of full length */
    /* Ed25519 hashes by itself. */
    const EVP_MD *digest = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    bool filled = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) &&
                  X509_set_version(certificate, X509_VERSION_3) == 1 &&
                  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), NOT_BEFORE) == 1 &&
                  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), NOT_AFTER) == 1 &&
                  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0) == 1 &&
                  X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
                  add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
                  add_extension(certificate, NID_ext_key_usage, "serverAuth");
    BN_free(number);
    return filled && X509_sign(certificate, key, digest) > 0;
}

/* What was printed to a memory BIO, as a string of our own. */
static char *bio_text(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? strndup(data, (size_t)len) : NULL;
}

static char *key_to_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool printed = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    char *pem = printed ? bio_text(bio) : NULL;
    BIO_free(bio);
    return pem;
}

static char *certificate_to_pem(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool printed = bio && PEM_write_bio_X509(bio, certificate) == 1;
    char *pem = printed ? bio_text(bio) : NULL;
    BIO_free(bio);
    return pem;
}

/* Takes the key. */
static int identity_of_key(EVP_PKEY *key, const char *name, struct tls_identity *out_identity)
{
    struct tls_identity made = {0};
    int error = -ENOMEM;
    X509 *certificate = X509_new();
    if (!key || !certificate)
        goto done;
    error = -EINVAL; /* the name: too long, or not UTF-8 */
    if (!fill_certificate(certificate, key, name))
        goto done;
    made.key_pem = key_to_pem(key);
    made.certificate_pem = certificate_to_pem(certificate);
    error = made.key_pem && made.certificate_pem ? pin_of_certificate(certificate, made.pin) : -ENOMEM;
done:
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (error)
        tls_identity_finish(&made);
    else
        *out_identity = made;
    return error;
}

int tls_identity_make(const char *name, struct tls_identity *out_identity)
{
    return identity_of_key(EVP_EC_gen("P-256"), name, out_identity);
}

int tls_identity_from_ed25519(const uint8_t seed[TLS_ED25519_LEN], const char *name, struct tls_identity *out_identity)
{
    return identity_of_key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, TLS_ED25519_LEN), name,
                           out_identity);
}

void tls_ed25519_pin(const uint8_t public_key[TLS_ED25519_LEN], uint8_t out_pin[TLS_ED25519_LEN])
{
    static const uint8_t prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t spki[sizeof(prefix) + TLS_ED25519_LEN];
    memcpy(spki, prefix, sizeof(prefix));
    memcpy(spki + sizeof(prefix), public_key, TLS_ED25519_LEN);
    crypto_sha256(spki, sizeof(spki), out_pin);
}

void tls_identity_finish(struct tls_identity *identity)
{
    if (!identity)
        return;
    if (identity->key_pem)
        sodium_memzero(identity->key_pem, strlen(identity->key_pem));
    free(identity->key_pem);
    free(identity->certificate_pem);
    *identity = (struct tls_identity){0};
}

static int check_private(const char *path)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    return (status.st_mode & 077) == 0 ? 0 : -EPERM;
}

/* Whether the key in the PEM text belongs to the certificate in it. */
static bool pem_pair_matches(const char *pem)
{
    BIO *for_key = BIO_new_mem_buf(pem, -1);
    BIO *for_certificate = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = for_key ? PEM_read_bio_PrivateKey(for_key, NULL, NULL, NULL) : NULL;
    X509 *certificate = for_certificate ? PEM_read_bio_X509(for_certificate, NULL, NULL, NULL) : NULL;
    bool matches = key && certificate && X509_check_private_key(certificate, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(for_certificate);
    BIO_free(for_key);
    return matches;
}

/* The file is the key's PEM followed by the certificate's, as tls_identity_make printed them. */
static int identity_from_text(const char *text, struct tls_identity *out_identity)
{
    struct tls_identity loaded = {0};
    const char *certificate = strstr(text, "-----BEGIN CERTIFICATE-----");
    if (!certificate || certificate == text || !pem_pair_matches(text))
        return -EBADMSG;
    int error = tls_pin_from_pem(certificate, loaded.pin);
    if (error)
        return error;
    loaded.key_pem = strndup(text, (size_t)(certificate - text));
    loaded.certificate_pem = strdup(certificate);
    if (!loaded.key_pem || !loaded.certificate_pem) {
        tls_identity_finish(&loaded);
        return -ENOMEM;
    }
    *out_identity = loaded;
    return 0;
}

static int identity_load(const char *path, struct tls_identity *out_identity)
{
    struct buffer text;
    int error = check_private(path);
    if (error)
        return error;
    buffer_init(&text, IDENTITY_FILE_MAX);
    error = file_read(path, &text);
    if (error == -EFBIG)
        error = -EBADMSG;
    if (!error)
        error = identity_from_text(buffer_text(&text), out_identity);
    if (text.data)
        sodium_memzero(text.data, text.cap);
    buffer_finish(&text);
    return error;
}

static int identity_save(const char *path, const struct tls_identity *identity)
{
    struct buffer text;
    buffer_init(&text, IDENTITY_FILE_MAX);
    int error = buffer_append_text(&text, identity->key_pem);
    if (!error)
        error = buffer_append_text(&text, identity->certificate_pem);
    if (!error)
        error = file_write_atomic(path, text.data, text.len, 0600);
    if (text.data)
        sodium_memzero(text.data, text.cap);
    buffer_finish(&text);
    return error;
}

int tls_identity_load_or_make(const char *path, const char *name, struct tls_identity *out_identity)
{
    struct tls_identity made;
    int error = identity_load(path, out_identity);
    if (error != -ENOENT)
        return error;
    error = tls_identity_make(name, &made);
    if (error)
        return error;
    error = identity_save(path, &made);
    if (error)
        tls_identity_finish(&made);
    else
        *out_identity = made;
    return error;
}
