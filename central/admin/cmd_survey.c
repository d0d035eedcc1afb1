#include "central/admin/cmd_campaign.h"
#include "central/store/campaign_survey.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR "admin"

/* "forgot|too far": into the list. */
static int split_answers(struct admin_call *call, const char *name, char out[SURVEY_ANSWERS_MAX][SURVEY_ANSWER_MAX])
{
    const char *at = admin_text(call, name, "");
    for (size_t i = 0; *at; i++) {
        size_t len = strcspn(at, "|");
        if (i == SURVEY_ANSWERS_MAX || len >= SURVEY_ANSWER_MAX || len == 0) {
            return admin_refuse(call, -EINVAL, "two to four answers of at most %d bytes, | between them",
                                SURVEY_ANSWER_MAX - 1);
        }
        memcpy(out[i], at, len);
        at += len + (at[len] == '|');
    }
    return 0;
}

static int cmd_add(struct admin_call *call, struct store_tx *tx)
{
    struct survey survey = {.brand = call->central->brand, .campaign = admin_u32(call, "campaign")};
    struct feed_survey *asked = &survey.asked;
    uint32_t id = 0;
    int rc = admin_copy_text(call, "zh", asked->question_zh, sizeof(asked->question_zh));
    rc = rc ? rc : admin_copy_text(call, "en", asked->question_en, sizeof(asked->question_en));
    rc = rc ? rc : split_answers(call, "answers_zh", asked->answers_zh);
    rc = rc ? rc : split_answers(call, "answers_en", asked->answers_en);
    if (rc < 0) {
        return rc;
    }
    rc = survey_add(tx, &survey, OPERATOR, &id);
    if (rc == -EINVAL) {
        return admin_refuse(call, rc, "a question, and two to four answers, as many in English as in Chinese");
    }
    admin_set(call, "survey", json_integer(id));
    return rc == -ENOENT ? admin_refuse(call, rc, "no such campaign") : rc;
}

static int add_survey_row(void *context, const struct survey *survey)
{
    const struct feed_survey *asked = &survey->asked;
    admin_add_row(context, json_pack("{s:I, s:I, s:s, s:s, s:s}", "survey", (json_int_t)asked->survey, "campaign",
                                     (json_int_t)survey->campaign, "zh", asked->question_zh, "en", asked->question_en,
                                     "state", asked->gone ? "closed" : "open"));
    return 0;
}

static int cmd_list(struct admin_call *call, struct store_tx *tx)
{
    return survey_each(tx, add_survey_row, call);
}

static int cmd_close(struct admin_call *call, struct store_tx *tx)
{
    int rc = survey_close(tx, admin_u32(call, "survey"), OPERATOR);
    return rc == -ENOENT ? admin_refuse(call, rc, "no such survey") : rc;
}

static int cmd_answer(struct admin_call *call, struct store_tx *tx)
{
    struct survey_reply reply = {.survey = admin_u32(call, "survey"),
                                 .answer = admin_u32(call, "answer"),
                                 .member = (uint64_t)admin_number(call, "member", 0)};
    int rc = survey_answer(tx, &reply);
    switch (-rc) {
    case ENOENT:
        return admin_refuse(call, rc, "no such survey or answer");
    case EPERM:
        return admin_refuse(call, rc, "the survey is closed, or not for this member");
    case EEXIST:
        return admin_refuse(call, rc, "this member has answered already");
    default:
        return rc;
    }
}

/* The answers beside what became of the campaign. */
static int cmd_report(struct admin_call *call, struct store_tx *tx)
{
    struct survey survey;
    struct survey_count counts[SURVEY_ANSWERS_MAX];
    struct campaign_stand stand;
    int rc = survey_find(tx, admin_u32(call, "survey"), &survey);
    rc = rc ? rc : survey_count(tx, survey.asked.survey, counts);
    rc = rc || !survey.campaign ? rc : campaign_stand(tx, survey.campaign, &stand);
    if (rc < 0) {
        return rc == -ENOENT ? admin_refuse(call, rc, "no such survey") : rc;
    }
    admin_set(call, "zh", json_string(survey.asked.question_zh));
    if (survey.campaign) {
        admin_set(call, "campaign", json_integer(survey.campaign));
        campaign_show_stand(call, &stand);
    }
    for (size_t i = 0; i < SURVEY_ANSWERS_MAX && survey.asked.answers_zh[i][0]; i++) {
        admin_add_row(call, json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I}", "answer", (json_int_t)i + 1, "zh",
                                      survey.asked.answers_zh[i], "en", survey.asked.answers_en[i], "total",
                                      (json_int_t)counts[i].total, "used", (json_int_t)counts[i].used, "unused",
                                      (json_int_t)counts[i].unused, "others", (json_int_t)counts[i].others));
    }
    return 0;
}

static const struct admin_command commands[] = {
    {.name = "survey add",
     .args = "ZH:t --en:t --answers-zh!:t --answers-en:t --campaign:n",
     .help = "one question, two to four answers (\"forgot|too far\"), to a campaign's audience or to every member",
     .write = cmd_add},
    {.name = "survey list", .args = "", .help = "newest first", .read = cmd_list, .rows = true},
    {.name = "survey answer",
     .args = "SURVEY:n MEMBER:n ANSWER:n",
     .help = "what a member said, counted once",
     .write = cmd_answer},
    {.name = "survey report",
     .args = "SURVEY:n",
     .help = "the answers of those who used a coupon and of those who did not",
     .read = cmd_report},
    {.name = "survey close", .args = "SURVEY:n", .help = "no longer asked", .write = cmd_close},
};

const struct admin_group admin_survey = {commands, ARRAY_LEN(commands)};
