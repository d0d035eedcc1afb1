/* A device without the Chinese font, or without any: it says so, and draws all the same. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"

/* Runs in a child, since fontconfig reads its configuration once a process. Returns 1 when the font was missing. */
static int child_draws(const char *config)
{
    setenv("FONTCONFIG_FILE", config, 1);
    struct rig rig;
    struct view_model view;
    rig_open(&rig, sample_sizes[0]);
    static const char *const names[] = {"outage_font", "attract", "verdict_used"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        sample_make(sample_named(names[i]), LANGUAGE_ZH_CN, &view);
        if (rig_draw(&rig, &view, NULL, 0) < 1) {
            return 3;
        }
    }
    bool missing = rig.missing_font;
    rig_close(&rig);
    return missing ? 1 : 0;
}

static int draw_with(const char *fonts_dir)
{
    char config[] = "/tmp/tillside-fonts-XXXXXX";
    int fd = mkstemp(config);
    assert_true(fd >= 0);
    dprintf(fd,
            "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig>%s%s%s"
            "<cachedir>/tmp/tillside-fonts-cache</cachedir></fontconfig>",
            fonts_dir[0] != '\0' ? "<dir>" : "", fonts_dir, fonts_dir[0] != '\0' ? "</dir>" : "");
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        _exit(child_draws(config));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    unlink(config);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_device_without_the_chinese_font_says_so(void **state)
{
    (void)state;
    assert_int_equal(draw_with("/usr/share/fonts/truetype/dejavu"), 1);
}

static void a_device_without_any_font_says_so(void **state)
{
    (void)state;
    assert_int_equal(draw_with(""), 1);
}

static void the_installed_font_is_found(void **state)
{
    (void)state;
    assert_int_equal(draw_with("/usr/share/fonts/opentype/noto"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_without_the_chinese_font_says_so),
        cmocka_unit_test(a_device_without_any_font_says_so),
        cmocka_unit_test(the_installed_font_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
