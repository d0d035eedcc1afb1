#include "central/admin/groups.h"
#include "central/admin/session.h"
#include "fixture.h"
#include "fuzz_file.h"
#include "fuzz_kinds.h"
#include "fuzz_row.h"

#include "central/people.h"
#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "tests/domain/support.h"

#include <stdio.h>

/*
 * Central's books that are not as they were written: a value of a row is replaced, cut or flipped, or the file with the
 * epoch beside them is another, and then central is opened, asked by a terminal and by every command of an operator,
 * and does what is due. Nothing crashes; a changed journal record is named.
 * Input: table, column, row, what is done (1 byte each), bytes; or EPOCH and the whole file.
 */

#define EPOCH_FILE 0xff

static struct fixture fixture;
static struct fake_terminal terminal, as_kept;
static struct fuzz_file books, epoch;
static struct fuzz_tables tables;
static json_int_t member; /* one of the demo's */

static void close_all(void)
{
    fuzz_file_drop(&books);
    fuzz_file_drop(&epoch);
    fixture_close(&fixture);
}

/* ---- a day of a chain */

static void say(const char *command, const char *args)
{
    struct admin_session session = {.central = fixture.central};
    json_t *parsed = json_loads(args, 0, NULL), *answer = NULL;
    MUST(parsed != NULL);
    int code = admin_session_call(&session, command, parsed, &answer);
    if (code != ADMIN_OK)
        fprintf(stderr, "%s %s: %s\n", command, args, session.error);
    MUST(code == ADMIN_OK);
    json_decref(answer);
}

static void tag_a_member(void)
{
    struct admin_session session = {.central = fixture.central};
    json_t *answer = NULL;
    char args[64];
    MUST(admin_session_call(&session, "member list", json_object(), &answer) == ADMIN_OK);
    member = json_integer_value(
        json_object_get(json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0), "member"));
    json_decref(answer);
    snprintf(args, sizeof args, "{\"member\":%lld,\"tag\":\"coffee\"}", (long long)member);
    say("member tag", args);
}

static void send_every_kind(void)
{
    static struct batch batch;
    static struct answer answer;
    const struct fuzz_kinds *known = fuzz_kinds();
    struct body bodies[TEST_BODIES];
    test_bodies(bodies);
    batch_start(&batch);
    for (size_t i = 0; i < TEST_BODIES; i++)
        (void)batch_record(&batch, &terminal, &bodies[i]);
    batch_raw_record(&batch, &terminal, known->unknown, (struct slice){(const uint8_t *)"?", 1});
    batch_upload(&batch, &terminal, &answer);
    MUST(answer.status == 200);
}

static void live_a_day(void)
{
    static const struct {
        const char *command, *args;
    } lines[] = {
        {"tag add", "{\"name\":\"coffee\"}"},
        {"segment add", "{\"name\":\"all\",\"text\":\"tier activate\"}"},
        {"programme add", "{\"zh\":\"通卡\",\"en\":\"One card\"}"},
        {"programme join", "{\"programme\":1,\"brand\":1}"},
        {"webhook add", "{\"url\":\"https://books.example/in\",\"events\":\"member.joined\"}"},
    };
    struct admin_session session = {.central = fixture.central, .json = true};
    json_t *plain = json_object();
    MUST(client_demo(&session, NULL, plain) == ADMIN_OK);
    json_decref(plain);
    fixture.shops[0] = 1;
    fixture.shops[1] = 2;
    terminal_make(&terminal, &fixture, 1);
    terminal_enrol(&terminal, &fixture, 1);
    send_every_kind();
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        say(lines[i].command, lines[i].args);
    tag_a_member();
    sim_clock_advance(&fixture.clock, 60000);
    central_tick(fixture.central);
}

static void path_of(const char *name, char out[STORE_PATH_MAX])
{
    MUST(central_config_path(&fixture.central->config, name, out, STORE_PATH_MAX) == 0);
}

/* ---- what is done with the books afterwards */

static void ask(const char *method, const char *target, struct slice body)
{
    static struct answer answer;
    terminal_send(&terminal, method, target, body, &answer);
    MUST(answer.status >= 200 && answer.status < 600 && answer.status != 500);
}

static void use_as_terminal(void)
{
    static struct batch batch;
    static const char *const whats[] = {"right", "credit", "code", "balance"};
    const struct authority_request request = {.request_id = {1},
                                              .coupon = {1, 1},
                                              .shortcode = "ABCDEFGHJKMN",
                                              .member = (uint64_t)member,
                                              .amount_minor = 100};
    struct body bodies[TEST_BODIES];
    uint8_t body[1024];
    char target[64];
    size_t len = 0;
    ask("GET", "/v1/feed?store=0&brand=0&wait=0&epoch=1", (struct slice){NULL, 0});
    MUST(authority_request_encode(&request, body, sizeof body, &len) == 0);
    for (size_t i = 0; i < ARRAY_LEN(whats); i++) {
        snprintf(target, sizeof target, "/v1/authority/%s", whats[i]);
        ask("POST", target, (struct slice){body, len});
    }
    test_bodies(bodies);
    batch_start(&batch);
    for (size_t i = 0; i < TEST_BODIES; i++)
        (void)batch_record(&batch, &terminal, &bodies[i]);
    batch_seal(&batch, &terminal);
    ask("POST", "/v1/journal", (struct slice){batch.bytes, batch.len});
}

/* What must be given, the first of everything. */
static json_t *least_args(const struct admin_command *command)
{
    struct admin_argument argument;
    const char *spec = command->args;
    json_t *args = json_object();
    while (admin_argument_next(&spec, &argument)) {
        if (!argument.required || argument.kind == 'o')
            continue;
        bool words = argument.kind == 't' || argument.kind == 'f';
        json_object_set_new(args, argument.name,
                            argument.kind == 'b' ? json_true()
                            : words              ? json_string("1")
                                                 : json_integer(strcmp(argument.name, "member") == 0 ? member : 1));
    }
    return args;
}

/* Every command that reads, so that a new one is asked without being listed. */
static void use_as_operator(void)
{
    struct admin_session session = {.central = fixture.central};
    const struct admin_command *command;
    for (size_t i = 0; (command = admin_command_at(i)) != NULL; i++) {
        json_t *answer = NULL;
        if (command->read && admin_session_call(&session, command->name, least_args(command), &answer) == ADMIN_OK)
            json_decref(answer);
    }
}

/* change NULL: none was made of the books. */
static void verify(const struct fuzz_change *change)
{
    struct store_tx tx;
    struct journal_finding finding;
    struct rights_totals totals;
    char account[ACCOUNT_MAX];
    int64_t cny, credit;
    int begun = store_read_begin(fixture.central->store, &tx);
    MUST(begun == 0 || change != NULL);
    if (begun < 0)
        return;
    int chains = journal_verify_all(&tx, &finding);
    MUST(chains <= 0 && ledger_verify(&tx, account) <= 0);
    MUST(ledger_sums(&tx, &cny, &credit) <= 0 && rights_totals(&tx, &totals) <= 0);
    store_read_end(&tx);
    if (change == NULL)
        MUST(chains == 0);
    else if (strcmp(change->table, "journal") == 0)
        MUST(chains < 0 || (strcmp(change->column, "body") != 0 && strcmp(change->column, "hash") != 0));
}

static void open_once(void)
{
    char path[STORE_PATH_MAX], epoch_path[STORE_PATH_MAX];
    MUST(crypto_start() == 0);
    fixture_open_empty(&fixture, central_parts, central_part_count);
    live_a_day();
    path_of(CENTRAL_DB_FILE, path);
    path_of(CENTRAL_EPOCH_FILE, epoch_path);
    fixture_stop(&fixture);
    as_kept = terminal;
    fuzz_tables_read(path, &tables, NULL);
    fuzz_file_keep_db(&books, path);
    fuzz_file_keep(&epoch, epoch_path);
    MUST(fixture_try_start(&fixture, true) == 0); /* or nothing below would ever be looked at */
    verify(NULL);
    fixture_stop(&fixture);
    atexit(close_all);
}

static void use(const struct fuzz_change *change)
{
    if (fixture_try_start(&fixture, true) < 0)
        return;
    verify(change);
    use_as_terminal();
    use_as_operator();
    sim_clock_advance(&fixture.clock, 60000);
    central_tick(fixture.central);
    fixture_stop(&fixture);
}

static void try_input(const uint8_t *data, size_t size)
{
    struct fuzz_change change;
    fuzz_file_restore(&books);
    fuzz_file_restore(&epoch);
    terminal = as_kept;
    if (size <= 8) /* a change that is one */
        return;
    if (data[0] == EPOCH_FILE) {
        struct fuzz_file other = epoch;
        other.data = (uint8_t *)data + 1;
        other.len = size - 1;
        fuzz_file_restore(&other);
        use(NULL);
    } else if (fuzz_row_change(books.path, &tables, (struct slice){data, size}, &change)) {
        use(&change);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (books.data == NULL) {
        open_once();
        fuzz_tables_cut(&tables, try_input);
    }
    try_input(data, size);
    return 0;
}
