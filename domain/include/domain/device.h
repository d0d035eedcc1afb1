#ifndef DOMAIN_DEVICE_H
#define DOMAIN_DEVICE_H

#include "domain/crypto.h"

/*
 * What a terminal says of itself as a device: the result of its self-test, how it is, what came of an order of
 * central's. Journal records (body.h); the self-test also as a signed text for a QR that a technician sends from a
 * phone.
 */

/* Numbers stand in records: they never change meaning. */
enum self_test_item {
    SELF_TEST_SCREEN = 1, /* colours, by eye */
    SELF_TEST_TOUCH = 2,
    SELF_TEST_CAMERA = 3, /* a fresh frame */
    SELF_TEST_LAMP = 4,   /* by eye */
    SELF_TEST_BUTTONS = 5,
    SELF_TEST_PRINTER = 6,
    SELF_TEST_DRAWER = 7,
    SELF_TEST_NETWORK = 8,
    SELF_TEST_CLOCK = 9,    /* agrees with central's */
    SELF_TEST_DISK = 10,    /* writable, room left */
    SELF_TEST_STORAGE = 11, /* the books' file is sound */
    SELF_TEST_SOUND = 12,   /* by ear */
};
#define SELF_TEST_ITEMS 12

enum self_test_outcome {
    SELF_TEST_OPEN = 0, /* not tried yet; never in a record */
    SELF_TEST_PASSED = 1,
    SELF_TEST_FAILED = 2,
    SELF_TEST_SKIPPED = 3, /* the technician went on without it */
    SELF_TEST_ABSENT = 4,  /* the board has no such device */
};

struct body_self_test {
    int64_t started_ms;
    uint32_t seconds;
    uint32_t clerk; /* signed in meanwhile; 0 = nobody */
    char version[24], board[24];
    char hardware[64]; /* the machine's serial number */
    uint32_t count;
    uint32_t results[SELF_TEST_ITEMS]; /* item · 8 + outcome, in the order in which they were tried */
};
#define SELF_TEST_RESULT(item, outcome) ((uint32_t)(item)*8 + (uint32_t)(outcome))

const char *self_test_item_name(uint32_t item);             /* "screen"; "unknown" */
const char *self_test_outcome_name(uint32_t outcome);       /* "passed"; "unknown" */
bool self_test_all_well(const struct body_self_test *test); /* nothing failed, and something passed */

/* Bits of body_device_status.down, in the order of the terminal's devices (hal/context.h). */
#define DEVICE_PARTS 10
const char *device_part_name(uint32_t part); /* "display" … "storage"; "unknown" */

enum device_status_why { STATUS_BOOT = 1, STATUS_CHANGE = 2, STATUS_HOUR = 3 };

struct body_device_status {
    uint8_t why; /* enum device_status_why */
    char version[24], board[24];
    char slot[8];           /* "A", "B"; "" = this machine has none */
    uint32_t down;          /* bits: device_part_name; 0 = all that the board has works */
    uint32_t sync_age_s;    /* UINT32_MAX = never */
    int64_t temperature_mc; /* thousandths of a degree Celsius, of the hottest sensor; 0 = none */
    uint64_t disk_free_mb, disk_total_mb;
    uint64_t uptime_s;   /* of the machine */
    uint64_t boot_count; /* 0 = not kept */
};

/* What central asks a terminal to do beside selling. */
enum order_what { ORDER_UPDATE = 1, ORDER_REBOOT = 2, ORDER_LOGS = 3 };
enum order_outcome {
    ORDER_DONE = 1,    /* update: the new version runs and its slot was called good */
    ORDER_REFUSED = 2, /* not for this device, below the floor, a signature that is none */
    ORDER_FAILED = 3,
    ORDER_BACK = 4, /* update: the new slot did not stay up, the old one runs again */
    ORDER_OVER = 5, /* taken back, or its time was over before it began: nothing happened, nothing is wrong */
};
/* How far an order is; each is said once. What came of it in the end is an outcome. */
enum order_step {
    ORDER_DOWNLOADING = 1,
    ORDER_DOWNLOADED = 2, /* size and hash are right */
    ORDER_INSTALLED = 3,  /* stands in the other slot; the restart waits for its window and for nobody at the counter */
    ORDER_BOOTED = 4,     /* the new version runs; not called good yet */
};

struct body_order_step {
    uint64_t order;
    uint8_t what, step;
    char version[24]; /* that runs now */
};

struct body_order_done {
    uint64_t order; /* central's number */
    uint8_t what, outcome;
    char version[24]; /* that runs now */
    char reason[96];
};

const char *order_what_name(uint32_t what);       /* "update"; "unknown" */
const char *order_outcome_name(uint32_t outcome); /* "done"; "unknown" */
const char *order_step_name(uint32_t step);       /* "downloading"; 0: "waiting"; "unknown" */

/* As Debian orders versions: runs of digits as numbers, a tilde before everything, even the end. <0, 0, >0. */
int version_compare(const char *a, const char *b);
/* Begins with a digit, then digits, letters, . + ~ -; not empty. */
bool version_valid(const char *text);

/* Where a terminal stands in a roll-out, 0..9999, by a hash: the same answer at every time, another order for every
 * release. A roll-out to n percent takes the places below 100 n, so a wider one keeps all that the narrower one had. */
uint32_t rollout_place(uint64_t release, uint32_t terminal);

#define WINDOW_MINUTES_MAX 1440
/* Whether a moment lies within the daily window, in the store's local time (UTC+8); equal ends: always; one that ends
 * before it begins goes over midnight. */
bool rollout_window_open(uint32_t from_min, uint32_t to_min, int64_t wall_ms);

/* TSD1: and base45 of CBOR [inner, signature], inner = [terminal, incarnation, body] in bytes; the terminal signs it
 * behind a context string. One that is not enrolled yet has no key: terminal 0 and an empty signature. */
#define DEVICE_REPORT_PREFIX   "TSD1:"
#define DEVICE_REPORT_TEXT_MAX 640

struct device_report {
    uint32_t terminal, incarnation;
    struct body_self_test test;
    bool is_signed;
};

/* secret NULL: unsigned. -EINVAL for a text that is not UTF-8. */
MUST_CHECK int device_report_encode(const struct device_report *report, const uint8_t *secret,
                                    char out_text[DEVICE_REPORT_TEXT_MAX]);
/* Reads without checking who signed: the terminal's number says whose key to ask for. Line ends and tabs within the
 * text, as phones put them in, are passed over. -EINVAL without the prefix, -EBADMSG when malformed. */
MUST_CHECK int device_report_decode(const char *text, struct device_report *out_report);
/* The same text: whether that key signed it. */
bool device_report_verify(const char *text, const uint8_t key[PUBLIC_KEY_LEN]);

#endif
