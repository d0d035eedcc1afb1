#include "central/command.h"

#include <stdio.h>

int command_init(int argc, char **argv)
{
    struct command_options options;
    int code = command_parse(argc, argv, &options);
    if (code != 0)
        return code;
    struct central_init_options init = {
        .config = options.config,
        .brand_zh = options.brand_zh,
        .brand_en = options.brand_en,
        .parts = central_parts,
        .part_count = central_part_count,
    };
    int rc = central_init_data(&init);
    if (rc == -EBUSY) {
        fprintf(stderr, "tillside-central: %s is in use by a running central.\n", options.config.data);
        return EXIT_LOCKED;
    }
    if (rc < 0)
        return command_explain(&options.config, "make the books", rc);
    printf("Books, keys and certificate are in %s.\n"
           "Move %s/keys/root.key to a safe place offline: it is only needed to change the list of keys.\n"
           "Next: tillside-central serve --data %s\n",
           options.config.data, options.config.data, options.config.data);
    return EXIT_DONE;
}
