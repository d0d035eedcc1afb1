#include "platform/keys.h"

#include "domain/crypto.h"
#include "platform/encoding.h"
#include "platform/file.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SEED_LEN  crypto_sign_SEEDBYTES
#define KEY_FILE_LEN  (KEY_SEED_LEN * 2 + 1) /* hex and a newline */
#define KEY_ID_PREFIX 16

static_assert(KEY_PUBLIC_LEN == crypto_sign_PUBLICKEYBYTES, "libsodium's public key");
static_assert(KEY_SECRET_LEN == crypto_sign_SECRETKEYBYTES, "libsodium's secret key");
static_assert(KEY_SIGNATURE_LEN == crypto_sign_BYTES, "libsodium's signature");
static_assert(KEY_ID_LEN + 1 == BASE64URL_CAP(KEY_ID_PREFIX), "the id is the prefix in base64url");

void key_id(const uint8_t public_key[KEY_PUBLIC_LEN], char out_id[KEY_ID_LEN + 1])
{
    uint8_t hash[HASH_LEN];
    crypto_sha256(public_key, KEY_PUBLIC_LEN, hash);
    base64url_encode(hash, KEY_ID_PREFIX, out_id, KEY_ID_LEN + 1);
}

void key_pair_from_seed(struct key_pair *out_pair, const uint8_t seed[32])
{
    int started = sodium_init();
    int error = crypto_sign_seed_keypair(out_pair->public_key, out_pair->secret_key, seed);
    assert(started >= 0 && !error);
    key_id(out_pair->public_key, out_pair->id);
}

void key_pair_make(struct key_pair *out_pair, struct random *random)
{
    uint8_t seed[KEY_SEED_LEN];
    random_fill(random, seed, sizeof(seed));
    key_pair_from_seed(out_pair, seed);
    sodium_memzero(seed, sizeof(seed));
}

void key_pair_finish(struct key_pair *pair)
{
    if (pair)
        sodium_memzero(pair, sizeof(*pair));
}

static int check_key_file(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return -EPERM;
    return 0;
}

static int parse_key(struct key_pair *out_pair, const char *text, size_t len)
{
    uint8_t seed[KEY_SEED_LEN];
    size_t seed_len;
    if (len != KEY_FILE_LEN || text[len - 1] != '\n')
        return -EBADMSG;
    int error = hex_decode(text, len - 1, seed, sizeof(seed), &seed_len);
    if (!error)
        key_pair_from_seed(out_pair, seed);
    sodium_memzero(seed, sizeof(seed));
    return error;
}

int key_pair_load(struct key_pair *out_pair, const char *path)
{
    char text[KEY_FILE_LEN + 1]; /* one more, to notice a longer file */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int error = check_key_file(fd);
    if (!error) {
        ssize_t got = read(fd, text, sizeof(text));
        error = got < 0 ? -errno : parse_key(out_pair, text, (size_t)got);
        sodium_memzero(text, sizeof(text));
    }
    close(fd);
    return error;
}

int key_pair_save(const struct key_pair *pair, const char *path)
{
    char text[KEY_FILE_LEN + 1];
    struct stat status;
    if (lstat(path, &status) == 0)
        return -EEXIST;
    if (errno != ENOENT)
        return -errno;
    hex_encode(pair->secret_key, KEY_SEED_LEN, text, sizeof(text)); /* libsodium keeps the seed first */
    text[KEY_FILE_LEN - 1] = '\n';
    int error = file_write_atomic(path, text, KEY_FILE_LEN, 0600);
    sodium_memzero(text, sizeof(text));
    return error;
}

int key_pair_load_or_make(struct key_pair *out_pair, const char *path, struct random *random, bool *out_made)
{
    struct key_pair pair;
    bool made = false;
    int error = key_pair_load(&pair, path);
    if (error == -ENOENT) {
        key_pair_make(&pair, random);
        error = key_pair_save(&pair, path);
        made = true;
    }
    if (!error) {
        *out_pair = pair;
        if (out_made)
            *out_made = made;
    }
    key_pair_finish(&pair);
    return error;
}

void key_sign(const struct key_pair *pair, const void *message, size_t len, uint8_t out_signature[KEY_SIGNATURE_LEN])
{
    int error = crypto_sign_detached(out_signature, NULL, message, len, pair->secret_key);
    assert(!error);
}

bool key_verify(const uint8_t public_key[KEY_PUBLIC_LEN], const void *message, size_t len,
                const uint8_t signature[KEY_SIGNATURE_LEN])
{
    return crypto_sign_verify_detached(signature, message, len, public_key) == 0;
}
