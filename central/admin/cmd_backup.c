#include "central/admin/groups.h"

#include <sys/stat.h>

int cmd_backup(struct admin_call *call)
{
    char path[STORE_PATH_MAX];
    struct stat file;
    int64_t begun_ms = clock_mono_ms(call->central->clock);
    int rc = central_backup_between(call->central, path, sizeof(path));
    if (rc == 0 && stat(path, &file) < 0)
        rc = -errno;
    if (rc == -EUCLEAN)
        return admin_refuse(call, rc, "the copy does not check: run tillside-central doctor, and keep the older ones");
    if (rc < 0)
        return rc;
    admin_set(call, "file", json_string(path));
    admin_set(call, "bytes", json_integer(file.st_size));
    admin_set(call, "took", json_sprintf("%lld ms", (long long)(clock_mono_ms(call->central->clock) - begun_ms)));
    return 0;
}
