#include "tempdir.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void tempdir_open(struct tempdir *dir)
{
    snprintf(dir->path, sizeof(dir->path), "/tmp/tillside-test-XXXXXX");
    char *made = mkdtemp(dir->path);
    assert(made);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void tempdir_close(struct tempdir *dir)
{
    int error = nftw(dir->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    assert(!error);
}

const char *tempdir_path(const struct tempdir *dir, const char *name, char out_path[128])
{
    int len = snprintf(out_path, 128, "%s/%s", dir->path, name);
    assert(len > 0 && len < 128);
    return out_path;
}
