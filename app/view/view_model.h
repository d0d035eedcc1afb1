#ifndef APP_VIEW_VIEW_MODEL_H
#define APP_VIEW_VIEW_MODEL_H

/*
 * What is to be seen, complete and final: the flow makes it, screens draw it and emit intents. Data texts are already
 * in the chosen language; the screens' own words go through gettext. Always memset to 0 before filling, so that two
 * models compare bytewise. Main thread only.
 */

#include "domain/coupon.h"
#include "domain/credit.h"
#include "domain/device.h"
#include "hal/context.h"

enum language { LANGUAGE_ZH_CN, LANGUAGE_EN, LANGUAGE_COUNT };

enum screen {
    SCREEN_STARTING, /* first frame: brand mark only */
    SCREEN_ATTRACT,
    SCREEN_GREETING,
    SCREEN_VIEWFINDER,
    SCREEN_VERDICT,
    SCREEN_MEMBER,
    SCREEN_PRICE,
    SCREEN_SIGN_IN,
    SCREEN_COUNTER, /* the clerk's home */
    SCREEN_AMOUNT,
    SCREEN_CODE_ENTRY, /* short code or EAN by hand */
    SCREEN_VOID_LIST,
    SCREEN_VOID_REASON,
    SCREEN_POOL, /* for a clerk: which of the coupons that anybody may have */
    SCREEN_ENROLMENT,
    SCREEN_SERVICE,
    SCREEN_SELF_TEST,
    SCREEN_STORE, /* the store's terminals: who is primary, what waits, going alone, promotion */
    SCREEN_RESET, /* factory reset: what is lost, and the button that has to be held */
    SCREEN_OUT_OF_SERVICE,
    SCREEN_COUNT
};

/* What a touch means. Screens emit these with an argument; nothing else comes back from them. */
enum intent {
    INTENT_NONE,
    INTENT_BACK,      /* one step up, or dismiss */
    INTENT_LANGUAGE,  /* next language */
    INTENT_SCAN,      /* open the viewfinder */
    INTENT_TYPE_CODE, /* type a code by hand */
    INTENT_KEY,       /* argument: a character of the pad on the screen */
    INTENT_ERASE,     /* last character */
    INTENT_CLEAR,
    INTENT_OK,         /* the pad's confirm */
    INTENT_STAFF,      /* to sign-in, or to the counter when signed in */
    INTENT_PICK_CLERK, /* argument: clerk id */
    INTENT_SIGN_OUT,
    INTENT_SALE,        /* enter a sale's amount */
    INTENT_SPEND,       /* pay with the member's credit: argument 0 = enter the amount */
    INTENT_EARN,        /* member card → sale for this member */
    INTENT_VOID,        /* list of acts */
    INTENT_PICK_ACT,    /* argument: row */
    INTENT_PICK_REASON, /* argument: row */
    INTENT_POOL,        /* what anybody may have: argument 0 the list, else of which campaign they get one */
    INTENT_DRAWER,      /* open the drawer by hand */
    INTENT_SERVICE,
    INTENT_TEST_DEVICE, /* argument: enum hal_device */
    INTENT_REPRINT,
    INTENT_ASK_CENTRAL,  /* verdict: have the right moved here */
    INTENT_FETCH_CREDIT, /* member card: have credit of other stores moved here */
    INTENT_CONFIRM_DATE,
    INTENT_NEXT,   /* verdict: done, next */
    INTENT_PAGE,   /* argument: page of the carousel */
    INTENT_SURVEY, /* argument: the answer, from 1 */
    INTENT_STORE,
    INTENT_ALONE,     /* argument: 1 go alone, 0 no longer */
    INTENT_PROMOTE,   /* make this terminal the store's primary */
    INTENT_SELF_TEST, /* try every device, one after the other */
    INTENT_STICK,     /* update from a technician's stick */
    INTENT_ACTS,      /* save the acts to a stick */
    INTENT_RESET,     /* to the factory reset */
    INTENT_HOLD,      /* factory reset: argument 1 the button is pressed, 0 it is let go */
    INTENT_ANSWER,    /* self-test: argument 1 it works, 0 it does not, 2 go on without it */
    INTENT_CORNER,    /* self-test: argument: which of the four */
    INTENT_COUNT
};

#define VIEW_TEXT_MAX    128
#define VIEW_OFFERS_MAX  8
#define VIEW_POOL_MAX    4
#define VIEW_ANSWERS_MAX 4
#define VIEW_ROWS_MAX    12
#define VIEW_LOG_LINES   12

/* What staff must know of the store's other terminals; quiet when all is well or there are none. */
enum view_store_state {
    STORE_VIEW_FINE,
    STORE_VIEW_AWAY,    /* the main terminal does not answer, or, on it, no other one does */
    STORE_VIEW_WAITING, /* something waits for another terminal */
    STORE_VIEW_ALONE,   /* the main terminal works without the others, by a manager's word */
};

struct view_status { /* the strip that every screen but attract's bare parts carries */
    bool enrolled;
    bool online;
    uint32_t waiting;           /* records central does not have yet */
    int64_t oldest_age_s;       /* of the oldest of them; 0 = none */
    int64_t last_contact_age_s; /* -1 = never */
    char clock[8];              /* "18:05" */
    char date[16];              /* "2026-11-21" */
    bool date_unsure;
    char clerk[VIEW_TEXT_MAX];
    bool device_down[HAL_DEVICE_COUNT];
    enum view_store_state store;
    uint32_t store_waiting; /* requests without an answer */
};

struct view_brand {
    char name[VIEW_TEXT_MAX], store[VIEW_TEXT_MAX];
    uint32_t accent; /* 0xRRGGBB */
};

struct view_offer {
    char title[VIEW_TEXT_MAX], text[VIEW_TEXT_MAX];
    int64_t price_minor, member_price_minor; /* 0 = none */
    uint32_t tint;
};

/* Coupons that anybody may have: their holders let them lie. */
struct view_pool_row {
    uint32_t campaign;
    char name[VIEW_TEXT_MAX];
    uint32_t here;            /* good here at once */
    uint32_t elsewhere;       /* 0 also while nobody can be asked */
    char only[VIEW_TEXT_MAX]; /* the one store that has those elsewhere; "" = several */
    char until[16];           /* "2026-12-01" */
};

struct view_pool {
    uint32_t row_count;
    struct view_pool_row rows[VIEW_POOL_MAX];
};

/* One question, one tap. */
struct view_survey {
    char question[VIEW_TEXT_MAX];
    uint32_t answer_count; /* 0 = nothing is asked */
    char answers[VIEW_ANSWERS_MAX][VIEW_TEXT_MAX];
    bool thanked;
};

struct view_attract {
    char follow_url[160]; /* drawn as a QR; "" = not there yet: offers take the room, no empty frame */
    char shelf[VIEW_TEXT_MAX];
    uint32_t page_index; /* of the carousel: the offers, then the pool and the survey where there is one */
    uint32_t offer_count;
    struct view_offer offers[VIEW_OFFERS_MAX];
    struct view_pool pool;
    struct view_survey survey;
    bool staff_button, scan_button;
};

struct view_greeting {
    char tail[5];     /* last digits of the member number */
    uint32_t coupons; /* waiting on the phone */
    bool returning;   /* knew them already */
};

enum view_guidance {
    GUIDE_SHOW_CODE,
    GUIDE_CLOSER,
    GUIDE_FARTHER,
    GUIDE_DARK,
    GUIDE_GLARE,
    GUIDE_HOLD_STILL,
    GUIDE_READING
};

struct view_viewfinder {
    bool camera_ok; /* else: type the code or use the hand scanner */
    enum view_guidance guidance;
    uint32_t frame_no; /* changes with every new picture; the picture itself is handed to ui_draw */
};

enum view_store_ask { STORE_ASK_NOTHING, STORE_ASK_ALONE, STORE_ASK_TOGETHER, STORE_ASK_PROMOTE };

enum view_tone { TONE_GOOD, TONE_ASK, TONE_REFUSE, TONE_WAIT };
enum view_subject {
    SUBJECT_COUPON, /* coupon_verdict */
    SUBJECT_SALE,   /* credit_verdict; a sale with or without credit */
    SUBJECT_VOID,   /* void_verdict */
    SUBJECT_MEMBER, /* member card that could not be read: token status */
    SUBJECT_BADGE,
    SUBJECT_CODE,   /* a code that is no business of ours: scancode kind */
    SUBJECT_ASKING, /* central is being asked; TONE_WAIT */
    SUBJECT_ASKED,  /* central said no: authority_verdict */
    SUBJECT_BUSY,   /* queue full, disk full, books not writable, another terminal away: error */
    SUBJECT_STORE,  /* store_verdict: going alone, promotion */
    SUBJECT_CREDIT, /* credit of other stores that did not come: authority_verdict, or 0: central cannot be asked */
};
enum view_receipt { RECEIPT_NONE, RECEIPT_PRINTING, RECEIPT_DONE, RECEIPT_NO_PAPER, RECEIPT_COVER, RECEIPT_NO_PRINTER };

struct view_verdict {
    enum view_tone tone;
    enum view_subject subject;
    int code; /* meaning by subject */
    char campaign[VIEW_TEXT_MAX];
    char gift[VIEW_TEXT_MAX];
    uint8_t discount_kind;
    int64_t discount_minor, sale_minor, paid_minor, credit_minor, earned_minor, balance_minor, min_spend_minor;
    char when[20];             /* used at, valid from, expired on: what the sentence needs */
    char where[VIEW_TEXT_MAX]; /* another store's name or number */
    bool offline;              /* done offline */
    bool check_only;           /* TONE_GOOD: valid, nothing was redeemed: the shopper shows it at the counter */
    enum view_receipt receipt;
    bool drawer_open;
    enum intent action;            /* the one action; INTENT_NEXT by default */
    uint32_t error;                /* SUBJECT_BUSY: positive errno */
    enum view_store_ask store_ask; /* SUBJECT_STORE: what was asked for */
};

struct view_coupon_row {
    char name[VIEW_TEXT_MAX];
    char expiry[16]; /* "2026-12-01" */
    bool soon;
};

/* The member's credit at other stores, for the clerk. */
enum view_elsewhere {
    ELSEWHERE_NOTHING, /* none, not known yet, or credit stays with its store */
    ELSEWHERE_SOME,
    ELSEWHERE_ARRIVED, /* has just come here; what is left elsewhere can be asked for too */
    ELSEWHERE_OFFLINE, /* cannot be known now */
};

struct view_member {
    char tail[5];
    int64_t credit_minor, ends_minor; /* and what of it ends first, on that day; 0 = nothing does */
    char ends[16];
    uint32_t coupon_count, row_count;
    struct view_coupon_row rows[6];
    bool staff;     /* shows earn and spend */
    bool can_spend; /* fresh code or PIN exists */
    enum view_elsewhere elsewhere;
    int64_t elsewhere_minor, arrived_minor;
};

struct view_price {
    bool found;
    char name[VIEW_TEXT_MAX], unit[16], ean[16];
    int64_t price_minor, member_price_minor;
};

struct view_clerk_row {
    uint32_t clerk;
    char name[VIEW_TEXT_MAX];
};

enum view_pin { PIN_VIEW_ENTER, PIN_VIEW_WRONG, PIN_VIEW_LOCKED, PIN_VIEW_BADGE_UNKNOWN, PIN_VIEW_CHECKING };

struct view_sign_in {
    uint32_t row_count;
    struct view_clerk_row rows[VIEW_ROWS_MAX];
    uint32_t picked; /* clerk id; 0 = choose first */
    uint32_t digits; /* typed so far */
    enum view_pin state;
    uint32_t tries_left, locked_s;
};

struct view_counter {
    int64_t sale_minor; /* entered and waiting for a coupon; 0 = none */
    bool member_set;
    char member_tail[5];
    int64_t member_credit_minor;
    uint32_t pool_here; /* coupons that anybody may have, here; 0 = the button is not there */
    bool has_last;      /* the last act, one line */
    char last_title[VIEW_TEXT_MAX];
    int64_t last_paid_minor, last_discount_minor;
    char last_clock[8];
};

enum view_amount_purpose { AMOUNT_SALE, AMOUNT_COUPON_SALE, AMOUNT_SPEND, AMOUNT_MEMBER_PIN };

struct view_amount {
    enum view_amount_purpose purpose;
    int64_t amount_minor;         /* as typed, in fen */
    uint32_t digits;              /* AMOUNT_MEMBER_PIN */
    char campaign[VIEW_TEXT_MAX]; /* AMOUNT_COUPON_SALE: for which coupon */
    int64_t min_spend_minor;
    int64_t limit_minor; /* AMOUNT_SPEND: what can be spent */
    bool too_much;
};

struct view_code_entry {
    char typed[16]; /* grouped as XXXX-XXXX-XXXX */
    bool wrong;     /* check characters do not fit */
    bool complete;
};

struct view_act_row {
    char title[VIEW_TEXT_MAX];
    char clock[8];
    char clerk[VIEW_TEXT_MAX];
    int64_t discount_minor, paid_minor, credit_minor;
    bool voided;
};

struct view_void {
    bool loading;
    uint32_t row_count;
    struct view_act_row rows[8];
    uint32_t picked; /* row, on the reason screen */
};

enum void_reason {
    REASON_MISTAKE,
    REASON_CUSTOMER_CHANGED,
    REASON_WRONG_AMOUNT,
    REASON_GOODS_RETURNED,
    REASON_TEST,
    REASON_COUNT
};

struct view_enrolment {
    uint8_t stage; /* enum enrol_stage */
    uint8_t error; /* enum enrol_error */
    char digits[7];
    bool camera_ok, network_ok;
};

struct view_device {
    bool ok;
    bool testing;
    char reason[VIEW_TEXT_MAX];
};

struct view_service {
    struct view_device devices[HAL_DEVICE_COUNT];
    char version[24], board[24];
    char sqlite[64];
    uint32_t terminal, incarnation, store;
    uint64_t last_seq, durable_through, archived_through;
    uint32_t products, members;
    int64_t next_try_s; /* -1 = not waiting */
    char sync_error[VIEW_TEXT_MAX];
    int64_t free_mb;
    bool many; /* the store has several terminals: a way to them */
    uint32_t store_primary, store_terminals, store_live;
    bool shop; /* there are acts to save and something to forget */
    bool stick_reading;
    uint8_t stick; /* enum stick_outcome of the last stick; 0 = none was read */
    bool stick_logs;
    uint64_t stick_records; /* that were saved */
    char stick_file[64], stick_version[24], stick_reason[VIEW_TEXT_MAX];
    char log[VIEW_LOG_LINES][VIEW_TEXT_MAX];
};

struct view_reset {
    uint32_t terminal;
    uint32_t unsent;      /* records that central does not have */
    int64_t oldest_age_s; /* of the oldest of them; 0 = not known */
    uint32_t given_up;    /* how many the second question names; 0 = it was not asked yet */
    uint32_t hold_s;      /* seconds that are left while the button is held; 0 = it is not */
    bool stick_reading;   /* what is being saved first may fail: the button waits for it */
    bool under_way;
    char reason[VIEW_TEXT_MAX]; /* why it could not be begun */
};

#define SELF_TEST_CORNERS 4

struct view_self_test {
    uint32_t item;                         /* enum self_test_item under way; 0 = all done */
    uint8_t outcomes[SELF_TEST_ITEMS + 1]; /* enum self_test_outcome by item */
    uint32_t corners;                      /* bits: which were touched */
    bool all_well;
    bool kept;                           /* the result is in the journal and goes to central */
    char report[DEVICE_REPORT_TEXT_MAX]; /* drawn as a QR; "" = being signed */
};

#define VIEW_PENDING_MAX 8
enum view_pending_what { PENDING_COUPON, PENDING_SALE, PENDING_VOID, PENDING_OTHER };
struct view_pending {
    enum view_pending_what what;
    int64_t amount_minor; /* 0 = none */
    int64_t age_s;
};
struct view_store {
    bool primary;                     /* this terminal is the main one */
    uint32_t terminal, main_terminal; /* numbers */
    uint32_t others, live;            /* of the store; those that answer now */
    bool main_live, alone, waiting;   /* waiting: an act here waits for another terminal */
    enum view_store_ask ask;          /* the question that stands, to be answered by OK or BACK */
    bool busy;                        /* the answer is under way */
    uint32_t pending_count;
    struct view_pending pending[VIEW_PENDING_MAX];
    char address[VIEW_TEXT_MAX], error[VIEW_TEXT_MAX];
};

enum view_outage { OUTAGE_BOOKS, OUTAGE_DISK_FULL, OUTAGE_FONT, OUTAGE_FORK };

struct view_outage_screen {
    enum view_outage kind;
    char detail[VIEW_TEXT_MAX]; /* for staff, small */
};

struct view_model {
    enum screen screen;
    enum language language;
    struct view_brand brand;
    struct view_status status;
    union {
        struct view_attract attract;
        struct view_greeting greeting;
        struct view_viewfinder viewfinder;
        struct view_verdict verdict;
        struct view_member member;
        struct view_price price;
        struct view_sign_in sign_in;
        struct view_counter counter;
        struct view_amount amount;
        struct view_code_entry code_entry;
        struct view_void voids; /* list and reason */
        struct view_pool pool;
        struct view_enrolment enrolment;
        struct view_service service;
        struct view_store store;
        struct view_reset reset;
        struct view_self_test self_test;
        struct view_outage_screen outage;
    };
};

const char *screen_name(enum screen screen); /* "attract", "void_list" */
const char *intent_name(enum intent intent); /* "type_code" */

#endif
