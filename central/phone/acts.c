#include "central/phone/handlers.h"

#include "central/phone/form.h"
#include "central/phone/member_export.h"
#include "central/phone/page.h"
#include "central/store/people_merge.h"
#include "central/wechat/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What members do on their page. Each is one transaction on the writer; the answer leads back to the page, so that
 * reloading does not repeat it.
 */

enum act { ACT_TAGS, ACT_PRIVACY, ACT_CLAIM, ACT_SURVEY, ACT_ERASE, ACT_MERGE };

struct act_order {
    struct central *central;
    struct http_request *request;
    enum act act;
    uint64_t identity;
    const char *done; /* the word for the page that follows, "" = none */
};

/* ---- in the transaction */

struct tag_form {
    struct store_tx *tx;
    struct slice form;
    uint64_t member;
};

static int take_tag(void *context, const struct tag *tag)
{
    struct tag_form *form = context;
    char name[16], value[4];
    if (!tag->self || tag->gone_version) {
        return 0;
    }
    snprintf(name, sizeof(name), "t%" PRIu32, tag->id);
    bool on = form_field(form->form, name, value, sizeof(value)) == 0;
    return people_change_tag(
        form->tx, &(struct tag_change){.member = form->member, .tag = tag->id, .source = TAG_BY_SELF, .on = on});
}

static int run_tags(struct act_order *order, struct store_tx *tx, uint64_t id)
{
    struct member member;
    struct tag_form form = {tx, http_request_body(order->request), id};
    int rc = people_find_member(tx, id, &member);
    rc = rc ? rc : people_each_tag(tx, member.brand, take_tag, &form);
    order->done = "tags";
    return rc ? rc : people_note_act(tx, id);
}

static int run_privacy(struct act_order *order, struct store_tx *tx, uint64_t id)
{
    char value[4] = "";
    int rc = form_field(http_request_body(order->request), "personal", value, sizeof(value));
    if (rc < 0 || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)) {
        return -EINVAL;
    }
    return people_change_consent(tx, id, CONSENT_PERSONAL, value[0] == '1', NULL);
}

static int run_claim(struct act_order *order, struct store_tx *tx, uint64_t id)
{
    char value[12] = "";
    struct claimed claimed = {.verdict = ISSUE_NOBODY};
    int rc = form_field(http_request_body(order->request), "campaign", value, sizeof(value));
    struct claim claim = {.campaign = (uint32_t)strtoul(value, NULL, 10), .member = id};
    rc = rc ? -EINVAL : campaign_claim(tx, &claim, &claimed);
    bool given = rc == 0 && claimed.verdict == ISSUE_GIVEN;
    order->done = !given ? "none" : claimed.ready ? "claimed" : "waiting";
    rc = rc == -ENOENT ? 0 : rc;
    return rc || !given ? rc : people_note_act(tx, id);
}

/* Answered twice, or ended meanwhile: thanked all the same, the first answer counts. */
static int run_survey(struct act_order *order, struct store_tx *tx, uint64_t id)
{
    char survey[12] = "", answer[4] = "";
    struct slice form = http_request_body(order->request);
    int rc = form_field(form, "survey", survey, sizeof(survey));
    rc = rc ? rc : form_field(form, "answer", answer, sizeof(answer));
    struct survey_reply reply = {
        .survey = (uint32_t)strtoul(survey, NULL, 10), .answer = (uint32_t)strtoul(answer, NULL, 10), .member = id};
    order->done = "thanks";
    rc = rc ? -EINVAL : survey_answer(tx, &reply);
    if (rc == -EEXIST || rc == -EPERM) {
        return 0;
    }
    return rc ? rc : people_note_act(tx, id);
}

/* What cannot be is said on the page that follows, like everything else. */
static int say_merge(struct act_order *order, int rc, const char *done)
{
    order->done = rc == 0 ? done : rc == -EXDEV ? "apart" : "nocode";
    return rc == -ENOENT || rc == -EINVAL || rc == -EXDEV || rc == -EPERM ? 0 : rc;
}

/* step: offer (a code for the other page), give (the other page's code), yes, no. */
static int run_merge(struct act_order *order, struct store_tx *tx)
{
    char step[8] = "", code[32] = "";
    struct slice form = http_request_body(order->request);
    int rc = form_field(form, "step", step, sizeof(step));
    if (rc == 0 && strcmp(step, "offer") == 0) {
        return people_merge_offer(tx, order->identity);
    }
    if (rc == 0 && strcmp(step, "give") == 0) {
        rc = form_field(form, "code", code, sizeof(code));
        return say_merge(order, rc ? -ENOENT : people_merge_accept(tx, order->identity, code), "given");
    }
    bool yes = strcmp(step, "yes") == 0;
    if (rc < 0 || (!yes && strcmp(step, "no") != 0)) {
        return -EINVAL;
    }
    return say_merge(order, people_merge_confirm(tx, order->identity, yes), yes ? "merged" : "");
}

static int run_erase(struct act_order *order, struct store_tx *tx, uint64_t id)
{
    char value[4] = "";
    int rc = form_field(http_request_body(order->request), "sure", value, sizeof(value));
    return rc < 0 || strcmp(value, "yes") != 0 ? -EINVAL : people_erase_member(tx, id, NULL, "asked for on the page");
}

static int run_act(void *arg, struct store_tx *tx)
{
    struct act_order *order = arg;
    struct channel_identity identity;
    int rc = wechat_find_identity(tx, order->identity, &identity);
    if (rc == 0 && !identity.member) {
        rc = -ENOENT;
    }
    if (rc < 0) {
        return rc;
    }
    switch (order->act) {
    case ACT_TAGS:
        return run_tags(order, tx, identity.member);
    case ACT_PRIVACY:
        return run_privacy(order, tx, identity.member);
    case ACT_CLAIM:
        return run_claim(order, tx, identity.member);
    case ACT_SURVEY:
        return run_survey(order, tx, identity.member);
    case ACT_ERASE:
        return run_erase(order, tx, identity.member);
    case ACT_MERGE:
        return run_merge(order, tx);
    }
    return -EINVAL;
}

/* ---- before and after it */

static void answer_erased(struct http_request *request)
{
    phone_answer_words(request, 200, page_write_erased);
}

static void answer_back(const struct act_order *order)
{
    char location[PAGE_TICKET_CAP + 32];
    snprintf(location, sizeof(location), "/m/%s%s%s%s", http_request_path_param(order->request, "ticket"),
             order->act == ACT_PRIVACY || order->act == ACT_MERGE ? "/privacy" : "", order->done[0] ? "?done=" : "",
             order->done);
    const struct http_header headers[] = {{"Location", location}, {"Cache-Control", "no-store"}};
    struct http_reply reply = {
        .status = 303, .content_type = "text/plain", .headers = headers, .header_count = ARRAY_LEN(headers)};
    http_request_answer(order->request, &reply);
}

static void finish_act(void *arg, int result)
{
    struct act_order *order = arg;
    if (result == -EINVAL) {
        http_request_answer_error(order->request, 400, "form");
    } else if (result < 0) {
        phone_answer_failed(order->request, result);
    } else if (order->act == ACT_ERASE) {
        answer_erased(order->request);
    } else {
        answer_back(order);
    }
    free(order);
}

static void submit(struct http_request *request, struct central *central, enum act act)
{
    struct act_order *order = calloc(1, sizeof(*order));
    int days = act == ACT_ERASE || act == ACT_MERGE ? PHONE_FRESH_DAYS : PHONE_LINK_DAYS;
    int rc = order ? phone_open_ticket(request, central, days, &order->identity) : -ENOMEM;
    rc = rc ? rc : phone_take_allowance(central, order->identity, PHONE_ACT);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        free(order);
        return;
    }
    order->central = central;
    order->request = request;
    order->act = act;
    order->done = "";
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_act, .done = finish_act, .arg = order};
    http_request_defer(request);
    rc = writer_submit(central->writer, &job);
    if (rc < 0) {
        phone_answer_failed(request, rc);
        free(order);
    }
} // NOLINT(clang-analyzer-unix.Malloc): once submitted, finish_act frees it

void phone_set_tags(struct http_request *request, void *context)
{
    submit(request, context, ACT_TAGS);
}

void phone_set_privacy(struct http_request *request, void *context)
{
    submit(request, context, ACT_PRIVACY);
}

void phone_claim(struct http_request *request, void *context)
{
    submit(request, context, ACT_CLAIM);
}

void phone_answer_survey(struct http_request *request, void *context)
{
    submit(request, context, ACT_SURVEY);
}

void phone_erase(struct http_request *request, void *context)
{
    submit(request, context, ACT_ERASE);
}

void phone_merge(struct http_request *request, void *context)
{
    submit(request, context, ACT_MERGE);
}

/* ---- everything that is kept */

static int export_all(struct http_request *request, struct central *central, json_t **out_json)
{
    struct channel_keys keys;
    struct channel_identity identity;
    struct store_tx tx;
    uint64_t id = 0;
    int rc = phone_open_ticket(request, central, PHONE_FRESH_DAYS, &id);
    rc = rc ? rc : phone_take_allowance(central, id, PHONE_EXPORT);
    rc = rc ? rc : wechat_work_keys(central, &keys);
    if (rc < 0) {
        return rc;
    }
    rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = wechat_find_identity(&tx, id, &identity);
        rc = rc == 0 && !identity.member ? -ENOENT : rc;
        rc = rc ? rc : member_export(&tx, &keys, identity.member, out_json);
        store_read_end(&tx);
    }
    channel_keys_finish(&keys);
    return rc;
}

void phone_show_data(struct http_request *request, void *context)
{
    json_t *all = NULL;
    int rc = export_all(request, context, &all);
    char *text = rc == 0 ? json_dumps(all, JSON_INDENT(2)) : NULL;
    if (text) {
        phone_answer(request, 200, "application/json", (struct slice){(const uint8_t *)text, strlen(text)},
                     "default-src 'none'");
    } else {
        phone_answer_failed(request, rc ? rc : -ENOMEM);
    }
    free(text);
    json_decref(all);
}
