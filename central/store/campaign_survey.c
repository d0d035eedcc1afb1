#include "central/store/campaign_survey.h"

#include "central/store/campaign_internal.h"
#include "central/store/feed.h"
#include "central/store/people_merge.h"

#include <inttypes.h>
#include <stdio.h>

#define COLUMNS "id, brand, campaign, closed, body"

static size_t count_answers(const char answers[SURVEY_ANSWERS_MAX][SURVEY_ANSWER_MAX])
{
    size_t count = 0;
    while (count < SURVEY_ANSWERS_MAX && answers[count][0]) {
        count++;
    }
    return count;
}

static bool is_askable(const struct feed_survey *asked)
{
    size_t zh = count_answers(asked->answers_zh), en = count_answers(asked->answers_en);
    return asked->question_zh[0] && zh >= 2 && (en == 0 || en == zh);
}

static int publish(struct store_tx *tx, const struct survey *survey)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct feed_target target = {.brand = survey->brand};
    int rc = feed_survey_encode(&survey->asked, body, sizeof(body), &len);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "INSERT OR REPLACE INTO survey (id, brand, campaign, closed, body) VALUES (?, ?, ?, ?, ?)",
                        QUERY(Q_INT(survey->asked.survey), Q_INT(survey->brand), Q_INT(survey->campaign),
                              Q_INT(survey->asked.gone), Q_BLOB(body, len)));
    return rc ? rc : feed_publish_number(tx, target, FEED_SURVEY, survey->asked.survey, (struct slice){body, len});
}

static int note(struct store_tx *tx, const struct survey *survey, const char *who, const char *what)
{
    struct journal_fact fact = {.key = "survey",
                                .who = who,
                                .what = what,
                                .brand = survey->brand,
                                .coupon.campaign = survey->campaign,
                                .number = survey->asked.survey};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int survey_add(struct store_tx *tx, const struct survey *survey, const char *who, uint32_t *out_id)
{
    struct survey added = *survey;
    struct campaign_entry entry;
    uint64_t number = 0;
    if (!is_askable(&survey->asked)) {
        return -EINVAL;
    }
    int rc = survey->campaign ? catalogue_find_campaign(tx, survey->campaign, &entry) : 0;
    rc = rc ? rc : store_next_number(tx, "survey", &number);
    added.asked.survey = (uint32_t)number;
    added.asked.gone = false;
    rc = rc ? rc : publish(tx, &added);
    rc = rc ? rc : note(tx, &added, who, "survey added");
    if (rc == 0) {
        *out_id = added.asked.survey;
    }
    return rc;
}

static int read_row(struct db_stmt *stmt, struct survey *out)
{
    struct survey survey = {.brand = (uint32_t)db_column_int64(stmt, 1),
                            .campaign = (uint32_t)db_column_int64(stmt, 2)};
    int rc = feed_survey_decode(db_column_blob(stmt, 4), &survey.asked);
    if (rc == 0) {
        *out = survey;
    }
    return rc;
}

int survey_find(struct store_tx *tx, uint32_t id, struct survey *out_survey)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM survey WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        rc = read_row(stmt, out_survey);
        db_stmt_close(stmt);
    }
    return rc;
}

int survey_close(struct store_tx *tx, uint32_t id, const char *who)
{
    struct survey survey;
    int rc = survey_find(tx, id, &survey);
    if (rc < 0 || survey.asked.gone) {
        return rc;
    }
    survey.asked.gone = true;
    rc = publish(tx, &survey);
    return rc ? rc : note(tx, &survey, who, "survey closed");
}

static int visit_each(struct db_stmt *stmt, survey_visit visit, void *context)
{
    int rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct survey survey;
        rc = read_row(stmt, &survey);
        rc = rc ? rc : visit(context, &survey);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int survey_each(struct store_tx *tx, survey_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " COLUMNS " FROM survey ORDER BY id DESC", QUERY_NONE, &stmt);
    return rc ? rc : visit_each(stmt, visit, context);
}

/* Whom the campaign was given to, or kept from. */
#define IN_AUDIENCE                                                                                                    \
    "(campaign = 0 OR EXISTS (SELECT 1 FROM campaign_arm AS a WHERE a.campaign = survey.campaign AND a.member = ?1) "  \
    "OR EXISTS (SELECT 1 FROM campaign_given AS g INDEXED BY campaign_given_member WHERE g.campaign = "                \
    "survey.campaign AND g.member = ?1 AND g.member != 0))"

int survey_each_open(struct store_tx *tx, uint64_t member, survey_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT " COLUMNS " FROM survey WHERE closed = 0 AND brand = (SELECT brand FROM member WHERE "
                        "id = ?1 AND erased = 0) AND " IN_AUDIENCE " AND NOT EXISTS (SELECT 1 FROM survey_answer AS s "
                        "WHERE s.survey = survey.id AND s.member = ?1 AND s.member != 0) ORDER BY id",
                        QUERY(Q_INT(member)), &stmt);
    return rc ? rc : visit_each(stmt, visit, context);
}

static int is_for(struct store_tx *tx, uint32_t id, uint64_t member, bool *out_for)
{
    int64_t found = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT brand IS (SELECT brand FROM member WHERE id = ?1 AND erased = 0) AND " IN_AUDIENCE
                          " FROM survey WHERE id = ?2",
                          QUERY(Q_INT(member), Q_INT(id)), &found);
    if (rc == 0) {
        *out_for = found != 0;
    }
    return rc;
}

static int insert(struct store_tx *tx, const struct survey_reply *reply, bool audience)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO survey_answer (survey, member, answer, audience, store, at_ms) VALUES (?, ?, ?, ?, "
                     "?, ?)",
                     QUERY(Q_INT(reply->survey), Q_INT(reply->member), Q_INT(reply->answer), Q_INT(audience),
                           Q_INT(reply->store), Q_INT(tx->now_ms)));
}

static int find_question(struct store_tx *tx, const struct survey_reply *reply, struct survey *out_survey)
{
    int rc = survey_find(tx, reply->survey, out_survey);
    if (rc == 0 && (reply->answer == 0 || reply->answer > count_answers(out_survey->asked.answers_zh))) {
        return -ENOENT;
    }
    return rc;
}

int survey_answer(struct store_tx *tx, const struct survey_reply *reply)
{
    struct survey survey;
    bool theirs = false;
    int rc = find_question(tx, reply, &survey);
    rc = rc ? rc : is_for(tx, reply->survey, reply->member, &theirs);
    if (rc < 0) {
        return rc;
    }
    if (survey.asked.gone || !theirs || !reply->member) {
        return -EPERM;
    }
    rc = insert(tx, reply, true);
    struct journal_fact fact = {.what = "answered",
                                .brand = survey.brand,
                                .store = reply->store,
                                .member = reply->member,
                                .coupon.campaign = survey.campaign,
                                .number = reply->survey,
                                .use_no = reply->answer};
    return rc ? rc : journal_append_central(tx, RECORD_SURVEYED, &fact);
}

int survey_take_record(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct survey survey;
    struct body body;
    bool theirs = false;
    if (record->kind != RECORD_SURVEY_ANSWER || body_decode(record->kind, record->body, &body) < 0) {
        return 0;
    }
    struct survey_reply reply = {body.survey_answer.survey, store, body.survey_answer.answer,
                                 body.survey_answer.member};
    int rc = people_survivor(tx, reply.member, &reply.member);
    rc = rc ? rc : find_question(tx, &reply, &survey);
    if (rc == 0 && reply.member) {
        rc = is_for(tx, reply.survey, reply.member, &theirs);
    }
    rc = rc ? rc : insert(tx, &reply, theirs);
    return rc == -ENOENT || rc == -EEXIST ? 0 : rc; /* no such question, or answered before */
}

int survey_count(struct store_tx *tx, uint32_t id, struct survey_count out_counts[SURVEY_ANSWERS_MAX])
{
    struct db_stmt *stmt = NULL;
    for (size_t i = 0; i < SURVEY_ANSWERS_MAX; i++) {
        out_counts[i] = (struct survey_count){.answer = (uint8_t)(i + 1)};
    }
    int rc = query_open(store_tx_db(tx),
                        "SELECT s.answer, count(*), count(*) FILTER (WHERE s.audience = 1 AND g.used = 1), count(*) "
                        "FILTER (WHERE s.audience = 1 AND coalesce(g.used, 0) = 0), count(*) FILTER (WHERE s.audience "
                        "= 0) FROM survey_answer AS s LEFT JOIN (SELECT campaign, member, max(state = 1) AS used FROM "
                        "campaign_given GROUP BY campaign, member) AS g ON g.member = s.member AND g.campaign = "
                        "(SELECT campaign FROM survey WHERE id = s.survey) WHERE s.survey = ? GROUP BY s.answer",
                        QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        int64_t answer = db_column_int64(stmt, 0);
        if (answer >= 1 && answer <= SURVEY_ANSWERS_MAX) {
            struct survey_count *count = &out_counts[answer - 1];
            count->total = (uint64_t)db_column_int64(stmt, 1);
            count->used = (uint64_t)db_column_int64(stmt, 2);
            count->unused = (uint64_t)db_column_int64(stmt, 3);
            count->others = (uint64_t)db_column_int64(stmt, 4);
        }
    }
    db_stmt_close(stmt);
    return rc;
}
