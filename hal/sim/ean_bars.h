#ifndef HAL_SIM_EAN_BARS_H
#define HAL_SIM_EAN_BARS_H

#include "domain/base.h"

#define EAN_MODULES_MAX 95

/*
 * The bars of an EAN-13 (12 or 13 digits; 12 get their check digit), or EAN-8 (7 or 8), as '1' and '0' a module.
 * Returns how many modules, with all digits in
 * out_digits; 0 when the digits are no such code. Source: GS1 General Specifications, 5.2.
 */
int ean_bars(const char *digits, char out_modules[EAN_MODULES_MAX + 1], char out_digits[14]);

#endif
