#ifndef APP_FLOW_FLOW_H
#define APP_FLOW_FLOW_H

/*
 * What happens: one pure step from (state, event) to (state, effects). No I/O, no clock, no allocation. "Done", a
 * receipt and the drawer follow only the till's answer, never the request.
 */

#include "event.h"
#include "hal/sound.h"

enum effect_kind {
    EFFECT_TILL, /* submit to the till; refused by a full queue → EVENT_TILL with error -EAGAIN */
    EFFECT_ASK,  /* ask central for a right or a code */
    EFFECT_ENROL,
    EFFECT_PRINT,
    EFFECT_DRAWER,
    EFFECT_SOUND,
    EFFECT_HEALTH, /* gather facts → EVENT_HEALTH */
    EFFECT_TEST,   /* self-test of one device → EVENT_DEVICE */
    EFFECT_CHECK,  /* read the books' file through → EVENT_CHECKED */
    EFFECT_REPORT, /* sign the self-test's result → EVENT_REPORT */
    EFFECT_STICK,  /* update from a stick → EVENT_STICK */
    EFFECT_ACTS,   /* save the acts to a stick → EVENT_STICK */
    EFFECT_RESET,  /* forget all and start anew; EVENT_RESET when that cannot be */
};

enum lamp { LAMP_OFF, LAMP_GREEN, LAMP_YELLOW, LAMP_RED, LAMP_WHITE };

enum receipt_kind { RECEIPT_OF_REDEMPTION, RECEIPT_OF_SALE, RECEIPT_OF_VOID, RECEIPT_TEST_PAGE };

/* A receipt's facts; the printer worker lays it out. */
struct receipt {
    enum receipt_kind kind;
    uint64_t group;
    uint32_t terminal, incarnation;
    bool copy; /* printed again */
    char brand[FEED_NAME_MAX], store[FEED_NAME_MAX], address[FEED_NAME_MAX], clerk[FEED_NAME_MAX];
    char campaign[CAMPAIGN_NAME_MAX], gift[CAMPAIGN_NAME_MAX];
    int64_t business_ms;
    int64_t gross_minor, discount_minor, credit_minor, paid_minor, earned_minor, balance_minor;
    uint64_t member; /* 0 = none; only the last digits are printed */
    char reason[REASON_MAX];
    char follow_url[160];
    bool offline;
    enum language language;
};

struct effect {
    enum effect_kind kind;
    union {
        struct till_request till;
        struct {
            enum ask_kind kind;
            uint32_t ticket;
            struct authority_request request;
        } ask;
        char enrol_text[ENROL_TEXT_MAX];
        struct receipt receipt;
        enum sound_cue sound;
        enum hal_device test;
        struct device_report report;
    };
};

#define EFFECTS_MAX 8

struct effects {
    uint32_t count;
    struct effect items[EFFECTS_MAX];
};

struct flow_config {
    enum language language; /* what a shopper sees first */
    uint8_t role;           /* enum terminal_role, until central says otherwise */
    bool enrolled;
    uint64_t boot_id; /* random; makes request ids unique across restarts */
    char version[24], board[24];
    char hardware[64];             /* the machine's serial number */
    uint64_t boot_count;           /* 0 = not kept */
    bool absent[HAL_DEVICE_COUNT]; /* the board has no such device */
};

/* The technician's round through all devices (self_test.c). */
struct flow_self_test {
    uint32_t item; /* under way; 0 = none */
    uint32_t corners;
    bool kept;
    int64_t started_mono_ms;
    int64_t due_mono_ms; /* when a device that answers by itself has failed; 0 = a person answers */
    struct body_self_test result;
    char report[DEVICE_REPORT_TEXT_MAX];
};

/* The factory reset (reset.c). */
struct flow_reset {
    uint32_t given_up;          /* unsent records that the manager was asked to give up; 0 = not asked yet */
    int64_t hold_until_mono_ms; /* the button is pressed, and has to be until then; 0 = it is not */
    bool under_way;
    char reason[UPDATER_REASON_MAX];
};

/* Who is at the counter. */
struct flow_clerk {
    uint32_t id; /* 0 = nobody */
    uint8_t role;
    bool by_pin; /* a badge identifies; void and drawer need the PIN as well */
    char name[FEED_NAME_MAX];
    int64_t touched_mono_ms;
};

/* The shopper at the counter, between their card and the sale. */
struct flow_shopper {
    uint64_t member; /* 0 = nobody */
    bool can_spend, has_pin;
    int64_t share_minor;
    char code[SCANCODE_TEXT_MAX]; /* rotating code as scanned */
};

/* The credit that other stores hold for the member whose card is up. */
struct flow_elsewhere {
    enum view_elsewhere state;
    uint32_t ticket; /* of the question how much; 0 = none */
    int64_t minor, arrived_minor;
    uint64_t fetched_for; /* member: it came, the card is read once more to show it; 0 = none */
    int64_t before_minor; /* what they had here before it came */
};

/* What the verdict screen tells about: the till's answer or why there is none. */
struct flow_verdict {
    enum view_tone tone;
    enum view_subject subject;
    int code;
    struct till_answer answer;     /* SUBJECT_COUPON, SUBJECT_SALE, SUBJECT_VOID */
    struct authority_answer asked; /* SUBJECT_ASKED */
    enum view_receipt receipt;
    bool drawer_open, check_only;
    enum view_store_ask store_ask; /* SUBJECT_STORE: what was asked for */
    enum intent action;
};

struct flow {
    struct flow_config config;
    struct clock_reading now;
    enum language language;
    enum screen screen;
    int64_t deadline_mono_ms; /* when the screen gives way by itself; 0 = never */
    struct till_reference reference;
    struct sync_status sync;
    struct lan_status lan;
    bool somebody; /* the presence sensor sees a person */
    bool device_down[HAL_DEVICE_COUNT];
    char device_reason[HAL_DEVICE_COUNT][HAL_REASON_MAX];
    bool device_testing[HAL_DEVICE_COUNT];
    struct health health;

    struct flow_clerk clerk;
    struct flow_shopper shopper;
    struct flow_elsewhere elsewhere;
    int64_t sale_minor;   /* entered and waiting for a coupon */
    struct till_act last; /* the last act of this sign-in; group 0 = none */
    struct receipt last_receipt;

    uint32_t next_ticket;
    uint32_t pending_ticket;      /* the answer that is waited for; 0 = none */
    struct till_redeem redeem;    /* what was asked, to ask again with an amount, a date or central's yes */
    struct authority_request ask; /* the last question to central, for the same question again */
    enum ask_kind ask_kind;
    bool date_confirmed; /* by the clerk, in this boot */

    struct flow_verdict verdict;
    struct till_member member;
    struct till_price price;
    struct till_recent recent;
    bool recent_loading;
    uint32_t picked_act;
    struct feed_greeting greeting;

    uint32_t page_index; /* of the carousel: the offers, the public pool, the survey */
    bool survey_thanked; /* answered on the page that shows */
    int64_t page_due_mono_ms;
    enum view_guidance guidance;
    uint32_t picture_no;
    enum view_store_ask store_ask;          /* the question on the store screen */
    uint32_t late_tickets[LAN_PENDING_MAX]; /* told as "waiting for the other terminal"; 0 = free */
    uint32_t exposure_due_s;                /* seconds the follow QR has been shown and not noted */
    int64_t exposure_from_mono_ms;

    char typed[SCANCODE_TEXT_MAX]; /* amount digits, PIN or code under entry */
    bool typed_wrong;
    enum view_amount_purpose purpose;
    bool spending;       /* the sale under entry is to be paid with credit */
    int64_t spend_minor; /* entered, waiting for the member's PIN */
    uint32_t picked_clerk;
    enum view_pin pin_state;
    uint32_t tries_left;
    int64_t locked_until_mono_ms;
    enum intent after_pin; /* the protected act that the PIN was asked for; INTENT_NONE = plain sign-in */

    bool stick_reading;
    struct stick_result stick; /* what came of the last one; outcome 0 = none was read */
    struct flow_reset reset;
    struct flow_self_test self_test;
    struct body_device_status told; /* the last state that was journaled; why 0 = none since the start */
    int64_t status_due_mono_ms;     /* when the state is looked at again */
    int64_t status_told_mono_ms;

    bool out_of_service; /* until the program is started again; a fork: until it is enrolled anew */
    enum view_outage outage;
    char outage_detail[VIEW_TEXT_MAX];
};

void flow_init(struct flow *flow, const struct flow_config *config);
/* Adds to *out_effects (emptied first). */
void flow_step(struct flow *flow, const struct event *event, struct effects *out_effects);
/* When an EVENT_TICK is due (monotonic ms); INT64_MAX = not before something happens. */
int64_t flow_deadline(const struct flow *flow);
/* What is elsewhere is not worth a word while central cannot be asked for it. */
bool flow_shows_pool(const struct flow *flow, const struct till_pool *pool);
bool flow_has_pool(const struct flow *flow);
/* Pages of the carousel: the offers, then the public pool and the survey where there is one. */
uint32_t flow_pages(const struct flow *flow);
/* What the lamp shows and whether the screen wants the camera's pictures: both follow from the state. */
enum lamp flow_lamp(const struct flow *flow);
bool flow_watches_camera(const struct flow *flow);
/* Nobody is signed in or at the screen, and no act is under way: the machine may restart. */
bool flow_nobody_there(const struct flow *flow);

#endif
