#include "hal/machine.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONES_MAX    32
#define SLOT_KEY     "rauc.slot="
#define SLOT_KEY_LEN (sizeof(SLOT_KEY) - 1)

static bool read_text(const char *root, const char *path, char *out, size_t cap)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    int fd = open(whole, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, out, cap - 1);
    close(fd);
    out[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* A word of its own, of letters and digits that fit. */
static void read_slot(const char *root, char out_slot[8])
{
    char line[4096];
    if (!read_text(root, "/proc/cmdline", line, sizeof(line)))
        return;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
        size_t len = strlen(word);
        if (strncmp(word, SLOT_KEY, SLOT_KEY_LEN) == 0 && len > SLOT_KEY_LEN && len - SLOT_KEY_LEN < 8)
            memcpy(out_slot, word + SLOT_KEY_LEN, len - SLOT_KEY_LEN + 1);
    }
}

static int64_t read_temperature(const char *root)
{
    int64_t hottest = 0;
    for (int i = 0; i < ZONES_MAX; i++) {
        char path[64], text[32];
        snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/temp", i);
        if (!read_text(root, path, text, sizeof(text)))
            break;
        int64_t value = strtoll(text, NULL, 10);
        if (value > hottest && value < 200000)
            hottest = value;
    }
    return hottest;
}

void machine_read(const char *root, struct machine_state *out_state)
{
    char text[64];
    struct machine_state state = {0};
    read_slot(root, state.slot);
    state.temperature_mc = read_temperature(root);
    if (read_text(root, "/proc/uptime", text, sizeof(text)))
        state.uptime_s = strtoull(text, NULL, 10);
    *out_state = state;
}
