#include "rig.h"

#include "hal/updater.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* The helper behind the socket, played: one connection after the other, each answered from what the test wrote. */
struct helper {
    int listener;
    pthread_t thread;
    char word[32]; /* that came last */
    const char *answer;
};

struct rig {
    const char *backend;
    struct bench bench;
    struct updater *updater;
    struct updater_spec spec;
    struct helper helper;
};

static const struct rig sim = {.backend = "sim"};
static const struct rig socket_rig = {.backend = "socket"};

static void *help(void *argument)
{
    struct helper *helper = argument;

    for (;;) {
        int fd = accept(helper->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        ssize_t got = read(fd, helper->word, sizeof(helper->word) - 1);
        helper->word[got > 0 ? got : 0] = '\0';
        ssize_t sent = send(fd, helper->answer, strlen(helper->answer), MSG_NOSIGNAL); /* it may have gone */
        (void)sent;
        close(fd);
    }
}

static void open_helper(struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(rig->spec.device, sizeof(rig->spec.device), "%s/updater.sock", rig->bench.folder);
    strcpy(address.sun_path, rig->spec.device);
    rig->helper.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig->helper.listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(rig->helper.listener, 4), 0);
    assert_int_equal(pthread_create(&rig->helper.thread, NULL, help, &rig->helper), 0);
}

static void open_rig(struct rig *rig, void **state)
{
    *rig = *(const struct rig *)*state;
    bench_open(&rig->bench);
    strcpy(rig->spec.backend, rig->backend);
    if (strcmp(rig->backend, "sim") == 0)
        strcpy(rig->spec.device, rig->bench.folder);
    else
        open_helper(rig);
    assert_int_equal(updater_open(&rig->spec, rig->bench.cancel, &rig->updater), 0);
}

static void close_rig(struct rig *rig)
{
    updater_close(rig->updater);
    if (rig->helper.listener > 0) {
        shutdown(rig->helper.listener, SHUT_RDWR);
        pthread_join(rig->helper.thread, NULL);
        close(rig->helper.listener);
    }
    bench_close(&rig->bench);
}

/* What the played helper is about to say; the simulated one knows by itself. */
static void next_answer(struct rig *rig, const char *text)
{
    rig->helper.answer = text;
}

static void hand_over(struct rig *rig, const char *version)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", rig->bench.folder, UPDATER_BUNDLE);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "hsqs%c%c some payload [update]\ncompatible=tillside-sim\nversion=%s\n", 0, 1, version);
    assert_int_equal(fclose(file), 0);
}

static void the_state_says_what_runs_and_since_which_start(void **state)
{
    char reason[UPDATER_REASON_MAX] = "";
    struct updater_state now;
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "slot A\ngood yes\nversion " TILLSIDE_VERSION "\nfloor 0\nboot 5f2c\n");
    assert_int_equal(updater_state(rig.updater, &now, reason), 0);
    assert_string_equal(now.slot, "A");
    assert_string_equal(now.version, TILLSIDE_VERSION);
    assert_string_equal(now.floor, "0");
    assert_true(now.good);
    assert_true(now.boot[0] != '\0');
    close_rig(&rig);
}

static void a_bundle_is_named_by_its_manifest_and_installed(void **state)
{
    char reason[UPDATER_REASON_MAX] = "";
    struct updater_bundle bundle;
    struct rig rig;

    open_rig(&rig, state);
    hand_over(&rig, "9.2.0");
    next_answer(&rig, "compatible tillside-sim\nversion 9.2.0\n");
    assert_int_equal(updater_inspect(rig.updater, &bundle, reason), 0);
    assert_string_equal(bundle.compatible, "tillside-sim");
    assert_string_equal(bundle.version, "9.2.0");
    next_answer(&rig, "installed\n");
    assert_int_equal(updater_install(rig.updater, reason), 0);
    next_answer(&rig, "rebooting\n");
    assert_int_equal(updater_reboot(rig.updater, reason), 0);
    close_rig(&rig);
}

static void a_refusal_is_another_thing_than_a_failure_and_both_have_words(void **state)
{
    char reason[UPDATER_REASON_MAX] = "";
    struct updater_bundle bundle;
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "refused no bundle was handed over\n");
    assert_int_equal(updater_inspect(rig.updater, &bundle, reason), -EKEYREJECTED);
    assert_string_equal(reason, "no bundle was handed over");
    hand_over(&rig, "9.2.0~refuse");
    next_answer(&rig, "refused the bundle was refused\n");
    assert_int_equal(updater_install(rig.updater, reason), -EKEYREJECTED);
    assert_string_equal(reason, "the bundle was refused");
    hand_over(&rig, "9.2.0~fail");
    next_answer(&rig, "failed the slot could not be written\n");
    assert_int_equal(updater_install(rig.updater, reason), -EIO);
    assert_string_equal(reason, "the slot could not be written");
    close_rig(&rig);
}

static void the_journal_is_cut_to_the_room_there_is(void **state)
{
    char text[8];
    size_t length = 0;
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "a journal of more than eight letters\n");
    assert_int_equal(updater_journal(rig.updater, text, sizeof(text), &length), 0);
    assert_int_equal(length, sizeof(text));
    if (strcmp(rig.backend, "socket") == 0)
        assert_memory_equal(text, "letters\n", sizeof(text)); /* the newest */
    close_rig(&rig);
}

static void a_stick_is_taken_and_given_back(void **state)
{
    char reason[UPDATER_REASON_MAX] = "", folder[HAL_DEVICE_MAX] = "", path[128];
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "refused no stick\n");
    assert_int_equal(updater_stick_take(rig.updater, folder, reason), -ENOENT);
    assert_string_equal(reason, "no stick");
    snprintf(path, sizeof(path), "%s/%s", rig.bench.folder, UPDATER_SIM_STICK);
    assert_int_equal(mkdir(path, 0700), 0);
    next_answer(&rig, "folder /run/tillside/service-stick\n");
    assert_int_equal(updater_stick_take(rig.updater, folder, reason), 0);
    assert_int_equal(folder[0], '/');
    next_answer(&rig, "done\n");
    assert_int_equal(updater_stick_return(rig.updater, reason), 0);
    close_rig(&rig);
}

static void acts_go_onto_a_stick_under_their_label(void **state)
{
    char reason[UPDATER_REASON_MAX] = "", path[160];
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "refused no stick\n");
    assert_int_equal(updater_stick_save(rig.updater, "7-1-12", reason), -ENOENT);
    assert_string_equal(reason, "no stick");
    snprintf(path, sizeof(path), "%s/%s", rig.bench.folder, UPDATER_SIM_STICK);
    assert_int_equal(mkdir(path, 0700), 0);
    next_answer(&rig, "failed the acts could not be written\n"); /* none were handed over */
    assert_int_equal(updater_stick_save(rig.updater, "7-1-12", reason), -EIO);
    assert_string_equal(reason, "the acts could not be written");
    snprintf(path, sizeof(path), "%s/%s", rig.bench.folder, UPDATER_ACTS);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    next_answer(&rig, "done\n");
    assert_int_equal(updater_stick_save(rig.updater, "7-1-12", reason), 0);
    if (strcmp(rig.backend, "socket") == 0) {
        assert_string_equal(rig.helper.word, "acts 7-1-12\n");
    } else {
        snprintf(path, sizeof(path), "%s/%s/acts-7-1-12.tsj", rig.bench.folder, UPDATER_SIM_STICK);
        assert_int_equal(access(path, R_OK), 0);
    }
    close_rig(&rig);
}

static void a_reset_is_asked_for_and_begins(void **state)
{
    char reason[UPDATER_REASON_MAX] = "", path[160];
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "resetting\n");
    assert_int_equal(updater_reset(rig.updater, reason), 0);
    if (strcmp(rig.backend, "socket") == 0) {
        assert_string_equal(rig.helper.word, "reset\n");
        next_answer(&rig, "failed the disk cannot be written\n");
        assert_int_equal(updater_reset(rig.updater, reason), -EIO);
        assert_string_equal(reason, "the disk cannot be written");
    } else {
        snprintf(path, sizeof(path), "%s/%s", rig.bench.folder, UPDATER_SIM_RESET);
        assert_int_equal(access(path, F_OK), 0);
    }
    close_rig(&rig);
}

/* ---- only where there is somebody at the other end */

static void words_are_those_of_the_helper(void **state)
{
    char reason[UPDATER_REASON_MAX];
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "installed\n");
    assert_int_equal(updater_install(rig.updater, reason), 0);
    assert_string_equal(rig.helper.word, "install\n");
    close_rig(&rig);
}

static void nonsense_is_a_failure(void **state)
{
    static const char *const answers[] = {"", "\n", "installe", "version\n", "\xff\xfe", "boot x\n", "installing\n"};
    char reason[UPDATER_REASON_MAX], folder[HAL_DEVICE_MAX];
    struct updater_state now;
    struct updater_bundle bundle;
    struct rig rig;

    open_rig(&rig, state);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        next_answer(&rig, answers[i]);
        assert_int_equal(updater_state(rig.updater, &now, reason), -EIO);
        assert_int_equal(updater_inspect(rig.updater, &bundle, reason), -EIO);
        assert_int_equal(updater_install(rig.updater, reason), -EIO);
        assert_int_equal(updater_stick_take(rig.updater, folder, reason), -EIO);
        assert_string_equal(reason, "the updater's answer is not understood");
    }
    close_rig(&rig);
}

static void endless_answers_are_cut(void **state)
{
    static char flood[200000];
    char reason[UPDATER_REASON_MAX];
    struct updater_state now;
    struct rig rig;

    memset(flood, 'x', sizeof(flood) - 1);
    memcpy(flood, "version ", 8);
    open_rig(&rig, state);
    next_answer(&rig, flood);
    assert_int_equal(updater_state(rig.updater, &now, reason), -EIO);
    close_rig(&rig);
}

static void without_a_helper_it_says_where_it_looked(void **state)
{
    struct updater_spec spec = {.backend = "socket", .device = "/nowhere/updater.sock"};
    char reason[UPDATER_REASON_MAX];
    struct updater *updater = NULL;
    struct updater_state now;

    (void)state;
    assert_int_equal(updater_open(&spec, -1, &updater), 0);
    assert_int_equal(updater_state(updater, &now, reason), -ENODEV);
    assert_string_equal(reason, "no updater on this device: /nowhere/updater.sock");
    updater_close(updater);
    strcpy(spec.backend, "none");
    assert_int_equal(updater_open(&spec, -1, &updater), 0);
    assert_int_equal(updater_reboot(updater, reason), -ENODEV);
    updater_close(updater);
    strcpy(spec.backend, "some");
    assert_int_equal(updater_open(&spec, -1, &updater), -EINVAL);
}

static void who_is_cancelled_does_not_wait_for_the_helper(void **state)
{
    char reason[UPDATER_REASON_MAX];
    struct rig rig;

    open_rig(&rig, state);
    next_answer(&rig, "installed\n");
    bench_cancel(&rig.bench);
    assert_int_equal(updater_install(rig.updater, reason), -ECANCELED);
    close_rig(&rig);
}

/* ---- the machine that is played */

static void start_is(struct rig *rig, const char *slot, const char *version)
{
    char reason[UPDATER_REASON_MAX];
    struct updater_state now;
    assert_int_equal(updater_state(rig->updater, &now, reason), 0);
    assert_string_equal(now.slot, slot);
    assert_string_equal(now.version, version);
}

static void a_played_machine_starts_what_was_installed_and_goes_back_from_what_crashes(void **state)
{
    char reason[UPDATER_REASON_MAX];
    struct rig rig;

    open_rig(&rig, state);
    hand_over(&rig, "9.2.0");
    assert_int_equal(updater_install(rig.updater, reason), 0);
    start_is(&rig, "A", TILLSIDE_VERSION);
    assert_int_equal(updater_reboot(rig.updater, reason), 0);
    start_is(&rig, "B", "9.2.0");
    hand_over(&rig, "9.3.0~crash");
    assert_int_equal(updater_install(rig.updater, reason), 0);
    assert_int_equal(updater_sim_restart(rig.bench.folder), 0); /* the power was cut */
    start_is(&rig, "B", "9.2.0");
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(the_state_says_what_runs_and_since_which_start, sim),
        ON_RIG(the_state_says_what_runs_and_since_which_start, socket_rig),
        ON_RIG(a_bundle_is_named_by_its_manifest_and_installed, sim),
        ON_RIG(a_bundle_is_named_by_its_manifest_and_installed, socket_rig),
        ON_RIG(a_refusal_is_another_thing_than_a_failure_and_both_have_words, sim),
        ON_RIG(a_refusal_is_another_thing_than_a_failure_and_both_have_words, socket_rig),
        ON_RIG(the_journal_is_cut_to_the_room_there_is, sim),
        ON_RIG(the_journal_is_cut_to_the_room_there_is, socket_rig),
        ON_RIG(a_stick_is_taken_and_given_back, sim),
        ON_RIG(a_stick_is_taken_and_given_back, socket_rig),
        ON_RIG(acts_go_onto_a_stick_under_their_label, sim),
        ON_RIG(acts_go_onto_a_stick_under_their_label, socket_rig),
        ON_RIG(a_reset_is_asked_for_and_begins, sim),
        ON_RIG(a_reset_is_asked_for_and_begins, socket_rig),
        ON_RIG(words_are_those_of_the_helper, socket_rig),
        ON_RIG(nonsense_is_a_failure, socket_rig),
        ON_RIG(endless_answers_are_cut, socket_rig),
        ON_RIG(who_is_cancelled_does_not_wait_for_the_helper, socket_rig),
        ON_RIG(a_played_machine_starts_what_was_installed_and_goes_back_from_what_crashes, sim),
        cmocka_unit_test(without_a_helper_it_says_where_it_looked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
