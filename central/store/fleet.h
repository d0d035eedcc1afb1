#ifndef CENTRAL_STORE_FLEET_H
#define CENTRAL_STORE_FLEET_H

/*
 * What central knows of the devices: the newest state that each terminal told, and its self-tests. Both come by the
 * journal; here stands what the last record said, and when central heard it.
 */

#include "central/store/identity.h"
#include "domain/body.h"

extern const struct store_schema store_schema_fleet;

#define FLEET_STALE_MS  INT64_C(7200000) /* twice the hour in which a terminal tells at least once */
#define FLEET_TESTS_MAX 20               /* self-tests kept of each terminal */

struct fleet_device {
    struct terminal terminal;
    bool told; /* status and heard_ms mean something */
    struct body_device_status status;
    int64_t heard_ms;  /* central's time when that came */
    int64_t tested_ms; /* of the last self-test, the terminal's time; 0 = none */
    bool test_well;
};

/* After the core took in a record: keeps what it says of the device. Others change nothing. */
MUST_CHECK int fleet_note_record(struct store_tx *tx, const struct record *record);

/* No news for FLEET_STALE_MS, neither a state nor any contact. */
bool fleet_is_stale(const struct fleet_device *device, int64_t now_ms);

/* Confirmed terminals in order of their numbers until visit returns non-zero, which is passed on. */
typedef int (*fleet_visit)(void *context, const struct fleet_device *device);
MUST_CHECK int fleet_each(struct store_tx *tx, fleet_visit visit, void *context);
MUST_CHECK int fleet_find(struct store_tx *tx, uint32_t terminal, struct fleet_device *out_device); /* -ENOENT */

/* Self-tests of one terminal, newest first. */
typedef int (*fleet_test_visit)(void *context, const struct body_self_test *test);
MUST_CHECK int fleet_each_test(struct store_tx *tx, uint32_t terminal, fleet_test_visit visit, void *context);

#endif
