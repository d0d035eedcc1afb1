#include "central/admin/command.h"
#include "central/store/identity.h"
#include "central/store/programme.h"
#include "central/store/rights.h"

static int cmd_programme_add(struct admin_call *call, struct store_tx *tx)
{
    struct programme programme = {.id = 0};
    uint32_t id = 0;
    int rc = admin_copy_text(call, "zh", programme.name_zh, sizeof(programme.name_zh));
    rc = rc ? rc : admin_copy_text(call, "en", programme.name_en, sizeof(programme.name_en));
    rc = rc ? rc : programme_add(tx, &programme, &id);
    admin_set(call, "programme", json_integer(id));
    return rc;
}

static int cmd_programme_join(struct admin_call *call, struct store_tx *tx)
{
    int rc = programme_join(tx, admin_u32(call, "programme"), admin_u32(call, "brand"));
    switch (rc) {
    case -ENOENT:
        return admin_refuse(call, rc, "no such programme or brand");
    case -EEXIST:
        return admin_refuse(call, rc, "the brand is in a programme already");
    case -ENOSPC:
        return admin_refuse(call, rc, "a programme has at most %d brands", PROGRAMME_BRANDS_MAX);
    default:
        return rc;
    }
}

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
    json_t *brands;
};

static int add_brand(void *context, uint32_t brand)
{
    struct listing *listing = context;
    json_array_append_new(listing->brands, json_integer(brand));
    return 0;
}

static int add_programme_row(void *context, const struct programme *programme)
{
    struct listing *listing = context;
    listing->brands = json_array();
    int rc = programme_each_brand(listing->tx, programme->id, add_brand, listing);
    admin_add_row(listing->call, json_pack("{s:I, s:s, s:s, s:o}", "programme", (json_int_t)programme->id, "zh",
                                           programme->name_zh, "en", programme->name_en, "brands", listing->brands));
    return rc;
}

static int cmd_programme_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {.call = call, .tx = tx};
    return programme_each(tx, add_programme_row, &listing);
}

/* ---- statements */

struct statement {
    struct admin_call *call;
    struct store_tx *tx;
    int64_t earned_minor, spent_minor;
};

static int add_line_row(void *context, const struct programme_line *line)
{
    struct statement *statement = context;
    struct brand brand;
    int rc = identity_find_brand(statement->tx, line->brand, &brand);
    if (rc < 0) {
        return rc;
    }
    statement->earned_minor += line->earned_minor;
    statement->spent_minor += line->spent_minor;
    admin_add_row(statement->call, json_pack("{s:I, s:s, s:I, s:I, s:I}", "brand", (json_int_t)line->brand, "zh",
                                             brand.name_zh, "earned_minor", (json_int_t)line->earned_minor,
                                             "spent_minor", (json_int_t)line->spent_minor, "owed_minor",
                                             (json_int_t)(line->spent_minor - line->earned_minor)));
    return 0;
}

static int read_month(struct admin_call *call, struct programme_month *out_month)
{
    int rc = programme_month_parse(admin_text(call, "month", ""), out_month);
    return rc < 0 ? admin_refuse(call, rc, "a month is written 2026-11") : 0;
}

static int show_statement(struct admin_call *call, struct store_tx *tx, const struct programme_month *month)
{
    struct statement statement = {.call = call, .tx = tx};
    struct programme programme;
    bool settled = false;
    int rc = programme_find(tx, admin_u32(call, "programme"), &programme);
    rc = rc ? rc : programme_is_settled(tx, programme.id, month, &settled);
    rc = rc ? rc : programme_statement(tx, programme.id, month, add_line_row, &statement);
    if (rc < 0) {
        return rc;
    }
    admin_set(call, "programme", json_string(programme.name_zh));
    admin_set(call, "month", json_string(month->text));
    admin_set(call, "settled", json_boolean(settled));
    admin_set(call, "earned_minor", json_integer(statement.earned_minor));
    admin_set(call, "spent_minor", json_integer(statement.spent_minor));
    /* What the brands owe together stays with the programme for the credit that members still hold. */
    admin_set(call, "kept_for_members_minor", json_integer(statement.earned_minor - statement.spent_minor));
    return 0;
}

static int cmd_programme_statement(struct admin_call *call, struct store_tx *tx)
{
    struct programme_month month;
    int rc = read_month(call, &month);
    return rc ? rc : show_statement(call, tx, &month);
}

struct settlement {
    struct admin_call *call;
    uint32_t programme;
    struct programme_month month;
    struct programme_sums sums;
};

static int run_settle(void *arg, struct store_tx *tx)
{
    struct settlement *s = arg;
    int rc = programme_settle(tx, s->programme, &s->month, &s->sums);
    return rc ? rc : show_statement(s->call, tx, &s->month);
}

/* Read from snapshots; the writer adds what came meanwhile. */
static int add_up(struct settlement *s)
{
    bool more = true;
    int rc = 0;
    while (rc == 0 && more) {
        struct store_tx tx;
        rc = store_read_begin(s->call->central->store, &tx);
        if (rc == 0) {
            rc = programme_add_up(&tx, s->programme, &s->month, &s->sums, &more);
            store_read_end(&tx);
        }
    }
    return rc;
}

static int cmd_programme_settle(struct admin_call *call)
{
    struct settlement s = {.call = call, .programme = admin_u32(call, "programme")};
    int rc = read_month(call, &s.month);
    rc = rc ? rc : add_up(&s);
    rc = rc ? rc : writer_call(call->central->writer, run_settle, &s);
    switch (rc) {
    case -EEXIST:
        return admin_refuse(call, rc, "this month or a later one is settled; what came late goes into the next");
    case -EAGAIN:
        return admin_refuse(call, rc, "the month is not over");
    default:
        return rc;
    }
}

/* ---- credit that is held at another store */

/* The same question that a terminal asks of central, put by an operator for the store's primary. */
static int cmd_credit_move(struct admin_call *call, struct store_tx *tx)
{
    struct shop shop;
    struct authority_answer answer = {.verdict = 0};
    struct authority_request request = {.member = (uint64_t)admin_number(call, "member", 0),
                                        .amount_minor = admin_number(call, "amount", RIGHTS_AMOUNT_MAX)};
    int rc = identity_find_shop(tx, admin_u32(call, "store"), &shop);
    if (rc == 0 && !shop.primary_terminal) {
        return admin_refuse(call, -EINVAL, "the store has no primary terminal that could take it");
    }
    request.owner = shop.credit_owner;
    random_fill(store_random(tx->store), request.request_id, sizeof(request.request_id));
    struct rights_asker asker = {shop.primary_terminal, shop.id, shop.brand};
    rc = rc ? rc : rights_ask_credit(tx, &asker, &request, &answer);
    if (rc == 0 && answer.verdict == AUTHORITY_REFUSED) {
        return admin_refuse(call, -ENOENT, "no other store holds credit of this member that this store may take");
    }
    admin_set(call, "transfer", json_integer((json_int_t)answer.transfer));
    return rc;
}

static const struct admin_command commands[] = {
    {.name = "programme list", .args = "", .help = "the programmes", .read = cmd_programme_list, .rows = true},
    {.name = "programme add",
     .args = "ZH:t EN:t",
     .help = "one card and one credit for several brands",
     .write = cmd_programme_add},
    {.name = "programme join",
     .args = "PROGRAMME:n BRAND:n",
     .help = "the brand's stores earn and spend the programme's credit from now on",
     .write = cmd_programme_join},
    {.name = "programme statement",
     .args = "PROGRAMME:n --month!:t",
     .help = "credit earned and spent by brand, and what the programme owes each; --month 2026-11",
     .read = cmd_programme_statement,
     .rows = true},
    {.name = "programme settle",
     .args = "PROGRAMME:n --month!:t",
     .help = "closes a month that is over and books it; what comes later goes into the next",
     .run = cmd_programme_settle,
     .rows = true},
    {.name = "credit move",
     .args = "MEMBER:n STORE:n --amount:m",
     .help = "asks the store that holds a member's credit (all of it, or so much) to give it to this one",
     .write = cmd_credit_move},
};

const struct admin_group admin_programme = {commands, ARRAY_LEN(commands)};
