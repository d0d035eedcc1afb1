#include "central/store/segment_query.h"

#include "domain/money.h"
#include "domain/time.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_MAX  3650
#define WORD_MAX  64
#define VALUE_MAX INT64_C(1000000000000)

static const char *const tier_names[] = {"", "new", "keep", "activate", "gone"};

const char *tier_name(enum member_tier tier)
{
    return (size_t)tier < ARRAY_LEN(tier_names) ? tier_names[tier] : "";
}

int tier_parse(const char *name, enum member_tier *out_tier)
{
    for (size_t i = 1; i < ARRAY_LEN(tier_names); i++) {
        if (strcmp(tier_names[i], name) == 0) {
            *out_tier = (enum member_tier)i;
            return 0;
        }
    }
    return -EINVAL;
}

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_SIGN };

struct parser {
    const char *text;
    size_t at; /* after the current token */
    struct {
        enum token_kind kind;
        size_t at;
        char text[WORD_MAX];
    } token;
    unsigned depth;
    struct segment_query *query;
    struct segment_fault *fault;
};

static int refuse(struct parser *p, int rc, const char *what)
{
    *p->fault = (struct segment_fault){p->token.at, what};
    return rc;
}

/* ---- words */

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) || c == '_' ||
           c == '-' || c == '.';
}

static int take_text(struct parser *p, size_t from, size_t len)
{
    if (len >= sizeof(p->token.text)) {
        return refuse(p, -EINVAL, "a word is too long");
    }
    memcpy(p->token.text, p->text + from, len);
    p->token.text[len] = '\0';
    return 0;
}

static int take_string(struct parser *p)
{
    const char *end = strchr(p->text + p->at + 1, '"');
    if (!end) {
        return refuse(p, -EINVAL, "the closing quote is missing");
    }
    size_t from = p->at + 1, len = (size_t)(end - p->text) - from;
    p->token.kind = TOKEN_STRING;
    p->at = from + len + 1;
    return take_text(p, from, len);
}

static int take_sign(struct parser *p)
{
    char c = p->text[p->at];
    if (!strchr("(),<=>", c)) {
        return refuse(p, -EINVAL, "this sign has no meaning here");
    }
    size_t len = (c == '<' || c == '>') && p->text[p->at + 1] == '=' ? 2 : 1;
    size_t from = p->at;
    p->token.kind = TOKEN_SIGN;
    p->at += len;
    return take_text(p, from, len);
}

static int next(struct parser *p)
{
    while (p->text[p->at] == ' ' || p->text[p->at] == '\t' || p->text[p->at] == '\n') {
        p->at++;
    }
    size_t from = p->at, len = 0;
    p->token.at = from;
    p->token.kind = TOKEN_END;
    p->token.text[0] = '\0';
    if (!p->text[from]) {
        return 0;
    }
    if (p->text[from] == '"') {
        return take_string(p);
    }
    while (in_word(p->text[from + len])) {
        len++;
    }
    if (len == 0) {
        return take_sign(p);
    }
    p->token.kind = TOKEN_WORD;
    p->at += len;
    return take_text(p, from, len);
}

static bool is(const struct parser *p, enum token_kind kind, const char *text)
{
    return p->token.kind == kind && strcmp(p->token.text, text) == 0;
}

/* ---- nodes */

static int add_node(struct parser *p, const struct segment_node *node, uint8_t *out_index)
{
    if (p->query->count == SEGMENT_NODES_MAX) {
        return refuse(p, -E2BIG, "too many conditions");
    }
    p->query->nodes[p->query->count] = *node;
    *out_index = p->query->count++;
    return 0;
}

static int join(struct parser *p, enum segment_op op, uint8_t right, uint8_t *left)
{
    struct segment_node node = {.op = (uint8_t)op, .left = *left, .right = right};
    return add_node(p, &node, left);
}

static int whole_number(const struct parser *p, int64_t *out)
{
    char *end = NULL;
    const char *text = p->token.text;
    if (p->token.kind != TOKEN_WORD || text[0] < '0' || text[0] > '9') {
        return -EINVAL;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || *end || value > VALUE_MAX) {
        return -EINVAL;
    }
    *out = value;
    return 0;
}

/* ---- conditions that name something, or several */

static int name_tag(struct parser *p, struct segment_node *node)
{
    size_t len = strlen(p->token.text);
    if ((p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_STRING) || len == 0 || len >= sizeof(node->tag)) {
        return refuse(p, -EINVAL, "the name of a tag is expected");
    }
    memcpy(node->tag, p->token.text, len + 1);
    return 0;
}

static int name_tier(struct parser *p, struct segment_node *node)
{
    enum member_tier tier;
    if (p->token.kind != TOKEN_WORD || tier_parse(p->token.text, &tier) < 0) {
        return refuse(p, -EINVAL, "a tier is expected: new, keep, activate or gone");
    }
    node->value = tier;
    return 0;
}

static int name_number(struct parser *p, struct segment_node *node)
{
    return whole_number(p, &node->value) < 0 || node->value == 0 ? refuse(p, -EINVAL, "a number is expected") : 0;
}

struct naming {
    const char *word;
    enum segment_op op;
    int (*name)(struct parser *p, struct segment_node *node);
};
static const struct naming namings[] = {{"tag", SEGMENT_TAG, name_tag},
                                        {"tier", SEGMENT_TIER, name_tier},
                                        {"store", SEGMENT_STORE, name_number},
                                        {"segment", SEGMENT_SEGMENT, name_number}};

static int parse_one_name(struct parser *p, const struct naming *naming, uint8_t *out_index)
{
    struct segment_node node = {.op = (uint8_t)naming->op};
    int rc = next(p);
    rc = rc ? rc : naming->name(p, &node);
    rc = rc ? rc : add_node(p, &node, out_index);
    return rc ? rc : next(p);
}

static int parse_names(struct parser *p, const struct naming *naming, uint8_t *out_index)
{
    uint8_t right = 0;
    int rc = parse_one_name(p, naming, out_index);
    while (rc == 0 && is(p, TOKEN_SIGN, ",")) {
        rc = parse_one_name(p, naming, &right);
        rc = rc ? rc : join(p, SEGMENT_OR, right, out_index);
    }
    return rc;
}

/* ---- when something happened last */

static const char *const moments[] = {"joined", "visited", "bought", "redeemed", "acted"};

static int read_moment(struct parser *p, struct segment_node *node)
{
    int64_t unix_s = 0;
    char *end = NULL;
    if (p->token.kind == TOKEN_WORD && time_parse_day(p->token.text, &unix_s) == 0) {
        node->value = unix_s * 1000;
        return 0;
    }
    long days = strtol(p->token.text, &end, 10);
    if (p->token.kind != TOKEN_WORD || end == p->token.text || strcmp(end, "d") != 0 || days < 0 || days > DAYS_MAX) {
        return refuse(p, -EINVAL, "a day is expected, YYYY-MM-DD, or a distance such as 30d");
    }
    node->ago = true;
    node->value = days * TIME_DAY_MS;
    return 0;
}

static int parse_moment(struct parser *p, uint8_t field, uint8_t *out_index)
{
    struct segment_node node = {.op = SEGMENT_TIME, .field = field};
    int rc = next(p);
    if (rc == 0 && field != SEGMENT_JOINED && is(p, TOKEN_WORD, "never")) {
        node.op = SEGMENT_NEVER;
    } else if (rc == 0 && (is(p, TOKEN_WORD, "before") || is(p, TOKEN_WORD, "after"))) {
        node.compare = p->token.text[0] == 'b' ? SEGMENT_LESS : SEGMENT_MORE;
        rc = next(p);
        rc = rc ? rc : read_moment(p, &node);
    } else {
        rc = rc ? rc : refuse(p, -EINVAL, "\"before\" or \"after\" is expected");
    }
    rc = rc ? rc : add_node(p, &node, out_index);
    return rc ? rc : next(p);
}

/* ---- how many, how much */

static const char *const amounts[] = {"purchases", "redemptions", "spent", "hour"};
static const char *const compares[] = {"<", "<=", "=", ">=", ">"};

static int read_amount(struct parser *p, struct segment_node *node)
{
    bool money = node->field == SEGMENT_SPENT;
    int rc = money ? money_parse(p->token.text, &node->value) : whole_number(p, &node->value);
    if (p->token.kind != TOKEN_WORD || rc < 0 || (node->field == SEGMENT_HOUR && node->value > 23)) {
        return refuse(p, -EINVAL, money ? "an amount is expected, such as 100.00" : "a number is expected");
    }
    return 0;
}

static int parse_amount(struct parser *p, uint8_t field, uint8_t *out_index)
{
    struct segment_node node = {.op = SEGMENT_NUMBER, .field = field};
    bool found = false;
    int rc = next(p);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(compares); i++) {
        if (is(p, TOKEN_SIGN, compares[i])) {
            node.compare = (uint8_t)i;
            found = true;
        }
    }
    if (rc == 0 && !found) {
        return refuse(p, -EINVAL, "<, <=, =, >= or > is expected");
    }
    rc = rc ? rc : next(p);
    rc = rc ? rc : read_amount(p, &node);
    rc = rc ? rc : add_node(p, &node, out_index);
    return rc ? rc : next(p);
}

static int parse_condition(struct parser *p, uint8_t *out_index)
{
    if (p->token.kind == TOKEN_WORD) {
        for (size_t i = 0; i < ARRAY_LEN(namings); i++) {
            if (strcmp(p->token.text, namings[i].word) == 0) {
                return parse_names(p, &namings[i], out_index);
            }
        }
        for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
            if (strcmp(p->token.text, moments[i]) == 0) {
                return parse_moment(p, (uint8_t)i, out_index);
            }
        }
        for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
            if (strcmp(p->token.text, amounts[i]) == 0) {
                return parse_amount(p, (uint8_t)i, out_index);
            }
        }
    }
    return refuse(p, -EINVAL, "a condition is expected");
}

/* ---- and, or, not, brackets */

static int parse_either(struct parser *p, uint8_t *out_index);

static int parse_brackets(struct parser *p, uint8_t *out_index)
{
    int rc = next(p);
    rc = rc ? rc : parse_either(p, out_index);
    if (rc == 0 && !is(p, TOKEN_SIGN, ")")) {
        rc = refuse(p, -EINVAL, "the closing bracket is missing");
    }
    return rc ? rc : next(p);
}

static int parse_one(struct parser *p, uint8_t *out_index)
{
    if (p->depth == SEGMENT_DEPTH_MAX) {
        return refuse(p, -E2BIG, "nested too deep");
    }
    p->depth++;
    int rc = 0;
    if (is(p, TOKEN_WORD, "not")) {
        struct segment_node node = {.op = SEGMENT_NOT};
        rc = next(p);
        rc = rc ? rc : parse_one(p, &node.left);
        rc = rc ? rc : add_node(p, &node, out_index);
    } else if (is(p, TOKEN_SIGN, "(")) {
        rc = parse_brackets(p, out_index);
    } else {
        rc = parse_condition(p, out_index);
    }
    p->depth--;
    return rc;
}

static int parse_both(struct parser *p, uint8_t *out_index)
{
    uint8_t right = 0;
    int rc = parse_one(p, out_index);
    while (rc == 0 && is(p, TOKEN_WORD, "and")) {
        rc = next(p);
        rc = rc ? rc : parse_one(p, &right);
        rc = rc ? rc : join(p, SEGMENT_AND, right, out_index);
    }
    return rc;
}

static int parse_either(struct parser *p, uint8_t *out_index)
{
    uint8_t right = 0;
    int rc = parse_both(p, out_index);
    while (rc == 0 && is(p, TOKEN_WORD, "or")) {
        rc = next(p);
        rc = rc ? rc : parse_both(p, &right);
        rc = rc ? rc : join(p, SEGMENT_OR, right, out_index);
    }
    return rc;
}

int segment_parse(const char *text, struct segment_query *out_query, struct segment_fault *out_fault)
{
    struct segment_query query = {.count = 0};
    struct parser parser = {.text = text, .query = &query, .fault = out_fault};
    if (strlen(text) > SEGMENT_TEXT_MAX) {
        return refuse(&parser, -E2BIG, "the text is too long");
    }
    int rc = next(&parser);
    rc = rc ? rc : parse_either(&parser, &query.root);
    if (rc == 0 && parser.token.kind != TOKEN_END) {
        rc = refuse(&parser, -EINVAL, "\"and\" or \"or\" is expected");
    }
    if (rc == 0) {
        *out_query = query;
    }
    return rc;
}
