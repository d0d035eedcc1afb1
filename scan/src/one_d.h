#ifndef SCAN_SRC_ONE_D_H
#define SCAN_SRC_ONE_D_H

/*
 * Bar codes by zbar and by ean.h, under rules that leave no wrong reads: a value must come from several scan lines, or
 * from two frames after each other, and no other value may compete for the same place. Owner: one struct scan.
 */

#include "budget.h"
#include "plane.h"
#include "zbar_reader.h"

#define ONE_D_KEPT 4

/* Values that were not sure enough in the frame before. All zero is the start. */
struct one_d {
    struct {
        enum scan_symbology symbology;
        size_t len;
        char text[128];
    } kept[ONE_D_KEPT];
    int count;
};

/* How a picture is looked at. */
struct one_d_look {
    const struct scan_image *packed;
    bool still;                  /* no frame came before */
    const struct budget *budget; /* fewer lines are looked at when it is short */
};

/* Adds the codes that pass to result. */
void one_d_read(struct one_d *one_d, struct zbar_reader *zbar, const struct one_d_look *look,
                struct scan_result *result);

/* Forgets the frame before. */
void one_d_forget(struct one_d *one_d);

#endif
