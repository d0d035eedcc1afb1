#ifndef HAL_LINUX_STORAGE_IDENTITY_H
#define HAL_LINUX_STORAGE_IDENTITY_H

#include <sys/types.h>

#include "hal/storage.h"

/*
 * What the kernel tells about this machine and the disk a device number lies on. root is "" or a directory that stands
 * for /, holding sys/, proc/ and dev/. Nothing found is "", never an error.
 */
void storage_identity_read(const char *root, dev_t device, struct storage_identity *out_identity);

#endif
