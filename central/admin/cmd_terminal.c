#include "central/admin/fleet.h"
#include "central/admin/groups.h"
#include "central/store/people_touchpoint.h"
#include "central/store/succession.h"
#include "central/store/terminal_clock.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR "admin" /* who, in records: the one with access to the admin socket */

static const char *const role_names[] = {[ROLE_SHELF] = "shelf", [ROLE_COUNTER] = "counter", [ROLE_BOTH] = "both"};

static const char *role_name(uint8_t role)
{
    return role < ARRAY_LEN(role_names) && role_names[role] ? role_names[role] : "unknown";
}

static const char *state_name(enum terminal_state state)
{
    switch (state) {
    case TERMINAL_WAITING:
        return "waiting";
    case TERMINAL_CONFIRMED:
        return "confirmed";
    case TERMINAL_REMOVED:
        return "removed";
    case TERMINAL_REFUSED:
        return "refused";
    }
    return "unknown";
}

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
};

static int add_terminal_row(void *context, const struct terminal *terminal)
{
    const struct listing *listing = context;
    struct terminal_clock clock;
    char words[TERMINAL_CLOCK_WORDS];
    int rc = terminal_clock_find(listing->tx, terminal->id, &clock);
    if (rc < 0)
        return rc;
    terminal_clock_words(&clock, listing->tx->now_ms, words);
    admin_add_row(listing->call,
                  json_pack("{s:I, s:I, s:s, s:s, s:I, s:s, s:I, s:I, s:s}", "terminal", (json_int_t)terminal->id,
                            "store", (json_int_t)terminal->store, "role", role_name(terminal->role), "state",
                            state_name((enum terminal_state)terminal->state), "incarnation",
                            (json_int_t)terminal->incarnation, "hardware", terminal->hardware, "enrolled_ms",
                            (json_int_t)terminal->enrolled_ms, "last_contact_ms", (json_int_t)terminal->last_contact_ms,
                            "clock", words[0] ? words : "-"));
    return 0;
}

int cmd_terminal_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {call, tx};
    return identity_each_terminal(tx, add_terminal_row, &listing);
}

int cmd_terminal_remove(struct admin_call *call, struct store_tx *tx)
{
    return identity_remove(tx, admin_u32(call, "terminal"), OPERATOR, admin_text(call, "why", ""));
}

int cmd_terminal_primary(struct admin_call *call, struct store_tx *tx)
{
    struct terminal terminal;
    int rc = identity_find_terminal(tx, admin_u32(call, "terminal"), &terminal);
    return rc ? rc : succession_hand_over(tx, terminal.store, terminal.id, OPERATOR);
}

static int parse_role(struct admin_call *call, enum terminal_role *out_role)
{
    const char *text = admin_text(call, "role", "");
    for (size_t i = 0; i < ARRAY_LEN(role_names); i++) {
        if (role_names[i] && strcmp(text, role_names[i]) == 0) {
            *out_role = (enum terminal_role)i;
            return 0;
        }
    }
    return admin_refuse(call, -EINVAL, "ROLE is shelf, counter or both, not \"%s\"", text);
}

struct ticket_wish {
    enum terminal_role role;
    int64_t hours;
};

static int read_wish(struct admin_call *call, struct ticket_wish *out_wish)
{
    out_wish->hours = admin_number(call, "hours", 24);
    if (out_wish->hours < 1 || out_wish->hours > ENROL_TICKET_LIFE_MAX_S / 3600)
        return admin_refuse(call, -ERANGE, "a ticket lives 1 to 24 hours");
    return parse_role(call, &out_wish->role);
}

static int make_ticket(struct admin_call *call, struct store_tx *tx, const struct ticket_wish *wish,
                       struct enrol_ticket *out_ticket)
{
    return identity_make_ticket(tx, admin_u32(call, "store"), wish->role, (uint32_t)wish->hours * 3600, out_ticket);
}

static int write_ticket(struct admin_call *call, struct enrol_ticket *ticket, char out_text[ENROL_TEXT_MAX])
{
    int rc = central_fill_ticket(call->central, ticket);
    return rc ? rc : enrol_ticket_encode(ticket, out_text);
}

int cmd_enrol_ticket(struct admin_call *call, struct store_tx *tx)
{
    struct ticket_wish wish = {0};
    struct enrol_ticket ticket = {0};
    char text[ENROL_TEXT_MAX], note[96];
    int rc = read_wish(call, &wish);
    rc = rc ? rc : make_ticket(call, tx, &wish, &ticket);
    if (rc == 0 && admin_given(call, "replaces")) {
        rc = identity_ticket_replaces(tx, &ticket, admin_u32(call, "replaces"));
        if (rc == -EINVAL || rc == -ENOENT)
            return admin_refuse(call, rc, "--replaces names a terminal of the same store");
    }
    rc = rc ? rc : write_ticket(call, &ticket, text);
    if (rc < 0) {
        return rc;
    }
    snprintf(note, sizeof(note), "store %u · %s · %d h · once", ticket.store, role_name(ticket.role), (int)wish.hours);
    admin_set(call, "ticket", json_string(text));
    admin_set(call, "central", json_string(ticket.url));
    admin_set(call, "valid_to_ms", json_integer(tx->now_ms + wish.hours * 3600 * 1000));
    admin_add_picture(call, &(struct admin_picture){
                                .name = "enrol-ticket", .text = text, .title = "Tillside 终端注册", .note = note});
    return 0;
}

int cmd_enrol_tickets(struct admin_call *call, struct store_tx *tx)
{
    struct ticket_wish wish = {0};
    struct shop shop = {0};
    int64_t count = admin_number(call, "count", 1);
    if (count < 1 || count > ENROL_TICKETS_MAX)
        return admin_refuse(call, -ERANGE, "a sheet is for 1 to %d devices", ENROL_TICKETS_MAX);
    int rc = read_wish(call, &wish);
    rc = rc ? rc : identity_find_shop(tx, admin_u32(call, "store"), &shop);
    for (int64_t i = 0; rc == 0 && i < count; i++) {
        struct enrol_ticket ticket = {0};
        char text[ENROL_TEXT_MAX];
        rc = make_ticket(call, tx, &wish, &ticket);
        rc = rc ? rc : write_ticket(call, &ticket, text);
        if (rc == 0)
            admin_add_row(call, json_pack("{s:I, s:s}", "no", (json_int_t)i + 1, "ticket", text));
    }
    if (rc < 0)
        return rc;
    admin_set(call, "store", json_integer(shop.id));
    admin_set(call, "store_zh", json_string(shop.name_zh));
    admin_set(call, "store_en", json_string(shop.name_en));
    admin_set(call, "role", json_string(role_name((uint8_t)wish.role)));
    admin_set(call, "valid_to_ms", json_integer(tx->now_ms + wish.hours * 3600 * 1000));
    return 0;
}

/* Where it is going to work: what the operator says yes to, beside the digits. */
static int place_of(struct store_tx *tx, const struct terminal *terminal, json_t *place)
{
    struct shop shop = {0};
    char in_place_of[32] = "-";
    int rc = identity_find_shop(tx, terminal->store, &shop);
    if (rc < 0)
        return rc;
    if (terminal->replaces != 0)
        snprintf(in_place_of, sizeof(in_place_of), "terminal %u", terminal->replaces);
    json_object_set_new(place, "terminal", json_integer(terminal->id));
    json_object_set_new(place, "store", json_integer(terminal->store));
    json_object_set_new(place, "store_zh", json_string(shop.name_zh));
    json_object_set_new(place, "address", json_string(shop.address));
    json_object_set_new(place, "role", json_string(role_name(terminal->role)));
    json_object_set_new(place, "in_place_of", json_string(in_place_of));
    return 0;
}

struct waiting_list {
    struct admin_call *call;
    struct store_tx *tx;
};

static int add_waiting_row(void *context, const struct terminal *terminal)
{
    struct waiting_list *list = context;
    char digits[7];
    if (terminal->state != TERMINAL_WAITING) {
        return 0;
    }
    crypto_confirm_code(terminal->public_key, digits);
    json_t *row = json_pack("{s:s}", "code", digits);
    int rc = place_of(list->tx, terminal, row);
    if (rc < 0) {
        json_decref(row);
        return rc;
    }
    json_object_set_new(row, "hardware", json_string(terminal->hardware));
    json_object_set_new(row, "enrolled_ms", json_integer(terminal->enrolled_ms));
    admin_add_row(list->call, row);
    return 0;
}

int cmd_enrolments(struct admin_call *call, struct store_tx *tx)
{
    struct waiting_list list = {call, tx};
    return identity_each_terminal(tx, add_waiting_row, &list);
}

/* Who says which store it must be need not look twice. */
static int check_store(struct admin_call *call, const struct terminal *terminal, const json_t *place)
{
    if (!admin_given(call, "store") || admin_u32(call, "store") == terminal->store)
        return 0;
    return admin_refuse(call, -EXDEV, "it asks to work in store %u (%s), not in store %u: nothing was confirmed",
                        terminal->store, json_string_value(json_object_get(place, "store_zh")),
                        admin_u32(call, "store"));
}

/* Books from before would not know it. */
static void say_backup(struct admin_call *call)
{
    int64_t wait_ms = central_backup_soon(call->central);
    long long minutes = wait_ms / 60000 + 1;
    if (wait_ms < 0)
        admin_set(call, "backup", json_string("none by itself (--backup-hours 0): tillside-central admin backup"));
    else if (call->central->inline_jobs)
        admin_set(call, "backup", json_string("a minute after serve starts"));
    else
        admin_set(call, "backup", json_sprintf("within %lld min", minutes));
}

static int decide(struct admin_call *call, struct store_tx *tx, bool accept)
{
    struct terminal terminal;
    const char *code = admin_text(call, "code", "");
    int rc = identity_find_by_digits(tx, code, &terminal);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "no terminal that waits shows %s", code);
    }
    if (rc == -ENOTUNIQ) {
        return admin_refuse(call, rc, "two terminals show %s: refuse it and enrol them again", code);
    }
    rc = rc ? rc : place_of(tx, &terminal, call->result);
    rc = rc ? rc : check_store(call, &terminal, call->result);
    rc = rc ? rc : identity_confirm(tx, terminal.id, accept, OPERATOR);
    if (rc == 0 && accept && terminal.replaces) {
        rc = people_pass_touchpoints(tx, terminal.replaces, terminal.id, OPERATOR);
    }
    admin_set(call, "state", json_string(accept ? "confirmed" : "refused"));
    if (rc == 0 && accept)
        say_backup(call);
    return rc;
}

int cmd_confirm(struct admin_call *call, struct store_tx *tx)
{
    return decide(call, tx, true);
}

int cmd_refuse(struct admin_call *call, struct store_tx *tx)
{
    return decide(call, tx, false);
}
