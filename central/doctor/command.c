#include "central/command.h"
#include "central/doctor/doctor.h"
#include "central/played_clock.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static void say_version(void)
{
    int version = db_version_number();
    bool sound = db_version_verdict(version) == DB_VERSION_SOUND;
    printf("SQLite %d.%d.%d: %s\n", version / 1000000, version / 1000 % 1000, version % 1000,
           sound ? "sound" : "has the WAL-reset bug; central's single writer keeps clear of it");
}

static void measure(struct central_doctor_options *options)
{
    char path[STORE_PATH_MAX];
    struct statvfs space;
    struct stat file;
    options->free_bytes =
        statvfs(options->config->data, &space) < 0 ? -1 : (int64_t)((uint64_t)space.f_bavail * space.f_frsize);
    if (central_config_path(options->config, CENTRAL_DB_FILE, path, sizeof(path)) == 0 && stat(path, &file) == 0)
        options->books_bytes = file.st_size;
}

static int read_played(const char *path, int64_t *out_ms)
{
    struct played_clock clock;
    int rc = played_clock_open(&clock, path);
    if (rc < 0)
        return rc;
    *out_ms = clock_wall_ms(&clock.base);
    played_clock_close(&clock);
    return 0;
}

int command_doctor(int argc, char **argv)
{
    struct command_options options;
    int code = command_parse(argc, argv, &options);
    if (code != 0)
        return code;
    struct central_doctor_options doctor = {
        .config = &options.config, .now_ms = clock_wall_ms(clock_real()), .free_bytes = -1, .out = stdout};
    int rc = options.played_clock ? read_played(options.played_clock, &doctor.now_ms) : 0;
    say_version();
    measure(&doctor);
    if (rc == 0)
        rc = central_doctor_check(&doctor);
    return rc < 0 ? command_explain(&options.config, "vouch for the books", rc) : EXIT_DONE;
}
