#ifndef PLATFORM_UNIXSOCK_INTERNAL_H
#define PLATFORM_UNIXSOCK_INTERNAL_H

#include "domain/base.h"

#include <sys/un.h>

/* -ENAMETOOLONG when the path does not fit (108 bytes on Linux), -EINVAL when it is empty. */
MUST_CHECK int unixsock_address(const char *path, struct sockaddr_un *out_address);

/* A connected stream socket, or -errno. */
MUST_CHECK int unixsock_connect(const char *path, int *out_fd);

/* Sends all of it; the socket blocks, at most as long as its send timeout. */
MUST_CHECK int unixsock_send(int fd, const void *data, size_t len);

#endif
