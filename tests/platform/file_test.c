#include "cmocka_all.h"
#include "platform/file.h"
#include "platform/lock.h"
#include "tempdir.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct tempdir dir;
    tempdir_open(&dir);
    *state = &dir;
    return 0;
}

static int teardown(void **state)
{
    tempdir_close(*state);
    return 0;
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void a_written_file_reads_back_with_its_mode_and_no_leftovers(void **state)
{
    char path[128];
    struct buffer buffer;
    struct stat status;
    tempdir_path(*state, "settings.json", path);
    mode_t mask = umask(077);
    assert_int_equal(file_write_atomic(path, "old", 3, 0644), 0);
    assert_int_equal(file_write_atomic(path, "newer\0text", 10, 0644), 0);
    umask(mask);
    buffer_init(&buffer, 100);
    assert_int_equal(file_read(path, &buffer), 0);
    assert_int_equal(buffer.len, 10);
    assert_memory_equal(buffer.data, "newer\0text", 10);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(count_entries(((struct tempdir *)*state)->path), 1);
    buffer_finish(&buffer);
}

static void a_failed_write_leaves_the_old_file_and_no_leftovers(void **state)
{
    char path[128], inside[128];
    tempdir_path(*state, "target", path);
    tempdir_path(*state, "target/kept", inside);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(file_write_atomic(inside, "x", 1, 0600), 0);
    assert_int_equal(file_write_atomic(path, "y", 1, 0600), -EISDIR);
    assert_int_equal(count_entries(((struct tempdir *)*state)->path), 1);
    assert_int_equal(file_write_atomic("/nonexistent/folder/file", "y", 1, 0600), -ENOENT);
}

static void a_file_over_the_ceiling_is_refused_whole(void **state)
{
    char path[128];
    struct buffer buffer;
    tempdir_path(*state, "large", path);
    assert_int_equal(file_write_atomic(path, "0123456789", 10, 0600), 0);
    buffer_init(&buffer, 9);
    assert_int_equal(buffer_append_text(&buffer, "a"), 0);
    assert_int_equal(file_read(path, &buffer), -EFBIG);
    assert_string_equal(buffer_text(&buffer), "a");
    assert_int_equal(file_read(((struct tempdir *)*state)->path, &buffer), -EISDIR);
    assert_int_equal(file_read("/nonexistent", &buffer), -ENOENT);
    buffer_finish(&buffer);
}

static void folders_are_made_all_the_way_down_and_twice(void **state)
{
    char path[128], file[128];
    struct stat status;
    tempdir_path(*state, "a/b//c/", path);
    assert_int_equal(file_make_dirs(path, 0750), 0);
    assert_int_equal(file_make_dirs(path, 0750), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    tempdir_path(*state, "plain", file);
    assert_int_equal(file_write_atomic(file, "", 0, 0600), 0);
    assert_int_equal(file_make_dirs(file, 0750), -ENOTDIR);
    assert_int_equal(file_make_dirs(tempdir_path(*state, "plain/below", path), 0750), -ENOTDIR);
    assert_int_equal(file_make_dirs("", 0750), -EINVAL);
}

static void a_second_holder_is_refused_and_told_who_has_the_lock(void **state)
{
    char path[128];
    struct lock first = {.fd = -1}, second = {.fd = -1};
    pid_t holder = -1;
    tempdir_path(*state, "db.lock", path);
    assert_int_equal(lock_open(&first, path, &holder), 0);
    assert_int_equal(holder, -1);
    assert_int_equal(lock_open(&second, path, &holder), -EBUSY);
    assert_int_equal(holder, getpid());
    lock_close(&first);
    assert_int_equal(lock_open(&second, path, &holder), 0);
    lock_close(&second);
    lock_close(&second);
    lock_close(NULL);
}

static void a_lock_dies_with_its_process(void **state)
{
    char path[128];
    struct lock lock = {.fd = -1};
    pid_t holder = 0;
    tempdir_path(*state, "db.lock", path);
    pid_t child = fork();
    if (child == 0)
        _exit(lock_open(&lock, path, &holder) == 0 ? 7 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(lock_open(&lock, path, &holder), 0);
    lock_close(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_written_file_reads_back_with_its_mode_and_no_leftovers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file_and_no_leftovers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_over_the_ceiling_is_refused_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_are_made_all_the_way_down_and_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_holder_is_refused_and_told_who_has_the_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_dies_with_its_process, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
