#ifndef HAL_GPIO_SHARED_H
#define HAL_GPIO_SHARED_H

#include <pthread.h>

#include "hal/gpio.h"

/*
 * gpio_pulse for a thread that does not own the device: the lock (may be NULL) is held for each edge, not in between,
 * so the device may be swapped while the pulse lasts; the old one's close has then ended it.
 */
MUST_CHECK int gpio_pulse_shared(struct gpio *const *slot, pthread_mutex_t *lock, enum gpio_role role, int ms);

#endif
