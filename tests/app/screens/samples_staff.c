#include <stdio.h>
#include <string.h>

#include "sample_sets.h"
#include "service/service.h"
#include "sync/sync.h"
#include "till/till.h"

static void put_clerks(struct view_model *view)
{
    static const char *const names[] = {"王芳", "李建国", "陈小燕", "赵磊", "Maria Santos", "周文博", "吴丽娟"};
    view->screen = SCREEN_SIGN_IN;
    view->sign_in.row_count = ARRAY_LEN(names);
    for (uint32_t i = 0; i < ARRAY_LEN(names); i++) {
        view->sign_in.rows[i].clerk = i + 1;
        PUT(view->sign_in.rows[i].name, names[i]);
    }
}

static void sign_in(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
}

static void sign_in_full(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
    view->sign_in.row_count = VIEW_ROWS_MAX;
    for (uint32_t i = 7; i < VIEW_ROWS_MAX; i++) {
        view->sign_in.rows[i].clerk = i + 1;
        PUT(view->sign_in.rows[i].name, "欧阳若兰");
    }
    view->sign_in.state = PIN_VIEW_BADGE_UNKNOWN;
}

static void sign_in_pin(struct view_model *view, bool zh)
{
    (void)zh;
    put_clerks(view);
    view->sign_in.picked = 1;
    view->sign_in.digits = 4;
}

static void sign_in_wrong(struct view_model *view, bool zh)
{
    sign_in_pin(view, zh);
    view->sign_in.digits = 0;
    view->sign_in.state = PIN_VIEW_WRONG;
    view->sign_in.tries_left = 3;
}

static void sign_in_locked(struct view_model *view, bool zh)
{
    sign_in_wrong(view, zh);
    view->sign_in.state = PIN_VIEW_LOCKED;
    view->sign_in.locked_s = 280;
}

static void counter(struct view_model *view, bool zh)
{
    view->screen = SCREEN_COUNTER;
    PUT(view->status.clerk, "王芳");
    view->counter.has_last = true;
    PUT(view->counter.last_title, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
    view->counter.last_paid_minor = 5850;
    view->counter.last_discount_minor = 1000;
    PUT(view->counter.last_clock, "18:02");
}

static void counter_busy(struct view_model *view, bool zh)
{
    counter(view, zh);
    view->counter.sale_minor = 6850;
    view->counter.member_set = true;
    PUT(view->counter.member_tail, "4821");
    view->counter.member_credit_minor = 2173;
    view->status.online = false;
    view->status.waiting = 128;
    view->status.device_down[HAL_PRINTER] = true;
    view->status.device_down[HAL_CAMERA] = true;
    view->status.date_unsure = true;
}

static void counter_fresh(struct view_model *view, bool zh)
{
    counter(view, zh);
    memset(&view->counter, 0, sizeof(view->counter));
}

static void amount_sale(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_AMOUNT;
    PUT(view->status.clerk, "王芳");
    view->amount.amount_minor = 6850;
}

static void amount_coupon(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_COUPON_SALE;
    view->amount.amount_minor = 0;
    view->amount.min_spend_minor = 5000;
    PUT(view->amount.campaign, zh ? "满 50 减 10 秋季券" : "10 off 50, autumn coupon");
}

static void amount_spend(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_SPEND;
    view->amount.limit_minor = 2173;
    view->amount.too_much = true;
    view->amount.amount_minor = 123456789;
}

static void amount_pin(struct view_model *view, bool zh)
{
    amount_sale(view, zh);
    view->amount.purpose = AMOUNT_MEMBER_PIN;
    view->amount.digits = 3;
}

static void code_entry(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_CODE_ENTRY;
    PUT(view->code_entry.typed, "7K3M-9QX");
}

static void code_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_CODE_ENTRY;
}

static void code_wrong(struct view_model *view, bool zh)
{
    code_entry(view, zh);
    PUT(view->code_entry.typed, "7K3M-9QX2-WTRB");
    view->code_entry.wrong = true;
    view->code_entry.complete = true;
}

static void code_complete(struct view_model *view, bool zh)
{
    code_wrong(view, zh);
    view->code_entry.wrong = false;
}

static void void_list(struct view_model *view, bool zh)
{
    static const char *const titles[4][2] = {{"10 off 50, autumn coupon", "满 50 减 10 秋季券"},
                                             {"Sale", "收银"},
                                             {"Members' day drink", "会员日赠饮券"},
                                             {"Sale, paid with credit", "收银（余额支付）"}};
    static const char *const clocks[8] = {"18:02", "17:55", "17:48", "17:41", "16:34", "16:27", "15:20", "15:13"};
    view->screen = SCREEN_VOID_LIST;
    PUT(view->status.clerk, "王芳");
    view->voids.row_count = 8;
    for (int i = 0; i < 8; i++) {
        struct view_act_row *row = &view->voids.rows[i];
        PUT(row->title, titles[i % 4][zh]);
        PUT(row->clock, clocks[i]);
        PUT(row->clerk, i % 3 == 0 ? "王芳" : "李建国");
        row->paid_minor = 5850 + 1210 * i;
        row->discount_minor = i % 4 == 0 ? 1000 : 0;
        row->credit_minor = i % 4 == 3 ? 2173 : 0;
        row->voided = i == 2;
    }
}

static void void_empty(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_VOID_LIST;
}

static void void_loading(struct view_model *view, bool zh)
{
    void_empty(view, zh);
    view->voids.loading = true;
}

static void void_reason_screen(struct view_model *view, bool zh)
{
    void_list(view, zh);
    view->screen = SCREEN_VOID_REASON;
}

static void put_enrolment(struct view_model *view, enum enrol_stage stage)
{
    view->screen = SCREEN_ENROLMENT;
    view->status.enrolled = false;
    view->status.online = false;
    view->brand.accent = 0;
    view->enrolment.stage = (uint8_t)stage;
    view->enrolment.camera_ok = true;
    view->enrolment.network_ok = true;
}

static void enrol_start(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_NONE);
}

static void enrol_no_network(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_NONE);
    view->enrolment.network_ok = false;
}

static void enrol_calling(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_CALLING);
}

static void enrol_digits(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_CONFIRM);
    PUT(view->enrolment.digits, "402917");
}

static void enrol_failed(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_FAILED);
    view->enrolment.error = ENROL_NO_NETWORK;
}

static void enrol_elsewhere(struct view_model *view, bool zh)
{
    enrol_failed(view, zh);
    view->enrolment.error = ENROL_ELSEWHERE;
}

static void enrol_done(struct view_model *view, bool zh)
{
    (void)zh;
    put_enrolment(view, ENROL_STAGE_DONE);
}

static void service(struct view_model *view, bool zh)
{
    static const char *const log[] = {"18:01:12 sync: 14 records up, durable through 20718",
                                      "18:01:12 feed: 3 items, store 4410, brand 981",
                                      "18:02:40 till: redeemed campaign 7 serial 1193",
                                      "18:02:41 printer: receipt 20719 done, 412 ms",
                                      "18:03:05 camera: reopened /dev/video0 640x480 GREY",
                                      "18:03:55 sync: central cannot be reached (connection refused)",
                                      "18:04:10 sync: next try in 15 s",
                                      "18:04:25 sync: central cannot be reached (connection refused)",
                                      "18:04:26 drawer: pulse 120 ms"};
    struct view_service *s = &view->service;
    (void)zh;
    view->screen = SCREEN_SERVICE;
    PUT(view->status.clerk, "王芳");
    view->status.online = false;
    view->status.waiting = 3;
    view->status.oldest_age_s = 260;
    view->status.last_contact_age_s = 275;
    view->status.device_down[HAL_SCANNER] = true;
    for (int i = 0; i < HAL_DEVICE_COUNT; i++)
        s->devices[i].ok = i != HAL_SCANNER;
    PUT(s->devices[HAL_SCANNER].reason, "/dev/input/by-id/usb-Honeywell_1450g-event-kbd: no such device");
    s->devices[HAL_CAMERA].testing = true;
    PUT(s->devices[HAL_NETWORK].reason, "eth0 192.168.7.24");
    PUT(s->version, "0.1.0");
    PUT(s->board, "sim");
    PUT(s->sqlite, "3.40.1 (one writer)");
    s->terminal = 1042;
    s->incarnation = 2;
    s->store = 17;
    s->last_seq = 20721;
    s->durable_through = 20718;
    s->archived_through = 20590;
    s->products = 18240;
    s->members = 3921;
    s->next_try_s = 12;
    s->free_mb = 5210;
    PUT(s->sync_error, "connect 10.0.3.2:8443: connection refused");
    for (size_t i = 0; i < ARRAY_LEN(log); i++)
        PUT(s->log[i], log[i]);
}

/* The longest sentence about a stick. */
static void service_stick(struct view_model *view, bool zh)
{
    service(view, zh);
    view->service.stick = STICK_REFUSED;
    strcpy(view->service.stick_file, "tillside-qemu-arm64-0.2.0.raucb");
    strcpy(view->service.stick_reason, "signature verification failed: self-signed certificate in certificate chain");
}

static void service_shop(struct view_model *view, bool zh)
{
    service(view, zh);
    view->service.shop = true;
    view->service.stick = STICK_SAVED;
    view->service.stick_records = 20721;
    strcpy(view->service.stick_file, "acts-1042-2-20721.tsj");
}

static void reset_sent(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_RESET;
    view->reset.terminal = 1042;
}

static void reset_unsent(struct view_model *view, bool zh)
{
    reset_sent(view, zh);
    view->reset.unsent = 20721;
    view->reset.oldest_age_s = 86400 * 9;
}

static void reset_again(struct view_model *view, bool zh)
{
    reset_unsent(view, zh);
    view->reset.given_up = 20721;
}

static void reset_waits(struct view_model *view, bool zh)
{
    reset_unsent(view, zh);
    view->reset.stick_reading = true;
}

static void reset_failed(struct view_model *view, bool zh)
{
    reset_unsent(view, zh);
    strcpy(view->reset.reason, "no updater on this device: /run/tillside/updater.sock");
}

static void service_many(struct view_model *view, bool zh)
{
    service(view, zh);
    view->status.store = STORE_VIEW_AWAY;
    view->service.many = true;
    view->service.store_primary = 1041;
    view->service.store_terminals = 3;
    view->service.store_live = 2;
}

static void self_test_at(struct view_model *view, uint32_t item)
{
    view->screen = SCREEN_SELF_TEST;
    view->self_test.item = item;
    for (uint32_t i = 1; i < (item != 0 ? item : SELF_TEST_ITEMS + 1); i++)
        view->self_test.outcomes[i] = SELF_TEST_PASSED;
}

static void self_test_screen(struct view_model *view, bool zh)
{
    (void)zh;
    self_test_at(view, SELF_TEST_SCREEN);
}

static void self_test_touch(struct view_model *view, bool zh)
{
    (void)zh;
    self_test_at(view, SELF_TEST_TOUCH);
    view->self_test.corners = 5;
}

static void self_test_lamp(struct view_model *view, bool zh)
{
    (void)zh;
    self_test_at(view, SELF_TEST_LAMP);
}

static void self_test_storage(struct view_model *view, bool zh)
{
    (void)zh;
    self_test_at(view, SELF_TEST_STORAGE);
}

static void self_test_failed(struct view_model *view, bool zh)
{
    (void)zh;
    self_test_at(view, 0);
    view->self_test.kept = true;
    view->self_test.outcomes[SELF_TEST_DRAWER] = SELF_TEST_SKIPPED;
    view->self_test.outcomes[SELF_TEST_BUTTONS] = SELF_TEST_ABSENT;
    view->self_test.outcomes[SELF_TEST_PRINTER] = SELF_TEST_FAILED;
    PUT(view->self_test.report, "TSD1:");
    for (size_t i = 5; i < 380; i++)
        view->self_test.report[i] = "0123456789ABCDEFGHIJ"[(i * i + i / 7) % 20];
}

static void self_test_well(struct view_model *view, bool zh)
{
    self_test_failed(view, zh);
    view->self_test.kept = false;
    view->self_test.all_well = true;
    view->self_test.outcomes[SELF_TEST_PRINTER] = SELF_TEST_PASSED;
}

static void store_peer(struct view_model *view, bool zh)
{
    (void)zh;
    struct view_store *s = &view->store;
    view->screen = SCREEN_STORE;
    PUT(view->status.clerk, "王芳");
    view->status.store = STORE_VIEW_WAITING;
    s->terminal = 1042;
    s->main_terminal = 1041;
    s->others = 2;
    s->live = 1;
    s->pending_count = 2;
    s->pending[0] = (struct view_pending){PENDING_COUPON, 6850, 95};
    s->pending[1] = (struct view_pending){PENDING_VOID, 0, 12};
    PUT(s->address, "192.168.7.24:7443");
}

static void store_full(struct view_model *view, bool zh)
{
    store_peer(view, zh);
    view->store.pending_count = VIEW_PENDING_MAX;
    for (int i = 0; i < VIEW_PENDING_MAX; i++)
        view->store.pending[i] = (struct view_pending){(enum view_pending_what)(i % 4), 123456789, 7000 + i};
    view->store.waiting = true;
    PUT(view->store.error, "hello: ETIMEDOUT");
}

static void store_main(struct view_model *view, bool zh)
{
    store_peer(view, zh);
    view->status.store = STORE_VIEW_AWAY;
    view->store.primary = true;
    view->store.main_terminal = view->store.terminal;
    view->store.live = 0;
    view->store.pending_count = 0;
}

static void store_alone(struct view_model *view, bool zh)
{
    store_main(view, zh);
    view->status.store = STORE_VIEW_ALONE;
    view->store.alone = true;
}

static void store_ask_alone(struct view_model *view, bool zh)
{
    store_main(view, zh);
    view->store.ask = STORE_ASK_ALONE;
}

static void store_ask_together(struct view_model *view, bool zh)
{
    store_alone(view, zh);
    view->store.ask = STORE_ASK_TOGETHER;
}

static void store_ask_promote(struct view_model *view, bool zh)
{
    store_peer(view, zh);
    view->store.ask = STORE_ASK_PROMOTE;
}

static void store_busy(struct view_model *view, bool zh)
{
    store_ask_promote(view, zh);
    view->store.busy = true;
}

static void counter_alone(struct view_model *view, bool zh)
{
    counter(view, zh);
    view->status.store = STORE_VIEW_ALONE;
}

static void counter_waiting(struct view_model *view, bool zh)
{
    counter_busy(view, zh);
    view->status.date_unsure = false;
    view->status.device_down[HAL_CAMERA] = false;
    view->status.store = STORE_VIEW_WAITING;
    view->status.store_waiting = 1;
}

static void verdict_of(struct view_model *view, enum view_subject subject, enum view_tone tone, int code)
{
    view->screen = SCREEN_VERDICT;
    PUT(view->status.clerk, "王芳");
    view->verdict.subject = subject;
    view->verdict.tone = tone;
    view->verdict.code = code;
    view->verdict.error = subject == SUBJECT_BUSY ? (uint32_t)code : 0;
    view->verdict.action = INTENT_NEXT;
}

static void verdict_waiting(struct view_model *view, bool zh)
{
    (void)zh;
    verdict_of(view, SUBJECT_BUSY, TONE_WAIT, EINPROGRESS);
    view->status.store = STORE_VIEW_WAITING;
}

static void verdict_main_away(struct view_model *view, bool zh)
{
    (void)zh;
    verdict_of(view, SUBJECT_BUSY, TONE_REFUSE, EHOSTDOWN);
    view->status.store = STORE_VIEW_AWAY;
}

static void verdict_promoted(struct view_model *view, bool zh)
{
    (void)zh;
    verdict_of(view, SUBJECT_STORE, TONE_GOOD, STORE_OK);
    view->verdict.store_ask = STORE_ASK_PROMOTE;
}

static void verdict_still_on(struct view_model *view, bool zh)
{
    (void)zh;
    verdict_of(view, SUBJECT_STORE, TONE_REFUSE, STORE_STILL_ON);
}

static void outage_books(struct view_model *view, bool zh)
{
    (void)zh;
    view->screen = SCREEN_OUT_OF_SERVICE;
    PUT(view->outage.detail, "database disk image is malformed (11), journal seq 20718");
}

static void outage_font(struct view_model *view, bool zh)
{
    outage_books(view, zh);
    view->outage.kind = OUTAGE_FONT;
    PUT(view->outage.detail, "fc-match: DejaVu Sans");
}

const struct sample staff_samples[] = {
    {"sign_in", sign_in},
    {"sign_in_full", sign_in_full},
    {"sign_in_pin", sign_in_pin},
    {"sign_in_wrong", sign_in_wrong},
    {"sign_in_locked", sign_in_locked},
    {"counter", counter},
    {"counter_busy", counter_busy},
    {"counter_fresh", counter_fresh},
    {"amount_sale", amount_sale},
    {"amount_coupon", amount_coupon},
    {"amount_spend", amount_spend},
    {"amount_pin", amount_pin},
    {"code_entry", code_entry},
    {"code_empty", code_empty},
    {"code_wrong", code_wrong},
    {"code_complete", code_complete},
    {"void_list", void_list},
    {"void_empty", void_empty},
    {"void_loading", void_loading},
    {"void_reason", void_reason_screen},
    {"enrol_start", enrol_start},
    {"enrol_no_network", enrol_no_network},
    {"enrol_calling", enrol_calling},
    {"enrol_digits", enrol_digits},
    {"enrol_failed", enrol_failed},
    {"enrol_elsewhere", enrol_elsewhere},
    {"enrol_done", enrol_done},
    {"service", service},
    {"service_many", service_many},
    {"service_shop", service_shop},
    {"reset_sent", reset_sent},
    {"reset_again", reset_again},
    {"reset_waits", reset_waits},
    {"reset_failed", reset_failed},
    {"service_stick", service_stick},
    {"self_test_screen", self_test_screen},
    {"self_test_touch", self_test_touch},
    {"self_test_lamp", self_test_lamp},
    {"self_test_storage", self_test_storage},
    {"self_test_failed", self_test_failed},
    {"self_test_well", self_test_well},
    {"counter_alone", counter_alone},
    {"counter_waiting", counter_waiting},
    {"store_peer", store_peer},
    {"store_full", store_full},
    {"store_main", store_main},
    {"store_alone", store_alone},
    {"store_ask_alone", store_ask_alone},
    {"store_ask_together", store_ask_together},
    {"store_ask_promote", store_ask_promote},
    {"store_busy", store_busy},
    {"verdict_waiting", verdict_waiting},
    {"verdict_main_away", verdict_main_away},
    {"verdict_promoted", verdict_promoted},
    {"verdict_still_on", verdict_still_on},
    {"outage_books", outage_books},
    {"outage_font", outage_font},
};
const size_t staff_sample_count = ARRAY_LEN(staff_samples);
