/* fuzz_<name> CORPUS MUTATIONS: every file of the corpus as it is, then that many mutations of each; the same in every
 * run. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX (64 * 1024)

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return limit == 0 ? 0 : (size_t)(random_state % limit);
}

static size_t mutate(uint8_t *data, size_t len, size_t cap)
{
    static const uint8_t telling[] = {0x00, 0x17, 0x18, 0x1b, 0x20, 0x3b, 0x5b,
                                      0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xf6, 0xff};
    size_t at = random_below(len + 1), count = random_below(8) + 1;
    switch (random_below(6)) {
    case 0: /* a bit */
        if (at < len)
            data[at] ^= (uint8_t)(1 << random_below(8));
        return len;
    case 1: /* a byte that means something to CBOR */
        if (at < len)
            data[at] = telling[random_below(sizeof telling)];
        return len;
    case 2: /* cut off */
        return at;
    case 3: /* leave out */
        count = count < len - at ? count : len - at;
        memmove(data + at, data + at + count, len - at - count);
        return len - count;
    case 4: /* put in */
        if (len + count > cap)
            return len;
        memmove(data + at + count, data + at, len - at);
        for (size_t i = 0; i < count; i++)
            data[at + i] = (uint8_t)random_below(256);
        return len + count;
    default: /* repeat an earlier run */
        count = count < len - at ? count : len - at;
        memmove(data + at, data + random_below(at + 1), count);
        return len;
    }
}

/* The input sits in a block of exactly its size, so that a read beyond it is caught. */
static void run_one(const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    MUST(exact);
    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static int replay_file(const char *path, long mutations)
{
    static uint8_t seed[INPUT_MAX], work[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return -errno;
    size_t len = fread(seed, 1, sizeof seed, file);
    fclose(file);
    run_one(seed, len);
    random_state = 0x9e3779b97f4a7c15u ^ len;
    for (long i = 0; i < mutations; i++) {
        memcpy(work, seed, len);
        size_t size = len;
        for (size_t n = random_below(4) + 1; n > 0; n--)
            size = mutate(work, size, sizeof work);
        run_one(work, size);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int files = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: %s CORPUS MUTATIONS\n", argv[0]);
        return 2;
    }
    int count = scandir(argv[1], &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char path[512];
        int len = snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof path)
            files += replay_file(path, strtol(argv[2], NULL, 10)) == 0;
        free(entries[i]);
    }
    free(entries);
    printf("%d files, %s mutations each\n", files, argv[2]);
    return files > 0 ? 0 : 1;
}
