#include "fuzz_file.h"

#include "platform/db.h"

#include <stdio.h>
#include <unistd.h>

void fuzz_file_keep_db(struct fuzz_file *file, const char *path)
{
    struct db_options options = {.mode = DB_WRITER};
    struct db *db;
    MUST(db_open(path, &options, &db) == 0 && db_checkpoint(db) == 0);
    db_close(db);
    fuzz_file_keep(file, path);
}

void fuzz_file_keep(struct fuzz_file *file, const char *path)
{
    int len = snprintf(file->path, sizeof file->path, "%s", path);
    FILE *stream = fopen(path, "rb");
    MUST(len > 0 && (size_t)len < sizeof file->path && stream != NULL && fseek(stream, 0, SEEK_END) == 0);
    file->len = (size_t)ftell(stream);
    file->data = malloc(file->len);
    rewind(stream);
    MUST(file->data != NULL && fread(file->data, 1, file->len, stream) == file->len && fclose(stream) == 0);
}

static void remove_beside(const char *path, const char *suffix)
{
    char beside[200];
    snprintf(beside, sizeof beside, "%s%s", path, suffix);
    unlink(beside);
}

void fuzz_file_restore(const struct fuzz_file *file)
{
    remove_beside(file->path, "-wal");
    remove_beside(file->path, "-shm");
    FILE *stream = fopen(file->path, "wb");
    MUST(stream != NULL && fwrite(file->data, 1, file->len, stream) == file->len && fclose(stream) == 0);
}

void fuzz_file_drop(struct fuzz_file *file)
{
    free(file->data);
    *file = (struct fuzz_file){.data = NULL};
}
