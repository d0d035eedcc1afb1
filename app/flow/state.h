#ifndef APP_FLOW_STATE_H
#define APP_FLOW_STATE_H

/* What the files of the flow share among themselves. */

#include "flow/flow.h"

#include <assert.h>
#include <string.h>

#define GREETING_MS    6000
#define VERDICT_MS     10000
#define REFUSED_MS     15000
#define LOOK_MS        20000 /* member card, price */
#define VIEWFINDER_MS  45000
#define PAD_MS         60000
#define COUNTER_MS     300000 /* then the clerk is signed out */
#define PAGE_MS        8000
#define ASKING_MS      30000
#define SERVICE_MS     180000
#define ENROL_AGAIN_MS 600000

/* state.c */
struct effect *effect_add(struct effects *effects, enum effect_kind kind);
void flow_go(struct flow *flow, enum screen screen, int64_t for_ms);
void flow_home(struct flow *flow);
/* No touch, key or code leads away from there; only the service screen may be looked at. */
void flow_stop_serving(struct flow *flow, enum view_outage outage);
void flow_signal(struct effects *effects, enum view_tone tone);
/* Submits with the common fields filled and waits for the answer. */
void flow_ask_till(struct flow *flow, struct effects *effects, struct till_request *request);
/* Submits a record that moves nothing; nobody waits. */
void flow_note(struct flow *flow, struct effects *effects, const struct body *body);
void flow_clear_entry(struct flow *flow);
bool flow_staffed(const struct flow *flow);
void flow_turn_page(struct flow *flow, uint32_t page);
/* The follow QR's time on the screen is a fact for the funnel: counted whenever attract is left, or asked for. */
void flow_count_exposure(struct flow *flow);

/* Since the last contact with central; UINT32_MAX = never. */
uint32_t flow_sync_age_s(const struct flow *flow);

/* verdict.c: the verdict screen, shown */
void flow_show_code_verdict(struct flow *flow, struct effects *effects, enum scancode_kind kind);
void flow_show_simple(struct flow *flow, struct effects *effects, enum view_subject subject, int code);
void flow_on_answer(struct flow *flow, struct effects *effects, const struct till_answer *answer);
void flow_on_asked(struct flow *flow, struct effects *effects, const struct event *event);
void flow_on_printed(struct flow *flow, struct effects *effects, const struct event *event);
void flow_ask_central(struct flow *flow, struct effects *effects);
void flow_make_request_id(struct flow *flow, uint8_t id[REQUEST_ID_LEN]);
/* A verdict of that subject; action: what its button does. */
void flow_show_verdict(struct flow *flow, struct effects *effects, enum view_tone tone,
                       const struct flow_verdict *verdict);

/* scan.c */
void flow_on_scanned(struct flow *flow, struct effects *effects, enum scan_source source, const char *text);
void flow_redeem(struct flow *flow, struct effects *effects);
/* One of the campaign's that anybody may have now. */
void flow_redeem_public(struct flow *flow, struct effects *effects, int64_t campaign);
/* Looks the member up whose card or code this is. */
void flow_identify(struct flow *flow, struct effects *effects, const char *text);

/* credit.c: a member's credit at other stores */
void flow_look_elsewhere(struct flow *flow, struct effects *effects);
void flow_fetch_credit(struct flow *flow, struct effects *effects);
/* True: the answer was about that. */
bool flow_credit_asked(struct flow *flow, struct effects *effects, const struct event *event);

/* touch.c */
void flow_on_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument);

/* pad.c: amounts, PINs and codes under entry */
void flow_pad_key(struct flow *flow, struct effects *effects, char character);
void flow_pad_erase(struct flow *flow, bool all);
void flow_pad_ok(struct flow *flow, struct effects *effects);
void flow_open_amount(struct flow *flow, enum view_amount_purpose purpose);
void flow_sell(struct flow *flow, struct effects *effects, const char *pin);
int64_t flow_typed_amount(const struct flow *flow);

/* staff.c: sign-in, void, drawer, service */
void flow_open_sign_in(struct flow *flow, enum intent after);
void flow_protected(struct flow *flow, struct effects *effects, enum intent act);
void flow_on_signed_in(struct flow *flow, struct effects *effects, const struct till_signed_in *answer);
void flow_sign_out(struct flow *flow, struct effects *effects);
void flow_void_picked(struct flow *flow, struct effects *effects, int64_t reason);

/* store.c: the store's other terminals */
void flow_open_store(struct flow *flow);
void flow_store_act(struct flow *flow, struct effects *effects, enum intent act);
void flow_store_confirmed(struct flow *flow, struct effects *effects);
void flow_on_store_answer(struct flow *flow, struct effects *effects, const struct till_answer *answer);
bool flow_primary_away(const struct flow *flow);
void flow_await_late(struct flow *flow, uint32_t ticket);
/* The answer of a request that staff was told to wait for; it is expected no longer, unless it still waits. */
bool flow_take_late(struct flow *flow, const struct till_answer *answer);

/* stick.c: an update from a stick, the acts onto one */
void flow_stick(struct flow *flow, struct effects *effects, enum intent act);
void flow_stick_act(struct flow *flow, struct effects *effects, enum intent act); /* the PIN was right */
void flow_stick_refused(struct flow *flow);                                       /* it was right, but no manager's */
void flow_stick_read(struct flow *flow, const struct stick_result *result);

/* reset.c: the factory reset */
uint32_t flow_unsent(const struct flow *flow); /* records that central does not have */
void flow_reset(struct flow *flow, struct effects *effects);
void flow_reset_act(struct flow *flow, struct effects *effects); /* the PIN was right */
void flow_reset_hold(struct flow *flow, struct effects *effects, bool pressed);
void flow_reset_tick(struct flow *flow, struct effects *effects);
int64_t flow_reset_deadline(const struct flow *flow); /* monotonic ms; 0 = none */
void flow_reset_failed(struct flow *flow, const char *reason);

/* self_test.c */
#define SELF_TEST_FREE_MB 200
void flow_self_test_begin(struct flow *flow, struct effects *effects);
void flow_self_test_answer(struct flow *flow, struct effects *effects, int64_t answer);
void flow_self_test_corner(struct flow *flow, struct effects *effects, int64_t corner);
/* What a device said by itself, or that its time is over. */
void flow_self_test_heard(struct flow *flow, struct effects *effects, enum self_test_item item, bool works);
void flow_self_test_tick(struct flow *flow, struct effects *effects);
bool flow_self_test_at(const struct flow *flow, enum self_test_item item);

/* status.c: how this device is, for central */
void flow_status_tick(struct flow *flow, struct effects *effects);
void flow_status_health(struct flow *flow, struct effects *effects);
void flow_status_changed(struct flow *flow);

/* receipt.c */
void flow_receipt_of(const struct flow *flow, const struct till_answer *answer, struct receipt *out_receipt);

#endif
