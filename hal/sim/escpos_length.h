#ifndef HAL_SIM_ESCPOS_LENGTH_H
#define HAL_SIM_ESCPOS_LENGTH_H

#include "domain/base.h"

/*
 * How many bytes the ESC/POS command at bytes takes in all, from as much of it as there is: 0 more bytes are needed to
 * tell, -1 nobody knows this command. Printable bytes are commands of length 1. Pure.
 */
int64_t escpos_length(const uint8_t *bytes, size_t available);

#endif
