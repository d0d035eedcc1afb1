#include "storage_identity.h"
#include "../copy.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What firmware says when nobody filled the field in: worse than nothing, since many machines say the same. */
static const char *const placeholders[] = {
    "To be filled by O.E.M.",
    "To Be Filled By O.E.M.",
    "Default string",
    "System Serial Number",
    "Not Specified",
    "None",
    "0",
    "00000000",
    "0123456789",
    "Not Applicable",
};

static bool is_placeholder(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(placeholders); i++) {
        if (strcmp(placeholders[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* The first line of a file, trimmed, printable characters only. False when it says nothing. */
static bool read_word(const char *path, char out_text[STORAGE_SERIAL_MAX])
{
    char raw[STORAGE_SERIAL_MAX] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t n;

    if (fd < 0) {
        return false;
    }
    n = read(fd, raw, sizeof(raw) - 1);
    close(fd);
    for (ssize_t i = 0; i < n && raw[i] != '\n' && raw[i] != '\0'; i++) {
        if (raw[i] > ' ' || (raw[i] == ' ' && length > 0)) {
            raw[length++] = raw[i];
        }
    }
    while (length > 0 && raw[length - 1] == ' ') {
        length--;
    }
    raw[length] = '\0';
    if (length == 0 || is_placeholder(raw)) {
        return false;
    }
    memcpy(out_text, raw, length + 1);
    return true;
}

static void read_hardware(const char *root, char out_text[STORAGE_SERIAL_MAX])
{
    static const char *const places[] = {
        "/proc/device-tree/serial-number",
        "/sys/class/dmi/id/product_serial",
        "/sys/class/dmi/id/board_serial",
        "/sys/class/dmi/id/product_uuid",
    };
    char path[PATH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        snprintf(path, sizeof(path), "%s%s", root, places[i]);
        if (read_word(path, out_text)) {
            return;
        }
    }
}

/* Virtio says serial at the disk, SATA and NVMe at its device, SD cards and eMMC have a CID. */
static void read_disk(const char *root, dev_t device, char out_text[STORAGE_SERIAL_MAX])
{
    static const char *const places[] = {"serial", "device/serial", "device/cid", "device/wwid", "wwid"};
    /* A partition's directory lies inside its disk's. */
    static const char *const levels[] = {"", "../"};
    char path[PATH_MAX];

    for (size_t level = 0; level < ARRAY_LEN(levels); level++) {
        for (size_t i = 0; i < ARRAY_LEN(places); i++) {
            snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/%s%s", root, major(device), minor(device),
                     levels[level], places[i]);
            if (read_word(path, out_text)) {
                return;
            }
        }
    }
}

/* The name in a directory of links whose target is the block device; real nodes are compared by number. */
static bool find_link(const char *root, const char *directory, dev_t device, char out_text[STORAGE_SERIAL_MAX])
{
    char path[PATH_MAX];
    struct dirent *entry;
    bool found = false;
    DIR *links;

    snprintf(path, sizeof(path), "%s%s", root, directory);
    links = opendir(path);
    if (!links) {
        return false;
    }
    while (!found && (entry = readdir(links))) {
        struct stat status;

        if (fstatat(dirfd(links), entry->d_name, &status, 0) == 0 && S_ISBLK(status.st_mode) &&
            status.st_rdev == device && strlen(entry->d_name) < STORAGE_SERIAL_MAX) {
            copy_text(out_text, STORAGE_SERIAL_MAX, entry->d_name);
            found = true;
        }
    }
    closedir(links);
    return found;
}

/* Without udev's links: the PARTUUID that the kernel itself names in the partition's uevent. */
static void read_partuuid(const char *root, dev_t device, char out_text[STORAGE_SERIAL_MAX])
{
    char path[PATH_MAX];
    char line[256];
    FILE *uevent;

    snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/uevent", root, major(device), minor(device));
    uevent = fopen(path, "re");
    if (!uevent) {
        return;
    }
    while (fgets(line, sizeof(line), uevent)) {
        if (strncmp(line, "PARTUUID=", 9) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out_text, STORAGE_SERIAL_MAX, "%.*s", STORAGE_SERIAL_MAX - 1, line + 9);
        }
    }
    fclose(uevent);
}

void storage_identity_read(const char *root, dev_t device, struct storage_identity *out_identity)
{
    struct storage_identity identity = {0};

    assert(root && out_identity);
    read_hardware(root, identity.hardware_serial);
    read_disk(root, device, identity.disk_serial);
    if (!find_link(root, "/dev/disk/by-uuid", device, identity.data_uuid) &&
        !find_link(root, "/dev/disk/by-partuuid", device, identity.data_uuid)) {
        read_partuuid(root, device, identity.data_uuid);
    }
    *out_identity = identity;
}
