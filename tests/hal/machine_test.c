#include "hal/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[64];

static void put(const char *path, const char *text)
{
    char whole[192];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/tillside-machine-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof(command), "rm -r '%s'", root);
    return system(command);
}

static void a_machine_says_its_slot_its_heat_and_how_long_it_runs(void **state)
{
    (void)state;
    struct machine_state machine;
    put("/proc/cmdline", "root=PARTLABEL=root-b rauc.slot=B quiet\n");
    put("/proc/uptime", "90061.73 12.00\n");
    put("/sys/class/thermal/thermal_zone0/temp", "48250\n");
    put("/sys/class/thermal/thermal_zone1/temp", "61000\n");
    put("/sys/class/thermal/thermal_zone2/temp", "4294967295\n"); /* a sensor that is broken */
    machine_read(root, &machine);
    assert_string_equal(machine.slot, "B");
    assert_int_equal(machine.temperature_mc, 61000);
    assert_int_equal(machine.uptime_s, 90061);
}

static void what_cannot_be_read_stays_empty(void **state)
{
    (void)state;
    struct machine_state machine;
    machine_read(root, &machine);
    assert_string_equal(machine.slot, "");
    assert_int_equal(machine.temperature_mc, 0);
    put("/proc/cmdline", "norauc.slot=A rauc.slot= rauc.slot=MUCHTOOLONG\n");
    machine_read(root, &machine);
    assert_string_equal(machine.slot, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_says_its_slot_its_heat_and_how_long_it_runs, make_root, remove_root),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_stays_empty, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
