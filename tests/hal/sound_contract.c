#include "rig.h"

#include "hal/sound.h"
#include "tones.h"

struct rig {
    const char *backend;
    struct bench bench;
    struct sound *sound;
};

static const struct rig sim = {.backend = "sim"};
static const struct rig none = {.backend = "none"};
static const struct rig sdl_dummy = {.backend = "sdl"};

static void open_rig(struct rig *rig, void **state)
{
    struct sound_spec spec = {0};

    *rig = *(const struct rig *)*state;
    strcpy(spec.backend, rig->backend);
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    bench_open(&rig->bench);
    assert_int_equal(sound_open(&spec, &rig->bench.context, &rig->sound), 0);
}

static void close_rig(struct rig *rig)
{
    sound_close(rig->sound);
    bench_close(&rig->bench);
}

static void every_cue_plays_also_over_another(void **state)
{
    struct rig rig;

    open_rig(&rig, state);
    for (int round = 0; round < 3; round++) {
        for (int cue = 0; cue < SOUND_CUE_COUNT; cue++) {
            assert_int_equal(sound_play(rig.sound, (enum sound_cue)cue), 0);
        }
    }
    close_rig(&rig);
}

static void what_sounded_is_recorded(void **state)
{
    struct sim_outputs outputs;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(sound_play(rig.sound, SOUND_OK), 0);
    assert_int_equal(sound_play(rig.sound, SOUND_OK), 0);
    assert_int_equal(sound_play(rig.sound, SOUND_REFUSE), 0);
    assert_int_equal(sim_fail(rig.bench.sim, HAL_SOUND, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(sound_play(rig.sound, SOUND_KEY), -ENODEV);
    sim_outputs(rig.bench.sim, &outputs);
    assert_int_equal(outputs.sounds[SOUND_OK], 2);
    assert_int_equal(outputs.sound_count, 3);
    assert_int_equal(outputs.last_sound, SOUND_REFUSE);
    close_rig(&rig);
}

static void a_computer_without_sound_says_why(void **state)
{
    struct sound_spec spec = {.backend = "sdl"};
    struct sound *sound = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    setenv("SDL_AUDIODRIVER", "no-such-driver", 1);
    assert_int_equal(sound_open(&spec, &bench.context, &sound), -ENODEV);
    assert_null(sound);
    assert_true(strlen(bench.context.reason) > 10);
    assert_int_equal(sound_play(NULL, SOUND_OK), -ENODEV);
    bench_close(&bench);
}

static void cues_are_audible_differ_and_end_softly(void **state)
{
    static int16_t samples[SOUND_CUE_COUNT][TONES_SAMPLES_MAX];
    size_t counts[SOUND_CUE_COUNT];

    (void)state;
    for (int cue = 0; cue < SOUND_CUE_COUNT; cue++) {
        int loudest = 0;

        counts[cue] = tones_make((enum sound_cue)cue, 100, samples[cue]);
        assert_in_range(counts[cue], 400, TONES_SAMPLES_MAX);
        for (size_t i = 0; i < counts[cue]; i++) {
            loudest = abs(samples[cue][i]) > loudest ? abs(samples[cue][i]) : loudest;
        }
        assert_in_range(loudest, 4000, 32767);
        assert_in_range(abs(samples[cue][0]), 0, 500);
        assert_in_range(abs(samples[cue][counts[cue] - 1]), 0, 500);
        for (int other = 0; other < cue; other++) {
            assert_memory_not_equal(samples[cue], samples[other], 400 * sizeof(int16_t));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(every_cue_plays_also_over_another, sim),       ON_RIG(every_cue_plays_also_over_another, none),
        ON_RIG(every_cue_plays_also_over_another, sdl_dummy), ON_RIG(what_sounded_is_recorded, sim),
        cmocka_unit_test(a_computer_without_sound_says_why),  cmocka_unit_test(cues_are_audible_differ_and_end_softly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
