#ifndef SCAN_SRC_RINGS_H
#define SCAN_SRC_RINGS_H

/*
 * Finder candidates from the grey picture, for what a threshold tears apart (noise, grids, blur): at every pixel a dark
 * middle, a light ring, a dark ring, of either polarity, whatever the turn. About 1 ms a scale at 640x480.
 */

#include "finder.h"

/* Looks for finders whose module is about that many pixels (1.5..4); adds the best to the list. */
void ring_candidates(const struct plane *plane, float module, struct candidate_list *list);

#endif
