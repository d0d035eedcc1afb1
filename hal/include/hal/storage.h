#ifndef HAL_STORAGE_H
#define HAL_STORAGE_H

/*
 * The data partition's health, what names this very machine and disk, and a mark kept outside that partition: together
 * they tell a terminal whether its books were moved or set back (shared rules "Incarnations"). Calls may touch the
 * disk; the till's thread makes them. Back-ends: linux, sim.
 */

#include "hal/context.h"

#define STORAGE_SERIAL_MAX 64

struct storage_spec {
    char backend[HAL_BACKEND_MAX];
    char data_dir[HAL_DEVICE_MAX];  /* the only writable place; must exist */
    char mark_path[HAL_DEVICE_MAX]; /* a file or block device outside data_dir's file system; "" keeps none (desks) */
};

struct storage_state {
    uint64_t free_bytes; /* what an unprivileged process may still write */
    uint64_t total_bytes;
    bool writable; /* not read-only, and this process may write there */
};

/* "" where the machine does not say. Constant for a machine, a disk, a partition. */
struct storage_identity {
    char hardware_serial[STORAGE_SERIAL_MAX];
    char disk_serial[STORAGE_SERIAL_MAX];
    char data_uuid[STORAGE_SERIAL_MAX]; /* file-system or partition UUID */
};

/* What the books must have reached; app/till/mark.c says how it is used. */
struct storage_mark {
    uint64_t boot_count;  /* no books have counted further */
    uint64_t books_count; /* so far they have */
    uint32_t terminal;    /* whose journal holds last_seq */
    uint32_t incarnation;
    uint64_t last_seq;
};

struct storage {
    const struct storage_ops *ops;
};

struct storage_ops {
    /* All mandatory. */
    int (*state)(struct storage *storage, struct storage_state *out_state);
    int (*identity)(struct storage *storage, struct storage_identity *out_identity);
    int (*mark_read)(struct storage *storage, struct storage_mark *out_mark);
    int (*mark_write)(struct storage *storage, const struct storage_mark *mark);
    void (*close)(struct storage *storage);
};

MUST_CHECK int storage_open(const struct storage_spec *spec, struct hal_context *context, struct storage **out_storage);
MUST_CHECK int storage_state(struct storage *storage, struct storage_state *out_state);
MUST_CHECK int storage_identity(struct storage *storage, struct storage_identity *out_identity);

/* -ENOENT there is none yet, -ENOTSUP this board keeps none, -EBADMSG it is damaged; anything else: nobody knows. */
MUST_CHECK int storage_mark_read(struct storage *storage, struct storage_mark *out_mark);

/* Durable when it returns 0; after a power cut either the old or the new mark is there. -ENOTSUP. */
MUST_CHECK int storage_mark_write(struct storage *storage, const struct storage_mark *mark);
void storage_close(struct storage *storage);

#endif
