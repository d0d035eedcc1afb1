/*
 * Holds the kernel's text console shut: no key switches to another one (VT_LOCKSWITCH), none is interpreted (K_OFF),
 * and nothing is drawn over the terminal's screen (KD_GRAPHICS). Runs as long as the machine does, started before the
 * terminal. Sources: ioctl_console(2), ioctl_vt(2), sd_notify(3). A kernel without consoles has nothing to lock.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static int lock_console(int fd)
{
    if (ioctl(fd, KDSKBMODE, K_OFF) < 0 || ioctl(fd, KDSETMODE, KD_GRAPHICS) < 0 || ioctl(fd, VT_LOCKSWITCH, 1) < 0)
        return -errno;
    return 0;
}

int main(void)
{
    int fd = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int error = fd < 0 ? -errno : lock_console(fd);

    if (error != 0 && error != -ENOENT && error != -ENXIO) {
        fprintf(stderr, "console-lock: /dev/tty1: %s\n", strerror(-error));
        return 1;
    }
    sd_notify(0, "READY=1");
    for (;;)
        pause();
}
