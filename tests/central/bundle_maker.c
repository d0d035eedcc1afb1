#include "bundle_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* One who signs: a key and a certificate that it signed itself. */
struct signer {
    EVP_PKEY *key;
    X509 *certificate;
};

static void signer_make(struct signer *out, const char *name)
{
    out->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    out->certificate = X509_new();
    assert_non_null(out->key);
    X509_set_version(out->certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out->certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(out->certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(out->certificate), 86400);
    X509_set_pubkey(out->certificate, out->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out->certificate), "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_issuer_name(out->certificate, X509_get_subject_name(out->certificate));
    assert_true(X509_sign(out->certificate, out->key, EVP_sha256()) > 0);
}

static void signer_free(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
    X509_free(signer->certificate);
}

static struct signer ours, theirs;
static char *authorities;

static void drop(void)
{
    signer_free(&ours);
    signer_free(&theirs);
    free(authorities);
}

static void make_signers(void)
{
    if (authorities)
        return;
    signer_make(&ours, "Tillside test");
    signer_make(&theirs, "Somebody else");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    PEM_write_bio_X509(bio, ours.certificate);
    long len = BIO_get_mem_data(bio, &text);
    authorities = strndup(text, (size_t)len);
    BIO_free(bio);
    atexit(drop);
}

const char *bundle_authorities(void)
{
    make_signers();
    return authorities;
}

void bundle_make(const char *path, const struct bundle_wish *wish)
{
    char manifest[512];
    make_signers();
    snprintf(manifest, sizeof(manifest),
             "[update]\ncompatible=%s\nversion=%s\n\n[bundle]\nformat=verity\nverity-size=4096\n\n"
             "[image.rootfs]\nfilename=root.ext4\n",
             wish->compatible ? wish->compatible : "tillside-rk3399", wish->version ? wish->version : "0.2.0");
    const char *text = wish->manifest ? wish->manifest : manifest;
    const struct signer *signer = wish->other_signer ? &theirs : &ours;
    BIO *content = BIO_new_mem_buf(text, -1);
    unsigned flags = CMS_BINARY | (wish->detached ? CMS_DETACHED : 0);
    CMS_ContentInfo *cms = CMS_sign(signer->certificate, signer->key, NULL, content, flags);
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(len > 0);
    size_t payload = wish->payload ? wish->payload : 5000;
    for (size_t i = 0; i < payload; i++)
        fputc(i < 4 ? "hsqs"[i] : (int)(i * 131 % 251), file);
    fwrite(der, 1, (size_t)len, file);
    for (int i = 7; i >= 0; i--)
        fputc((int)((uint64_t)len >> (8 * i) & 0xff), file);
    assert_int_equal(fclose(file), 0);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
}
