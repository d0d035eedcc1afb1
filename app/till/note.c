#include "books.h"

#include "platform/log.h"

/* Free text never carries a card number into the journal, and always ends. */
static int clean(struct body *body)
{
    switch (body->kind) {
    case RECORD_RECEIPT:
        body->receipt.reason[REASON_MAX - 1] = '\0';
        log_redact_cards(body->receipt.reason);
        return 0;
    case RECORD_DRAWER_KICK:
        body->drawer.reason[REASON_MAX - 1] = '\0';
        log_redact_cards(body->drawer.reason);
        return 0;
    case RECORD_ORDER_DONE:
        body->order_done.reason[sizeof(body->order_done.reason) - 1] = '\0';
        log_redact_cards(body->order_done.reason);
        return 0;
    case RECORD_ORDER_STEP:
    case RECORD_SELF_TEST:
    case RECORD_DEVICE_STATUS:
    case RECORD_SCAN_REFUSED:
    case RECORD_QR_SHOWN:
    case RECORD_GREETED:
    case RECORD_DATE_CONFIRMED:
    case RECORD_SURVEY_ANSWER:
        return 0;
    default:
        return -EINVAL; /* whatever moves value has its own request */
    }
}

int note_run(struct books *b, const struct till_request *request, uint64_t *out_seq)
{
    struct body body = request->note;
    uint64_t seq;
    int r = clean(&body);

    if (r == 0)
        r = books_begin(b);
    if (r < 0)
        return r;
    r = journal_append(b, &body, &seq);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    if (r == 0)
        *out_seq = seq;
    return r;
}

int note_call(struct books *b, const struct body *body)
{
    const struct till_request request = {.op = TILL_NOTE, .note = *body};
    uint64_t seq;

    return b->enrolled ? note_run(b, &request, &seq) : -EAGAIN;
}
