#include "app.h"

#include "doctor/doctor.h"

#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    struct options options;
    umask(0077); /* books and log are the terminal's alone, in a folder that somebody else made too */
    if (doctor_is_command(argc, argv))
        return doctor_main(argc, argv);
    if (options_parse(argc, argv, &options) != 0)
        return APP_EXIT_USAGE;
    if (options.show_help) {
        options_help();
        return APP_EXIT_OK;
    }
    if (options.show_version) {
        printf("tillside-terminal %s\n", TILLSIDE_VERSION);
        return APP_EXIT_OK;
    }
    return app_run(&options);
}
