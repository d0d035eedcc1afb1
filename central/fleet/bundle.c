#include "central/fleet/fleet.h"

#include <assert.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#define LENGTH_LEN    8 /* behind the signature: its length, big-endian */
#define SQUASHFS      "hsqs"
#define SQUASHFS_MIN  96 /* its superblock */
#define BLOCK         65536
#define MANIFEST_MAX  8192
#define LINE_MAX_LEN  256
#define SIGNER_NOBODY "nobody of those authorities signed it"

static int say(char reason[BUNDLE_REASON_MAX], int rc, const char *text)
{
    snprintf(reason, BUNDLE_REASON_MAX, "%s", text);
    return rc;
}

static bool plain(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool ok = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                  strchr("._+~-", *c) != NULL;
        if (!ok)
            return false;
    }
    return text[0] != '\0';
}

struct manifest {
    bool in_update, in_bundle, verity, twice;
    struct bundle_facts facts;
};

static int take_value(const char *value, char *out, size_t cap, bool *twice)
{
    if (out[0])
        *twice = true;
    if (strlen(value) >= cap)
        return -EBADMSG;
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int take_line(struct manifest *m, const char *line)
{
    if (line[0] == '[') {
        m->in_update = strcmp(line, "[update]") == 0;
        m->in_bundle = strcmp(line, "[bundle]") == 0;
        return 0;
    }
    if (m->in_update && strncmp(line, "compatible=", 11) == 0)
        return take_value(line + 11, m->facts.compatible, sizeof(m->facts.compatible), &m->twice);
    if (m->in_update && strncmp(line, "version=", 8) == 0)
        return take_value(line + 8, m->facts.version, sizeof(m->facts.version), &m->twice);
    if (m->in_bundle && strncmp(line, "format=", 7) == 0)
        m->verity = strcmp(line + 7, "verity") == 0;
    return 0;
}

int bundle_manifest(struct slice text, struct bundle_facts *out_facts, char reason[BUNDLE_REASON_MAX])
{
    struct manifest m = {0};
    char line[LINE_MAX_LEN];
    size_t at = 0;
    if (text.len > MANIFEST_MAX || (text.len && memchr(text.data, '\0', text.len)))
        return say(reason, -EBADMSG, "its manifest is no text");
    while (at < text.len) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        if (len >= sizeof(line))
            return say(reason, -EBADMSG, "a line of its manifest is too long");
        memcpy(line, text.data + at, len);
        line[len] = '\0';
        if (take_line(&m, line) < 0)
            return say(reason, -EBADMSG, "its board or version is too long a name");
        at += len + 1;
    }
    if (!plain(m.facts.compatible) || strncmp(m.facts.compatible, "tillside-", 9) != 0 || m.twice)
        return say(reason, -EBADMSG, "its manifest names no board of this system");
    if (!version_valid(m.facts.version))
        return say(reason, -EBADMSG, "its manifest names no version");
    if (!m.verity)
        return say(reason, -EBADMSG, "it is not of the verity format");
    *out_facts = m.facts;
    return 0;
}

static X509_STORE *read_authorities(struct slice pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509_STORE *store = X509_STORE_new();
    X509 *certificate = NULL;
    int count = 0;
    while (bio && store && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        count += X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    BIO_free(bio);
    if (store && count > 0 && X509_STORE_set_purpose(store, X509_PURPOSE_ANY))
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* The signed content. With authorities: only when one of them stands behind the signer. */
static int read_content(CMS_ContentInfo *cms, struct slice authorities, BIO *out, char reason[BUNDLE_REASON_MAX])
{
    X509_STORE *store = NULL;
    unsigned flags = CMS_BINARY;
    if (authorities.len > 0) {
        store = read_authorities(authorities);
        if (!store)
            return say(reason, -EKEYREJECTED, "the authorities' file holds no certificate");
    } else {
        flags |= CMS_NO_SIGNER_CERT_VERIFY; /* each device checks it against its own */
    }
    int ok = CMS_verify(cms, NULL, store, NULL, out, flags);
    X509_STORE_free(store);
    ERR_clear_error();
    return ok == 1 ? 0 : say(reason, -EKEYREJECTED, authorities.len ? SIGNER_NOBODY : "its signature does not fit it");
}

static int read_manifest(struct slice cms_bytes, struct slice authorities, struct bundle_facts *out_facts,
                         char reason[BUNDLE_REASON_MAX])
{
    const unsigned char *at = cms_bytes.data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)cms_bytes.len);
    BIO *out = BIO_new(BIO_s_mem());
    int rc = out ? 0 : -ENOMEM;
    if (rc == 0 &&
        (!cms || at != cms_bytes.data + cms_bytes.len || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed))
        rc = say(reason, -EBADMSG, "what stands at its end is no signature");
    if (rc == 0 && CMS_is_detached(cms) == 1)
        rc = say(reason, -EBADMSG, "it is not of the verity format");
    if (rc == 0)
        rc = read_content(cms, authorities, out, reason);
    if (rc == 0) {
        char *text = NULL;
        long len = BIO_get_mem_data(out, &text);
        rc = bundle_manifest((struct slice){(uint8_t *)text, len > 0 ? (size_t)len : 0}, out_facts, reason);
    }
    BIO_free(out);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return rc;
}

static int read_at(int fd, int64_t offset, void *out, size_t len)
{
    ssize_t got = pread(fd, out, len, offset);
    if (got < 0)
        return -errno;
    return (size_t)got == len ? 0 : -EBADMSG;
}

/* Where the signature begins and how long it is. */
static int find_signature(int fd, int64_t size, int64_t *out_offset, size_t *out_len)
{
    uint8_t tail[LENGTH_LEN];
    char magic[4];
    uint64_t len = 0;
    int rc = read_at(fd, 0, magic, sizeof(magic));
    if (rc == 0 && memcmp(magic, SQUASHFS, sizeof(magic)) != 0)
        rc = -EBADMSG;
    rc = rc ? rc : read_at(fd, size - LENGTH_LEN, tail, sizeof(tail));
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < LENGTH_LEN; i++)
        len = len << 8 | tail[i];
    if (len == 0 || len > RELEASE_CMS_MAX || (int64_t)len > size - LENGTH_LEN - SQUASHFS_MIN)
        return -EBADMSG;
    *out_offset = size - LENGTH_LEN - (int64_t)len;
    *out_len = (size_t)len;
    return 0;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
    return 0;
}

static int hash_and_copy(int fd, int out_fd, struct bundle_facts *facts)
{
    crypto_hash_sha256_state state;
    uint8_t *block = malloc(BLOCK);
    int rc = block ? 0 : -ENOMEM;
    int64_t at = 0;
    crypto_hash_sha256_init(&state);
    while (rc == 0 && at < facts->size) {
        size_t len = facts->size - at < BLOCK ? (size_t)(facts->size - at) : BLOCK;
        rc = read_at(fd, at, block, len);
        if (rc == 0 && out_fd >= 0)
            rc = write_all(out_fd, block, len);
        if (rc == 0)
            crypto_hash_sha256_update(&state, block, len);
        at += (int64_t)len;
    }
    free(block);
    if (rc == 0)
        crypto_hash_sha256_final(&state, facts->sha256);
    return rc;
}

int bundle_read(int fd, struct slice authorities, int out_fd, struct bundle_facts *out_facts,
                char reason[BUNDLE_REASON_MAX])
{
    struct stat status;
    struct bundle_facts facts = {0};
    int64_t offset = 0;
    size_t len = 0;
    assert(reason);
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size < SQUASHFS_MIN + LENGTH_LEN || status.st_size > RELEASE_SIZE_MAX)
        return say(reason, -EBADMSG, "it is no file of a bundle's size");
    if (find_signature(fd, status.st_size, &offset, &len) < 0)
        return say(reason, -EBADMSG, "it is no RAUC bundle, or its end is missing");
    uint8_t *bytes = malloc(len);
    int rc = bytes ? read_at(fd, offset, bytes, len) : -ENOMEM;
    rc = rc ? rc : read_manifest((struct slice){bytes, len}, authorities, &facts, reason);
    free(bytes);
    facts.size = status.st_size;
    rc = rc ? rc : hash_and_copy(fd, out_fd, &facts);
    if (rc == 0)
        *out_facts = facts;
    return rc;
}
