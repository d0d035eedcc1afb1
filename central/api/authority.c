#include "central/api/nonces.h"
#include "central/api/waiting.h"
#include "central/store/rights.h"
#include "domain/shortcode.h"

#include <stdio.h>

#define ANSWER_MAX 256
#define WAIT_MAX_S 25

static struct rights_asker asker_of(const struct api_call *call)
{
    return (struct rights_asker){call->terminal.id, call->terminal.store, call->terminal.brand};
}

static void answer_now(struct api_call *call)
{
    struct authority_answer *answer = &call->authority.answer;
    answer->server_ms = (uint64_t)api_now_ms(call);
    if (answer->verdict == AUTHORITY_GRANTED)
        call->central->metrics.authority_granted++;
    uint8_t body[ANSWER_MAX];
    size_t len = 0;
    int rc = authority_answer_encode(answer, body, sizeof(body), &len);
    if (rc < 0)
        api_answer_error(call, -EIO);
    else
        api_answer(call, 200, (struct slice){body, len});
}

static bool look_again(struct api_call *call, bool last)
{
    struct store_tx tx;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0) {
        api_answer_error(call, rc);
        return true;
    }
    struct rights_asker asker = asker_of(call);
    rc = rights_ask_again(&tx, &asker, &call->authority.request, &call->authority.answer);
    store_read_end(&tx);
    if (rc < 0 && rc != -ENOENT) { /* -ENOENT: another store asked first, nothing new */
        api_answer_error(call, rc);
        return true;
    }
    if (call->authority.answer.verdict == AUTHORITY_WAITING && !last)
        return false;
    answer_now(call);
    return true;
}

static void done_asking(void *arg, int result)
{
    struct api_call *call = arg;
    uint16_t wait_s = call->authority.request.wait_s;
    if (result < 0) {
        api_answer_error(call, result);
        return;
    }
    if (call->authority.answer.verdict != AUTHORITY_WAITING || wait_s == 0) {
        answer_now(call);
        return;
    }
    struct waiting_entry entry = {
        .call = call,
        .retry = look_again,
        .store = call->terminal.store,
        .deadline_ms = api_mono_ms(call) + (int64_t)(wait_s > WAIT_MAX_S ? WAIT_MAX_S : wait_s) * 1000,
        .version = waiting_version(call->central->waiting), /* on the writer's thread: nothing commits in between */
    };
    if (waiting_add(call->central->waiting, &entry) < 0)
        answer_now(call);
}

/* The coupon that the scanned token speaks of; false when it is none of ours or another than the one asked for. */
static bool token_agrees(struct api_call *call, struct coupon_token *out_token)
{
    struct authority_request *request = &call->authority.request;
    enum token_status status = token_coupon_open(request->token, &call->central->keys.set, out_token);
    if (status != TOKEN_GOOD && status != TOKEN_KEY_REVOKED)
        return false;
    bool named = request->coupon.campaign != 0;
    if (named && !coupon_id_equal(request->coupon, out_token->coupon))
        return false;
    request->coupon = out_token->coupon;
    return true;
}

/* A genuine coupon that these books lost in a restore is taken in again from its own token. */
static int learn_coupon(struct store_tx *tx, const struct coupon_token *token)
{
    enum campaign_mode mode;
    struct coupon_token learned = *token;
    struct shop home;
    int rc = identity_find_shop(tx, token->home_store, &home);
    if (rc == 0)
        learned.brand = (uint16_t)home.brand; /* the token says whose keys, not whose coupon */
    if (rc == 0)
        rc = rights_campaign_mode(tx, learned.brand, learned.coupon.campaign, &mode);
    if (rc == 0)
        rc = rights_learn_token(tx, &learned, mode);
    return rc == -ENOENT ? 0 : rc;
}

static int run_right(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    struct rights_asker asker = asker_of(call);
    struct authority_request *request = &call->authority.request;
    call->authority.answer = (struct authority_answer){.verdict = AUTHORITY_UNKNOWN, .coupon = request->coupon};
    if (request->token[0]) {
        struct coupon_token token;
        if (!token_agrees(call, &token))
            return 0;
        int rc = learn_coupon(tx, &token);
        if (rc < 0)
            return rc;
    }
    return rights_ask_right(tx, &asker, request, &call->authority.answer);
}

static int run_credit(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    struct rights_asker asker = asker_of(call);
    return rights_ask_credit(tx, &asker, &call->authority.request, &call->authority.answer);
}

static int run_code(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    struct rights_asker asker = asker_of(call);
    return rights_ask_code(tx, &asker, &call->authority.request, &call->authority.answer);
}

static void done_code(void *arg, int result)
{
    struct api_call *call = arg;
    if (result == 0 && call->authority.answer.verdict == AUTHORITY_UNKNOWN)
        nonce_table_note_miss(call->central->nonces, call->terminal.id, api_now_ms(call) / 1000);
    if (result < 0)
        api_answer_error(call, result);
    else
        answer_now(call);
}

static bool decode(struct api_call *call)
{
    call->central->metrics.authority_asked++;
    if (authority_request_decode(call->body.data, call->body.len, &call->authority.request) == 0)
        return true;
    api_refuse(call, 400, "malformed");
    return false;
}

void api_authority_right(struct api_call *call)
{
    if (decode(call))
        api_submit(call, WRITER_LIVE, run_right, done_asking);
}

void api_authority_credit(struct api_call *call)
{
    if (decode(call))
        api_submit(call, WRITER_LIVE, run_credit, done_asking);
}

void api_authority_code(struct api_call *call)
{
    if (!decode(call))
        return;
    char code[SHORTCODE_LEN + 1];
    if (!nonce_table_may_guess(call->central->nonces, call->terminal.id, api_now_ms(call) / 1000)) {
        api_refuse(call, 429, "too_many_codes");
    } else if (shortcode_parse(call->authority.request.shortcode, code) < 0) {
        api_refuse(call, 400, "shortcode");
    } else {
        snprintf(call->authority.request.shortcode, sizeof(call->authority.request.shortcode), "%s", code);
        api_submit(call, WRITER_LIVE, run_code, done_code);
    }
}

/* A look, in a snapshot: the writer is not asked. */
void api_authority_balance(struct api_call *call)
{
    struct store_tx tx;
    struct rights_asker asker = asker_of(call);
    if (!decode(call))
        return;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc == 0) {
        rc = rights_look_credit(&tx, &asker, &call->authority.request, &call->authority.answer);
        store_read_end(&tx);
    }
    if (rc < 0)
        api_answer_error(call, rc);
    else
        answer_now(call);
}
