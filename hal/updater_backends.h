#ifndef HAL_UPDATER_BACKENDS_H
#define HAL_UPDATER_BACKENDS_H

/* Every back-end's open, for the table in updater.c alone. */

#include "hal/updater.h"

MUST_CHECK int updater_socket_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater);
MUST_CHECK int updater_none_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater);
MUST_CHECK int updater_sim_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater);

#endif
