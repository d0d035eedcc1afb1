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
    const struct storage_mark first = {3, 2, 11, 1, 1000}, second = {UINT64_MAX, 4, UINT32_MAX, 2, UINT64_MAX};
    struct storage_mark mark = {.boot_count = 77};
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(storage_mark_read(rig.storage, &mark), -ENOENT);
    assert_int_equal(mark.boot_count, 77);
    assert_int_equal(storage_mark_write(rig.storage, &first), 0);
    assert_int_equal(storage_mark_write(rig.storage, &second), 0);
    /* Another life of the program reads it too. */
    storage_close(rig.storage);
    assert_int_equal(storage_open(&rig.spec, &rig.bench.context, &rig.storage), 0);
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    assert_true(mark.boot_count == UINT64_MAX && mark.books_count == 4 && mark.last_seq == UINT64_MAX);
    assert_true(mark.terminal == UINT32_MAX && mark.incarnation == 2);
    close_rig(&rig);
}

static void a_damaged_mark_is_no_mark(void **state)
{
    static const char *const bad[] = {
        "mark turn 1 boot 4 books 4 of 11.1 seq 9",
        "mark turn 1 boot 4 books 4 of 11.1 seq 9 check 00000000\n",
        "nonsense\n",
        "mark -",
    };
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

static void scribble(const struct rig *rig, long at, char with)
{
    FILE *file = fopen(rig->spec.mark_path, "r+");

    assert_non_null(file);
    fseek(file, at, SEEK_SET);
    fputc(with, file);
    fclose(file);
}

/* The two blocks are written in turns. */
static void a_torn_write_leaves_the_mark_before_it(void **state)
{
    struct storage_mark mark;
    struct rig rig;

    open_rig(&rig, state);
    for (uint64_t i = 1; i <= 6; i++) {
        assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){.boot_count = i}), 0);
        assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
        assert_int_equal(mark.boot_count, i);
    }
    scribble(&rig, 4096 + 20, 'x'); /* the sixth */
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    assert_int_equal(mark.boot_count, 5);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){.boot_count = 7}), 0);
    scribble(&rig, 20, 'x'); /* the fifth: the seventh took the place of the torn one */
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    assert_int_equal(mark.boot_count, 7);
    scribble(&rig, 4096 + 20, 'y');
    assert_int_equal(storage_mark_read(rig.storage, &mark), -EBADMSG);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){.boot_count = 8}), 0);
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    assert_int_equal(mark.boot_count, 8);
    close_rig(&rig);
}

/* Blocks of a partition are there before anything was written. */
static void a_blank_place_holds_no_mark(void **state)
{
    struct storage_mark mark;
    struct rig rig;
    FILE *file;

    open_rig(&rig, state);
    file = fopen(rig.spec.mark_path, "w");
    for (int i = 0; i < 8192; i++) {
        fputc(0, file);
    }
    fclose(file);
    assert_int_equal(storage_mark_read(rig.storage, &mark), -ENOENT);
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){.boot_count = 1}), 0);
    assert_int_equal(storage_mark_read(rig.storage, &mark), 0);
    close_rig(&rig);
}

/* A partition that did not come up: not the same as a mark that was taken away. */
static void a_node_that_is_missing_is_a_lost_device(void **state)
{
    struct storage_spec spec = {.backend = "linux", .mark_path = "/dev/no-such-mark"};
    struct storage *storage = NULL;
    struct storage_mark mark;
    struct rig rig;

    open_rig(&rig, state);
    strcpy(spec.data_dir, rig.bench.folder);
    assert_int_equal(storage_open(&spec, &rig.bench.context, &storage), 0);
    assert_int_equal(storage_mark_read(storage, &mark), -ENODEV);
    assert_int_equal(storage_mark_write(storage, &(struct storage_mark){.boot_count = 1}), -ENODEV);
    storage_close(storage);
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
    assert_int_equal(storage_mark_write(rig.storage, &(struct storage_mark){.boot_count = 1}), -ENOSPC);
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
        ON_RIG(a_torn_write_leaves_the_mark_before_it, sim_file),
        ON_RIG(a_torn_write_leaves_the_mark_before_it, disk),
        ON_RIG(a_blank_place_holds_no_mark, disk),
        ON_RIG(a_node_that_is_missing_is_a_lost_device, disk),
        ON_RIG(a_full_disk_and_a_lost_one_are_told, sim),
        ON_RIG(a_full_disk_and_a_lost_one_are_told, sim_file),
        ON_RIG(a_directory_that_is_gone_is_a_lost_disk, disk),
        cmocka_unit_test(serials_are_found_where_kernels_put_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
