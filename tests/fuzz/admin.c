#include "central/admin/command.h"
#include "central/phone/form.h"
#include "fuzz.h"
#include "wechat_fixture.h"

#include "central/store/ledger.h"

#include <stdio.h>

/*
 * The admin socket on an open central, and the forms of the members' page. First byte: what follows is a form, a line
 * as it is, or the values of one command's arguments in the order of its spec (one byte of kind, then the value).
 * Whatever a line says, it is answered by one JSON object; after every few the ledger is balanced.
 */

enum { FORM = 0xff, LINE = 0xfe };
enum value { VALUE_NONE, VALUE_SMALL, VALUE_NUMBER, VALUE_TEXT, VALUE_TRUE, VALUE_OBJECT, VALUES };

#define CHECK_EVERY 256

static struct people_fixture fixture;

static void close_fixture(void)
{
    people_close(&fixture);
}

static void open_once(void)
{
    if (fixture.central)
        return;
    MUST(crypto_start() == 0);
    people_open(&fixture, false);
    atexit(close_fixture);
}

static void read_form(struct slice form)
{
    static const char *const names[] = {"consent", "ticket", "a", ""};
    char value[64];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int rc = form_field(form, names[i], value, sizeof value);
        MUST(rc == 0 || rc == -ENOENT || rc == -EINVAL || rc == -ENOSPC);
    }
}

static void answer_line(const char *line, size_t len)
{
    struct buffer reply;
    buffer_init(&reply, 4 * 1024 * 1024);
    MUST(central_people.admin_line(fixture.central, line, len, &reply) == 0);
    json_t *answer = json_loadb(buffer_text(&reply), reply.len, 0, NULL);
    MUST(json_is_boolean(json_object_get(answer, "ok")));
    json_decref(answer);
    buffer_finish(&reply);
}

static json_t *take_number(struct slice *rest)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | fuzz_take(rest);
    return json_integer((json_int_t)number);
}

static json_t *take_value(struct slice *rest)
{
    char text[512];
    switch ((enum value)(fuzz_take(rest) % VALUES)) {
    case VALUE_SMALL:
        return json_integer(fuzz_take(rest) % 8);
    case VALUE_NUMBER:
        return take_number(rest);
    case VALUE_TEXT:
        fuzz_text(fuzz_part(rest, '\n'), text, sizeof text);
        return json_string(text); /* NULL when it is not UTF-8: left out */
    case VALUE_TRUE:
        return json_true();
    case VALUE_OBJECT:
        return json_object();
    case VALUE_NONE:
    case VALUES:
        break;
    }
    return NULL;
}

/* Making a PIN's hash is slow on purpose; what a PIN may be is tested elsewhere. */
static bool is_slow(const char *argument)
{
    return strcmp(argument, "pin") == 0;
}

static void run_command(const struct admin_command *command, struct slice rest)
{
    json_t *args = json_object();
    const char *spec = command->args;
    struct admin_argument argument;
    while (admin_argument_next(&spec, &argument)) {
        json_t *value = is_slow(argument.name) ? NULL : take_value(&rest);
        if (value)
            json_object_set_new(args, argument.name, value);
    }
    json_t *line = json_pack("{s:s, s:o}", "command", command->name, "args", args);
    char *text = json_dumps(line, JSON_COMPACT);
    MUST(text);
    answer_line(text, strlen(text));
    free(text);
    json_decref(line);
}

static void check_books(void)
{
    struct store_tx tx;
    char account[ACCOUNT_MAX];
    MUST(store_read_begin(fixture.central->store, &tx) == 0);
    MUST(ledger_verify(&tx, account) == 0);
    store_read_end(&tx);
}

static size_t command_count(void)
{
    size_t count = 0;
    while (admin_command_at(count))
        count++;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    struct slice rest = {data, size};
    open_once();
    uint8_t first = fuzz_take(&rest);
    if (first == FORM)
        read_form(rest);
    else if (first == LINE)
        answer_line((const char *)rest.data, rest.len);
    else
        run_command(admin_command_at(first % command_count()), rest);
    if (++runs % CHECK_EVERY == 0)
        check_books();
    return 0;
}
