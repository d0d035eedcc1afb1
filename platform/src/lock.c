#include "platform/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static pid_t read_holder(int fd)
{
    char text[32];
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    long pid = strtol(text, NULL, 10);
    return pid > 0 ? (pid_t)pid : 0;
}

/* The pid is for people to read. A disk too full to take it must not keep the program from starting. */
static void write_holder(int fd)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) < 0)
        return;
}

int lock_open(struct lock *lock, const char *path, pid_t *out_holder)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int error = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        error = errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (error == -EBUSY)
        *out_holder = read_holder(fd);
    if (error) {
        close(fd);
        return error;
    }
    write_holder(fd);
    lock->fd = fd;
    return 0;
}

void lock_close(struct lock *lock)
{
    if (!lock || lock->fd < 0)
        return;
    close(lock->fd);
    lock->fd = -1;
}
