#include "tty.h"

#include <assert.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    int baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
};

static int speed_of(int baud, speed_t *out_speed)
{
    for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
        if (speeds[i].baud == baud) {
            *out_speed = speeds[i].speed;
            return 0;
        }
    }
    return -EINVAL;
}

static int set_raw(int fd, speed_t speed)
{
    struct termios line;

    if (tcgetattr(fd, &line) < 0) {
        return -errno;
    }
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    if (cfsetispeed(&line, speed) < 0 || cfsetospeed(&line, speed) < 0 || tcsetattr(fd, TCSANOW, &line) < 0 ||
        tcflush(fd, TCIOFLUSH) < 0) {
        return -errno;
    }
    return 0;
}

int tty_open(const char *path, int baud, int *out_fd)
{
    speed_t speed = B9600;
    int error;
    int fd;

    assert(path && out_fd);
    error = speed_of(baud, &speed);
    if (error) {
        return error;
    }
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
    }
    error = set_raw(fd, speed);
    if (error) {
        close(fd);
        return error;
    }
    *out_fd = fd;
    return 0;
}
