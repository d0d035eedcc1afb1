#include "central/api/api.h"

#include <string.h>

#define ANSWER_MAX 256

static uint8_t state_of(const struct terminal *terminal)
{
    if (terminal->state == TERMINAL_WAITING)
        return ENROL_WAITING;
    return terminal->state == TERMINAL_CONFIRMED ? ENROL_CONFIRMED : ENROL_REFUSED;
}

static void answer_state(struct api_call *call, const struct terminal *terminal)
{
    struct enrol_answer answer = {
        .state = state_of(terminal),
        .brand = call->central->brand, /* the house's, whose keys it trusts */
        .store = terminal->store,
        .role = terminal->role,
        .server_ms = (uint64_t)api_now_ms(call),
    };
    if (answer.state == ENROL_CONFIRMED) {
        answer.terminal = terminal->id;
        answer.incarnation = terminal->incarnation;
    }
    memcpy(answer.root_key, call->central->keys.root_public, PUBLIC_KEY_LEN);
    uint8_t body[ANSWER_MAX];
    size_t len = 0;
    int rc = enrol_answer_encode(&answer, body, sizeof(body), &len);
    if (rc < 0)
        api_answer_error(call, -EIO);
    else
        api_answer(call, 200, (struct slice){body, len});
}

static int run_enrol(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    return identity_enrol(tx, &call->enrol.request, &call->enrol.terminal);
}

static void done_enrol(void *arg, int result)
{
    struct api_call *call = arg;
    switch (result) {
    case 0: {
        struct terminal terminal = call->enrol.terminal;
        answer_state(call, &terminal);
        break;
    }
    case -ENOENT:
        api_refuse(call, 403, "ticket_unknown");
        break;
    case -ETIME:
        api_refuse(call, 403, "ticket_over");
        break;
    case -EKEYREJECTED:
        api_refuse(call, 403, "ticket_proof_wrong");
        break;
    case -EEXIST:
        api_refuse(call, 403, "ticket_used");
        break;
    case -ENOKEY:
        api_refuse(call, 403, "key_proof_wrong");
        break;
    case -EALREADY:
        api_refuse(call, 403, "key_known");
        break;
    case -EXDEV:
        api_refuse(call, 403, "key_elsewhere");
        break;
    case -EKEYREVOKED:
        api_refuse(call, 403, "terminal_removed");
        break;
    default:
        api_answer_error(call, result);
    }
}

void api_enrol(struct api_call *call)
{
    if (enrol_request_decode(call->body.data, call->body.len, &call->enrol.request) < 0)
        api_refuse(call, 400, "malformed");
    else
        api_submit(call, WRITER_LIVE, run_enrol, done_enrol);
}

void api_enrol_state(struct api_call *call)
{
    const char *asked = call->path + strlen("/v1/enrol/");
    char waiting[TERMINAL_KEY_ID_MAX];
    identity_key_id_waiting(call->terminal.public_key, waiting);
    if (strcmp(asked, waiting) != 0)
        api_refuse(call, 403, "not_yours");
    else
        answer_state(call, &call->terminal);
}
