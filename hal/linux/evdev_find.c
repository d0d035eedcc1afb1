#include "evdev.h"

#include "evdev_find.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_path(const char *path, int *out_fd)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
    }
    *out_fd = fd;
    return 0;
}

int evdev_open_nth(unsigned n, int *out_fd)
{
    char path[32];

    snprintf(path, sizeof(path), "/dev/input/event%u", n);
    return open_path(path, out_fd);
}

int evdev_find(const char *device, int *out_fd)
{
    int worst = -ENODEV;

    assert(device && out_fd);
    if (strncmp(device, "name:", 5) != 0) {
        return open_path(device, out_fd);
    }
    for (unsigned n = 0; n < EVDEV_NUMBERS_MAX; n++) {
        char name[128] = "";
        int fd = -1;
        int error = evdev_open_nth(n, &fd);

        if (error) {
            worst = error == -EACCES ? error : worst;
            continue;
        }
        if (ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name) >= 0 && strstr(name, device + 5)) {
            *out_fd = fd;
            return 0;
        }
        close(fd);
    }
    return worst;
}
