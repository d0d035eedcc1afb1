#ifndef APP_EVENT_H
#define APP_EVENT_H

/*
 * What happens to the terminal, as values on one bounded queue: workers push, the main thread steps the flow. An event
 * never points into memory that somebody else may change.
 */

#include "hal/machine.h"
#include "lan/lan.h"
#include "service/service.h"
#include "sync/sync.h"
#include "view/view_model.h"

#define EVENT_QUEUE_MAX 128
#define EVENT_RESERVED                                                                                                 \
    48 /* places that only answers may take: what was committed is never lost to a flood of pictures */

enum event_kind {
    EVENT_START,
    EVENT_TICK,     /* a deadline of the flow passed, or a minute */
    EVENT_SCANNED,  /* a code, from wherever */
    EVENT_GUIDANCE, /* what would help the shopper before the camera */
    EVENT_PICTURE,  /* a new picture for the viewfinder */
    EVENT_PRESENCE,
    EVENT_BUTTON,
    EVENT_INTENT,    /* a touch on the screen */
    EVENT_KEY,       /* a key of a keyboard */
    EVENT_TILL,      /* the till answered */
    EVENT_REFERENCE, /* settings, offers, clerks changed */
    EVENT_GREETING,
    EVENT_SYNC,
    EVENT_LAN,    /* the store's other terminals */
    EVENT_ASKED,  /* central answered about a right */
    EVENT_DEVICE, /* a device failed or came back */
    EVENT_PRINTED,
    EVENT_DRAWER,
    EVENT_HEALTH,  /* what the service screen shows */
    EVENT_OUTAGE,  /* books cannot be used */
    EVENT_CHECKED, /* self-test: the books' file was read through */
    EVENT_REPORT,  /* self-test: its result, signed */
    EVENT_STICK,   /* what came of a technician's stick */
    EVENT_RESET,   /* the factory reset could not be begun */
};

enum scan_source { SOURCE_CAMERA, SOURCE_SCANNER, SOURCE_HAND };

/* Facts about the device that no event carries by itself; gathered when the service screen asks. */
struct health {
    char version[24], board[24], sqlite[64];
    uint64_t last_seq, durable_through, archived_through;
    uint64_t unsent; /* records that central does not have, of all that this disk ever was */
    bool unsent_unknown;
    int64_t free_mb, total_mb;
    struct machine_state machine;
    char log[VIEW_LOG_LINES][VIEW_TEXT_MAX];
};

struct event {
    enum event_kind kind;
    struct clock_reading at;
    union {
        struct {
            enum scan_source source;
            char text[SCANCODE_TEXT_MAX]; /* as read; the flow cleans it */
        } scanned;
        enum view_guidance guidance;
        uint32_t picture_no;
        bool somebody;
        char button[HAL_NAME_MAX];
        struct {
            enum intent intent;
            int64_t argument;
        } touched;
        struct {
            char character; /* printable ASCII, or 0 */
            bool enter, escape, backspace;
        } key;
        struct till_answer answer;
        struct feed_greeting greeting;
        struct sync_status sync;
        struct lan_status lan;
        struct {
            uint32_t ticket;
            int error;
            struct authority_answer answer;
        } asked;
        struct {
            enum hal_device device;
            int error; /* 0 = it works */
            char reason[HAL_REASON_MAX];
        } device;
        struct {
            uint64_t group;
            enum view_receipt outcome;
        } printed;
        struct {
            int error;
        } drawer;
        struct {
            enum view_outage kind;
            char detail[VIEW_TEXT_MAX];
        } outage;
        int checked;                         /* -errno */
        char report[DEVICE_REPORT_TEXT_MAX]; /* "" = it could not be made */
        struct stick_result stick;
        char reset_failed[UPDATER_REASON_MAX]; /* why */
    };
    /* Owned by the main thread, valid during flow_step only: EVENT_REFERENCE, EVENT_HEALTH. */
    const struct till_reference *reference;
    const struct health *health;
};

struct queue;
/*
 * Stamps and pushes; any thread, never blocks. What devices and people do is dropped, and logged, when only the
 * reserved places are left; answers of the till, of central and of the printer still find room, since few can be
 * outstanding.
 */
void event_push(struct queue *events, const struct clock *clock, struct event *event);

#endif
