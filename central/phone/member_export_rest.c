#include "central/phone/member_export.h"

#include "central/store/message_question.h"
#include "central/store/people_kept.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <stdlib.h>

int member_export_words(json_t *row, const char *name, struct slice words)
{
    char key[32];
    json_t *value = json_stringn(words.len ? (const char *)words.data : "", words.len);
    if (value) {
        return json_object_set_new(row, name, value) == 0 ? 0 : -ENOMEM;
    }
    size_t cap = BASE64_CAP(words.len);
    char *text = malloc(cap);
    if (!text) {
        return -ENOMEM;
    }
    base64_encode(words.data, words.len, text, cap);
    snprintf(key, sizeof(key), "%s_base64", name);
    int rc = json_object_set_new(row, key, json_string(text)) == 0 ? 0 : -ENOMEM;
    free(text);
    return rc;
}

struct rest {
    struct store_tx *tx;
    const struct channel_keys *keys;
    json_t *rows; /* of the list being filled */
};

static int append(struct rest *rest, json_t *row)
{
    return row && json_array_append_new(rest->rows, row) == 0 ? 0 : -ENOMEM;
}

static json_t *row_of(const struct kept_list *list, const int64_t *values)
{
    json_t *row = json_object();
    for (int i = 0; row && list->columns[i]; i++) {
        if (json_object_set_new(row, list->columns[i], json_integer((json_int_t)values[i])) < 0) {
            json_decref(row);
            return NULL;
        }
    }
    return row;
}

static int add_kept(void *context, const struct kept_list *list, const int64_t *values)
{
    return append(context, row_of(list, values));
}

static int add_answer(void *context, const struct question_words *words)
{
    json_t *row = json_pack("{s:I}", "at_ms", (json_int_t)words->at_ms);
    int rc = row ? member_export_words(row, "answer", words->words) : -ENOMEM;
    return json_array_append_new(context, row) == 0 ? rc : -ENOMEM;
}

/* What staff answered; who of them is not the member's. */
static int add_question(void *context, const struct kept_list *list, const int64_t *values)
{
    struct rest *rest = context;
    json_t *row = row_of(list, values), *answers = json_array();
    int rc = json_object_set_new(row, "answers", answers) == 0
                 ? question_each_answer(rest->tx, rest->keys, (uint64_t)values[0], add_answer, answers)
                 : -ENOMEM;
    if (rc < 0) {
        json_decref(row);
        return rc;
    }
    return append(rest, row);
}

static int list_rows(struct rest *rest, const struct kept_list *list, uint64_t member, json_t *out)
{
    people_kept_visit visit = list == &people_kept_questions ? add_question : add_kept;
    rest->rows = json_object_get(out, list->name);
    if (!rest->rows) {
        rest->rows = json_array();
        if (json_object_set_new(out, list->name, rest->rows) < 0) {
            return -ENOMEM;
        }
    }
    return people_each_kept(rest->tx, list, member, visit, rest);
}

int member_export_rest(struct store_tx *tx, const struct channel_keys *keys, uint64_t member, json_t *out)
{
    struct rest rest = {.tx = tx, .keys = keys};
    int rc = list_rows(&rest, &people_kept_questions, member, out);
    return rc ? rc : member_export_kept(tx, member, out);
}

int member_export_kept(struct store_tx *tx, uint64_t member, json_t *out)
{
    struct rest rest = {.tx = tx};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < people_kept_count; i++) {
        rc = list_rows(&rest, &people_kept_lists[i], member, out);
    }
    return rc;
}
