#include "rig.h"

#include <sys/stat.h>

#include "hal/storage.h"
#include "linux/storage_identity.h"

struct rig {
    const char *backend;
    bool marks; /* with a mark file */
    struct bench bench;
    struct storage *storage;
    struct storage_spec spec;
};

static const struct rig sim = {.backend = "sim"};
static const struct rig sim_file = {.backend = "sim", .marks = true};
static const struct rig disk = {.backend = "linux", .marks = true};

static void open_rig(struct rig *rig, void **state)
{
    *rig = *(const struct rig *)*state;
    bench_open(&rig->bench);
    strcpy(rig->spec.backend, rig->backend);
    strcpy(rig->spec.data_dir, rig->bench.folder);
    if (rig->marks) {
        snprintf(rig->spec.mark_path, sizeof(rig->spec.mark_path), "%s/mark", rig->bench.folder);
    }
    assert_int_equal(storage_open(&rig->spec, &rig->bench.context, &rig->storage), 0);
}

static void close_rig(struct rig *rig)
{
    storage_close(rig->storage);
    bench_close(&rig->bench);
}

static void a_healthy_disk_says_how_much_is_free(void **state)
{
    struct storage_state health;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(storage_state(rig.storage, &health), 0);
    assert_true(health.writable);
    assert_true(health.free_bytes > 0 && health.free_bytes <= health.total_bytes);
    close_rig(&rig);
}

static void the_identity_is_the_same_twice(void **state)
{
    struct storage_identity first;
    struct storage_identity second;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(storage_identity(rig.storage, &first), 0);
    assert_int_equal(storage_identity(rig.storage, &second), 0);
    assert_string_equal(first.hardware_serial, second.hardware_serial);
    assert_string_equal(first.disk_serial, second.disk_serial);
    assert_string_equal(first.data_uuid, second.data_uuid);
    close_rig(&rig);
}

static void a_mark_is_what_was_last_written(void **state)
{
    struct storage_mark mark = {77, 77};
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(storage_mark_read(rig.storage, &mark), -ENOENT);
    assert_int_equal(mark.boot_count, 77);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){3, 1000}), 0);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){4, UINT64_MAX}), 0);
    /* Another life of the program reads it too. */
    storage_close(rig.storage);
    assert_int_equal(storage_open(&rig.spec, &rig.bench.context, &rig.storage), 0);
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    assert_int_equal(mark.boot_count, 4);
    assert_int_equal(mark.last_seq, UINT64_MAX);
    close_rig(&rig);
}

static void a_damaged_mark_is_no_mark(void **state)
{
    static const char *const bad[] = {"", "boot 4 seq 9", "boot 4 seq 9 check 00000000\n", "nonsense\n", "boot -"};
    struct storage_mark mark;
    struct rig rig;

    open_rig(&rig, state);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        FILE *file = fopen(rig.spec.mark_path, "w");

        fputs(bad[i], file);
        fclose(file);
        assert_int_equal(storage_mark_read(rig.storage, &mark), -EBADMSG);
    }
    close_rig(&rig);
}

static void a_full_disk_and_a_lost_one_are_told(void **state)
{
    struct storage_state health;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_STORAGE, SIM_FAULT_FULL_DISK), 0);
    assert_int_equal(storage_state(rig.storage, &health), 0);
    assert_int_equal(health.free_bytes, 0);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){1, 1}), -ENOSPC);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_STORAGE, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(storage_state(rig.storage, &health), -ENODEV);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_STORAGE, SIM_FAULT_PAPER_END), -EINVAL);
    close_rig(&rig);
}

static void a_directory_that_is_gone_is_a_lost_disk(void **state)
{
    struct storage_spec absent = {.backend = "linux", .data_dir = "/no/such/data"};
    struct storage *storage = NULL;
    struct storage_state health;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(storage_open(&absent, &rig.bench.context, &storage), -ENODEV);
    assert_non_null(strstr(rig.bench.context.reason, "/no/such/data"));
    remove_tree(rig.bench.folder);
    assert_int_equal(storage_state(rig.storage, &health), -ENODEV);
    assert_int_equal(storage_state(NULL, &health), -ENODEV);
    close_rig(&rig);
}

static void put_file(const char *root, const char *path, const char *text)
{
    char command[512];
    FILE *file;

    snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s%s')\"", root, path);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "%s%s", root, path);
    file = fopen(command, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void serials_are_found_where_kernels_put_them(void **state)
{
    struct storage_identity identity;
    char root[64];
    dev_t device = (dev_t)0xB302; /* 179:2, the second partition of an SD card */

    (void)state;
    make_temp_dir(root);
    put_file(root, "/sys/class/dmi/id/product_serial", "To be filled by O.E.M.\n");
    put_file(root, "/sys/class/dmi/id/board_serial", "  BRD-42 \n");
    put_file(root, "/sys/dev/block/179:2/uevent", "MAJOR=179\nPARTN=2\nPARTUUID=0123-02\nPARTNAME=data\n");
    put_file(root, "/sys/dev/block/device/cid", "1b534d30303030\n");
    storage_identity_read(root, device, &identity);
    assert_string_equal(identity.hardware_serial, "BRD-42");
    assert_string_equal(identity.disk_serial, "1b534d30303030");
    assert_string_equal(identity.data_uuid, "0123-02");
    put_file(root, "/proc/device-tree/serial-number", "100000009a8b7c6d");
    storage_identity_read(root, device, &identity);
    assert_string_equal(identity.hardware_serial, "100000009a8b7c6d");
    storage_identity_read("/nowhere", device, &identity);
    assert_string_equal(identity.hardware_serial, "");
    assert_string_equal(identity.disk_serial, "");
    assert_string_equal(identity.data_uuid, "");
    remove_tree(root);
}

#define ON_ALL(test) ON_RIG(test, sim), ON_RIG(test, sim_file), ON_RIG(test, disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(a_healthy_disk_says_how_much_is_free),
        ON_ALL(the_identity_is_the_same_twice),
        ON_ALL(a_mark_is_what_was_last_written),
        ON_RIG(a_damaged_mark_is_no_mark, sim_file),
        ON_RIG(a_damaged_mark_is_no_mark, disk),
        ON_RIG(a_full_disk_and_a_lost_one_are_told, sim),
        ON_RIG(a_full_disk_and_a_lost_one_are_told, sim_file),
        ON_RIG(a_directory_that_is_gone_is_a_lost_disk, disk),
        cmocka_unit_test(serials_are_found_where_kernels_put_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
