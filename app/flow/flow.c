#include "flow/state.h"

#define EXPOSURE_NOTE_S 600

void flow_init(struct flow *flow, const struct flow_config *config)
{
    memset(flow, 0, sizeof(*flow));
    flow->config = *config;
    flow->language = config->language;
    flow->screen = SCREEN_STARTING;
    flow->reference.enrolled = config->enrolled;
    flow->reference.role = config->role;
}

static void note_exposure(struct flow *flow, struct effects *effects)
{
    flow_count_exposure(flow);
    if (flow->exposure_due_s < EXPOSURE_NOTE_S)
        return;
    struct body body = {.kind = RECORD_QR_SHOWN,
                        .qr_shown = {flow->reference.touchpoint.touchpoint, flow->exposure_due_s}};
    flow->exposure_due_s = 0;
    flow_note(flow, effects, &body);
}

/* A page that stands alone turns too, back to its question. */
static bool page_turns(const struct flow *flow)
{
    return flow_pages(flow) > 1 || flow->survey_thanked;
}

static void on_tick(struct flow *flow, struct effects *effects)
{
    int64_t now = flow->now.mono_ms;
    note_exposure(flow, effects);
    flow_status_tick(flow, effects);
    flow_self_test_tick(flow, effects);
    flow_reset_tick(flow, effects);
    if (flow->screen == SCREEN_ATTRACT && page_turns(flow) && now >= flow->page_due_mono_ms) {
        flow_turn_page(flow, (flow->page_index + 1) % flow_pages(flow));
    }
    if (flow->pin_state == PIN_VIEW_LOCKED && now >= flow->locked_until_mono_ms)
        flow->pin_state = PIN_VIEW_ENTER;
    if (flow->deadline_mono_ms == 0 || now < flow->deadline_mono_ms)
        return;
    if (flow->screen == SCREEN_COUNTER) {
        flow_sign_out(flow, effects);
        return;
    }
    flow_home(flow);
}

static void on_reference(struct flow *flow, const struct till_reference *reference)
{
    bool was_enrolled = flow->reference.enrolled;
    flow->reference = *reference;
    if (flow->page_index >= flow_pages(flow))
        flow_turn_page(flow, 0);
    if (flow->screen == SCREEN_STARTING || (!was_enrolled && reference->enrolled && flow->screen == SCREEN_ENROLMENT))
        flow_home(flow);
}

static bool interruptible(enum screen screen)
{
    return screen == SCREEN_ATTRACT || screen == SCREEN_GREETING || screen == SCREEN_VIEWFINDER;
}

static void on_greeting(struct flow *flow, struct effects *effects, const struct feed_greeting *greeting)
{
    if (greeting->touchpoint != flow->reference.touchpoint.touchpoint || !interruptible(flow->screen))
        return;
    flow->greeting = *greeting;
    flow_go(flow, SCREEN_GREETING, GREETING_MS);
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_GREET;
    struct body body = {.kind = RECORD_GREETED,
                        .greeted = {greeting->greeting, greeting->member, greeting->touchpoint}};
    flow_note(flow, effects, &body);
}

static void on_sync(struct flow *flow, const struct sync_status *sync)
{
    bool done = sync->enrol == ENROL_STAGE_DONE && flow->sync.enrol != ENROL_STAGE_DONE;
    flow->sync = *sync;
    if (flow->page_index >= flow_pages(flow))
        flow_turn_page(flow, 0);
    if (done && flow->reference.enrolled && flow->screen == SCREEN_ENROLMENT)
        flow_home(flow); /* confirmed anew: nothing changed that the books would tell */
    if (sync->quarantined && !flow->out_of_service)
        flow_stop_serving(flow, OUTAGE_FORK);
    if (!sync->quarantined && flow->out_of_service && flow->outage == OUTAGE_FORK) {
        flow->out_of_service = false; /* enrolled anew: another history may begin */
        flow_home(flow);
    }
}

static void on_device(struct flow *flow, struct effects *effects, const struct event *event)
{
    enum hal_device device = event->device.device;
    bool works = event->device.error == 0;
    if (flow->device_down[device] == works)
        flow_status_changed(flow);
    flow->device_down[device] = event->device.error != 0;
    flow->device_testing[device] = false;
    memcpy(flow->device_reason[device], event->device.reason, HAL_REASON_MAX);
    if (device == HAL_PRINTER)
        flow_self_test_heard(flow, effects, SELF_TEST_PRINTER, works);
    else if (device == HAL_DRAWER)
        flow_self_test_heard(flow, effects, SELF_TEST_DRAWER, works);
    else if (device == HAL_STORAGE)
        flow_self_test_heard(flow, effects, SELF_TEST_DISK, works && flow->health.free_mb >= SELF_TEST_FREE_MB);
}

/* What is told of the devices and the machine. */
static void on_service(struct flow *flow, struct effects *effects, const struct event *event)
{
    if (event->kind == EVENT_DEVICE) {
        on_device(flow, effects, event);
    } else if (event->kind == EVENT_HEALTH) {
        flow->health = *event->health;
        flow_status_health(flow, effects);
    } else if (event->kind == EVENT_CHECKED) {
        flow_self_test_heard(flow, effects, SELF_TEST_STORAGE, event->checked == 0);
    } else if (event->kind == EVENT_STICK) {
        flow_stick_read(flow, &event->stick);
    } else if (event->kind == EVENT_RESET) {
        flow_reset_failed(flow, event->reset_failed);
    } else {
        memcpy(flow->self_test.report, event->report, sizeof(flow->self_test.report));
    }
}

static void on_key(struct flow *flow, struct effects *effects, const struct event *event)
{
    if (event->key.enter)
        flow_on_intent(flow, effects, INTENT_OK, 0);
    else if (event->key.escape)
        flow_on_intent(flow, effects, INTENT_BACK, 0);
    else if (event->key.backspace)
        flow_pad_erase(flow, false);
    else if (event->key.character != 0)
        flow_pad_key(flow, effects, event->key.character);
}

static void on_button(struct flow *flow, struct effects *effects, const char *name)
{
    static const struct {
        const char *name;
        enum intent intent;
    } buttons[] = {{"ok", INTENT_OK}, {"back", INTENT_BACK}, {"scan", INTENT_SCAN}, {"staff", INTENT_STAFF}};
    if (flow_self_test_at(flow, SELF_TEST_BUTTONS)) {
        flow_self_test_heard(flow, effects, SELF_TEST_BUTTONS, true);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(buttons); i++)
        if (strcmp(buttons[i].name, name) == 0)
            flow_on_intent(flow, effects, buttons[i].intent, 0);
}

static void on_outage(struct flow *flow, const struct event *event)
{
    memcpy(flow->outage_detail, event->outage.detail, sizeof(flow->outage_detail));
    flow_stop_serving(flow, event->outage.kind);
}

/* A person did something: the screen that is up stays a little longer. */
static void keep_awake(struct flow *flow)
{
    if (flow->screen == SCREEN_COUNTER)
        flow->deadline_mono_ms = flow->now.mono_ms + COUNTER_MS;
    else if (flow->deadline_mono_ms != 0 && flow->screen != SCREEN_VERDICT && flow->screen != SCREEN_GREETING)
        flow->deadline_mono_ms = flow->now.mono_ms + PAD_MS;
}

/* Somebody is at the device. */
static void on_hand(struct flow *flow, struct effects *out, const struct event *event)
{
    keep_awake(flow);
    if (event->kind == EVENT_BUTTON)
        on_button(flow, out, event->button);
    else if (event->kind == EVENT_INTENT)
        flow_on_intent(flow, out, event->touched.intent, event->touched.argument);
    else
        on_key(flow, out, event);
}

void flow_step(struct flow *flow, const struct event *event, struct effects *out_effects)
{
    out_effects->count = 0;
    flow->now = event->at;
    switch (event->kind) {
    case EVENT_START:
        flow_home(flow);
        break;
    case EVENT_LAN:
        flow->lan = event->lan;
        break;
    case EVENT_TICK:
        on_tick(flow, out_effects);
        break;
    case EVENT_SCANNED:
        flow_on_scanned(flow, out_effects, event->scanned.source, event->scanned.text);
        break;
    case EVENT_GUIDANCE:
        flow->guidance = event->guidance;
        break;
    case EVENT_PICTURE:
        flow->picture_no = event->picture_no;
        flow_self_test_heard(flow, out_effects, SELF_TEST_CAMERA, true);
        break;
    case EVENT_PRESENCE:
        flow->somebody = event->somebody;
        break;
    case EVENT_BUTTON:
    case EVENT_INTENT:
    case EVENT_KEY:
        on_hand(flow, out_effects, event);
        break;
    case EVENT_TILL:
        flow_on_answer(flow, out_effects, &event->answer);
        break;
    case EVENT_REFERENCE:
        on_reference(flow, event->reference);
        break;
    case EVENT_GREETING:
        on_greeting(flow, out_effects, &event->greeting);
        break;
    case EVENT_SYNC:
        on_sync(flow, &event->sync);
        break;
    case EVENT_ASKED:
        flow_on_asked(flow, out_effects, event);
        break;
    case EVENT_DEVICE:
    case EVENT_HEALTH:
    case EVENT_CHECKED:
    case EVENT_REPORT:
    case EVENT_STICK:
    case EVENT_RESET:
        on_service(flow, out_effects, event);
        break;
    case EVENT_PRINTED:
        flow_on_printed(flow, out_effects, event);
        break;
    case EVENT_DRAWER:
        flow->verdict.drawer_open = event->drawer.error == 0;
        break;
    case EVENT_OUTAGE:
        on_outage(flow, event);
        break;
    }
}

enum lamp flow_lamp(const struct flow *flow)
{
    static const enum lamp lamps[] = {
        [TONE_GOOD] = LAMP_GREEN, [TONE_ASK] = LAMP_YELLOW, [TONE_REFUSE] = LAMP_RED, [TONE_WAIT] = LAMP_WHITE};
    static const enum lamp tried[] = {LAMP_GREEN, LAMP_YELLOW, LAMP_RED, LAMP_WHITE};
    if (flow->screen == SCREEN_VERDICT)
        return lamps[flow->verdict.tone];
    if (flow->screen == SCREEN_GREETING)
        return LAMP_GREEN;
    if (flow_self_test_at(flow, SELF_TEST_LAMP))
        return tried[flow->now.mono_ms / 1000 % (int64_t)ARRAY_LEN(tried)];
    return flow->screen == SCREEN_VIEWFINDER || flow->somebody ? LAMP_WHITE : LAMP_OFF;
}

bool flow_watches_camera(const struct flow *flow)
{
    return flow->screen == SCREEN_VIEWFINDER || flow_self_test_at(flow, SELF_TEST_CAMERA);
}

static void earlier(int64_t *deadline, int64_t candidate)
{
    if (candidate != 0 && candidate < *deadline)
        *deadline = candidate;
}

int64_t flow_deadline(const struct flow *flow)
{
    int64_t deadline = INT64_MAX;
    earlier(&deadline, flow->deadline_mono_ms);
    if (flow->screen == SCREEN_ATTRACT && page_turns(flow))
        earlier(&deadline, flow->page_due_mono_ms);
    earlier(&deadline, flow->status_due_mono_ms);
    earlier(&deadline, flow_reset_deadline(flow));
    if (flow->screen == SCREEN_SELF_TEST)
        earlier(&deadline, flow->self_test.due_mono_ms);
    if (flow_self_test_at(flow, SELF_TEST_LAMP))
        earlier(&deadline, flow->now.mono_ms + 1000);
    if (flow->screen == SCREEN_SIGN_IN && flow->pin_state == PIN_VIEW_LOCKED)
        earlier(&deadline, flow->now.mono_ms + 1000);
    return deadline;
}
