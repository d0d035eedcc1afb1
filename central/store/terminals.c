#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/journal.h"
#include "central/store/query.h"
#include "central/store/settle.h"
#include "central/store/succession.h"
#include "platform/encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTACT_NOTE_MS   60000
#define SECRET_ID_LEN     8
#define WAITING_KEY_BYTES 8
#define FIRST_INCARNATION 1
#define BY_TICKET         "ticket" /* who, in records: whoever made the ticket confirmed the key before */

void identity_key_id_waiting(const uint8_t public_key[PUBLIC_KEY_LEN], char out_key_id[TERMINAL_KEY_ID_MAX])
{
    uint8_t hash[HASH_LEN];
    crypto_sha256(public_key, PUBLIC_KEY_LEN, hash);
    out_key_id[0] = 'k';
    hex_encode(hash, WAITING_KEY_BYTES, out_key_id + 1, TERMINAL_KEY_ID_MAX - 1);
}

#define TERMINAL_COLUMNS                                                                                               \
    "id, store, brand, incarnation, role, state, public_key, hardware, enrolled_ms, last_contact_ms, lan_address,"     \
    " replaces, written_off"

static int terminal_from_row(struct db_stmt *stmt, struct terminal *out_terminal)
{
    struct terminal terminal = {
        .id = (uint32_t)db_column_int64(stmt, 0),
        .store = (uint32_t)db_column_int64(stmt, 1),
        .brand = (uint32_t)db_column_int64(stmt, 2),
        .incarnation = (uint32_t)db_column_int64(stmt, 3),
        .role = (uint8_t)db_column_int64(stmt, 4),
        .state = (uint8_t)db_column_int64(stmt, 5),
        .enrolled_ms = db_column_int64(stmt, 8),
        .last_contact_ms = db_column_int64(stmt, 9),
        .replaces = (uint32_t)db_column_int64(stmt, 11),
        .written_off = db_column_int64(stmt, 12) != 0,
    };
    query_column_text(stmt, 10, terminal.lan_address, sizeof(terminal.lan_address));
    query_column_text(stmt, 7, terminal.hardware, sizeof(terminal.hardware));
    int rc = terminal.store == 0 || terminal.brand == 0
                 ? -EUCLEAN
                 : query_column_fixed(stmt, 6, terminal.public_key, PUBLIC_KEY_LEN);
    if (rc == 0)
        *out_terminal = terminal;
    return rc;
}

static int find_terminal(struct store_tx *tx, const char *sql, struct query_values values,
                         struct terminal *out_terminal)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0)
        return rc;
    rc = terminal_from_row(stmt, out_terminal);
    db_stmt_close(stmt);
    return rc;
}

int identity_find_terminal(struct store_tx *tx, uint32_t id, struct terminal *out_terminal)
{
    return find_terminal(tx, "SELECT " TERMINAL_COLUMNS " FROM terminal WHERE id = ?1", QUERY(Q_INT(id)), out_terminal);
}

static int parse_terminal_id(const char *digits, uint32_t *out_id)
{
    char *end = NULL;
    if (*digits < '1' || *digits > '9')
        return -ENOENT;
    unsigned long long id = strtoull(digits, &end, 10);
    if (*end != '\0' || id > UINT32_MAX)
        return -ENOENT;
    *out_id = (uint32_t)id;
    return 0;
}

int identity_find_by_key_id(struct store_tx *tx, const char *key_id, struct terminal *out_terminal)
{
    struct terminal terminal = {0};
    int rc = -ENOENT;
    if (key_id[0] == 't') {
        uint32_t id = 0;
        rc = parse_terminal_id(key_id + 1, &id);
        if (rc == 0)
            rc = identity_find_terminal(tx, id, &terminal);
        if (rc == 0 && (terminal.state == TERMINAL_WAITING || terminal.state == TERMINAL_REFUSED))
            rc = -ENOENT; /* it has no number yet */
    } else if (key_id[0] == 'k') {
        rc = find_terminal(tx, "SELECT " TERMINAL_COLUMNS " FROM terminal WHERE waiting_key_id = ?1",
                           QUERY(Q_TEXT(key_id)), &terminal);
    }
    if (rc == 0)
        *out_terminal = terminal;
    return rc;
}

int identity_find_by_digits(struct store_tx *tx, const char *digits, struct terminal *out_terminal)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " TERMINAL_COLUMNS " FROM terminal WHERE state = 1 AND digits = ?1",
                         QUERY(Q_TEXT(digits)), &stmt);
    if (rc < 0)
        return rc;
    struct terminal terminal = {0};
    rc = terminal_from_row(stmt, &terminal);
    if (rc == 0) {
        rc = db_stmt_step(stmt);
        rc = rc == DB_ROW ? -ENOTUNIQ : rc;
    }
    db_stmt_close(stmt);
    if (rc == 0)
        *out_terminal = terminal;
    return rc;
}

int identity_each_terminal(struct store_tx *tx, identity_terminal_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " TERMINAL_COLUMNS " FROM terminal ORDER BY id", QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct terminal terminal = {0};
        rc = terminal_from_row(stmt, &terminal);
        if (rc == 0)
            rc = visit(context, &terminal);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int identity_make_ticket(struct store_tx *tx, uint32_t shop, enum terminal_role role, uint32_t life_s,
                         struct enrol_ticket *out_ticket)
{
    if (life_s == 0 || life_s > ENROL_TICKET_LIFE_MAX_S)
        return -EINVAL;
    struct shop found;
    int rc = identity_find_shop(tx, shop, &found);
    if (rc < 0)
        return rc;
    uint8_t secret[ENROL_SECRET_LEN], secret_hash[HASH_LEN];
    random_fill(store_random(tx->store), secret, sizeof(secret));
    crypto_sha256(secret, sizeof(secret), secret_hash);
    rc = query_run(store_tx_write(tx),
                   "INSERT INTO ticket (secret_id, secret, store, role, expires_ms, terminal)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, 0)",
                   QUERY(Q_BLOB(secret_hash, SECRET_ID_LEN), Q_BLOB(secret, sizeof(secret)), Q_INT(shop), Q_INT(role),
                         Q_INT(tx->now_ms + (int64_t)life_s * 1000)));
    if (rc < 0)
        return rc;
    out_ticket->store = shop;
    out_ticket->role = (uint8_t)role;
    memcpy(out_ticket->secret, secret, sizeof(secret));
    return 0;
}

int identity_ticket_replaces(struct store_tx *tx, const struct enrol_ticket *ticket, uint32_t terminal)
{
    struct terminal old = {0};
    uint8_t secret_hash[HASH_LEN];
    int rc = identity_find_terminal(tx, terminal, &old);
    if (rc < 0)
        return rc;
    if (old.store != ticket->store || (old.state != TERMINAL_CONFIRMED && old.state != TERMINAL_REMOVED))
        return -EINVAL;
    crypto_sha256(ticket->secret, sizeof(ticket->secret), secret_hash);
    return query_run(store_tx_write(tx), "UPDATE ticket SET replaces = ?2 WHERE secret_id = ?1",
                     QUERY(Q_BLOB(secret_hash, SECRET_ID_LEN), Q_INT(terminal)));
}

struct ticket {
    uint8_t secret[ENROL_SECRET_LEN];
    uint32_t store;
    uint8_t role;
    int64_t expires_ms;
    uint32_t terminal; /* that used it; 0 = none */
    uint32_t replaces;
};

static int find_ticket(struct store_tx *tx, const uint8_t secret_id[SECRET_ID_LEN], struct ticket *out_ticket)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT secret, store, role, expires_ms, terminal, replaces FROM ticket WHERE secret_id = ?1",
                         QUERY(Q_BLOB(secret_id, SECRET_ID_LEN)), &stmt);
    if (rc < 0)
        return rc;
    struct ticket ticket = {
        .store = (uint32_t)db_column_int64(stmt, 1),
        .role = (uint8_t)db_column_int64(stmt, 2),
        .expires_ms = db_column_int64(stmt, 3),
        .terminal = (uint32_t)db_column_int64(stmt, 4),
        .replaces = (uint32_t)db_column_int64(stmt, 5),
    };
    rc = query_column_fixed(stmt, 0, ticket.secret, sizeof(ticket.secret));
    db_stmt_close(stmt);
    if (rc == 0)
        *out_ticket = ticket;
    return rc;
}

static int publish_terminal(struct store_tx *tx, const struct terminal *terminal, bool primary)
{
    struct feed_terminal item = {
        .terminal = terminal->id,
        .role = terminal->role,
        .primary = primary,
        .gone = terminal->state != TERMINAL_CONFIRMED,
    };
    memcpy(item.public_key, terminal->public_key, PUBLIC_KEY_LEN);
    memcpy(item.lan_address, terminal->lan_address, sizeof(item.lan_address));
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_terminal_encode(&item, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    struct feed_target target = {terminal->brand, terminal->store};
    return feed_publish_number(tx, target, FEED_TERMINAL, terminal->id, (struct slice){body, len});
}

static int journal_terminal(struct store_tx *tx, const struct terminal *terminal, const char *what, const char *who,
                            const char *why)
{
    struct journal_fact fact = {
        .who = who,
        .what = what,
        .why = why,
        .brand = terminal->brand,
        .store = terminal->store,
        .terminal = terminal->id,
    };
    return journal_append_central(tx, RECORD_TERMINAL_ENROLLED, &fact);
}

static int terminal_insert(struct store_tx *tx, const struct terminal *terminal)
{
    char key_id[TERMINAL_KEY_ID_MAX], digits[7];
    identity_key_id_waiting(terminal->public_key, key_id);
    crypto_confirm_code(terminal->public_key, digits);
    return query_run(store_tx_write(tx),
                     "INSERT INTO terminal (" TERMINAL_COLUMNS ", waiting_key_id, digits)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?13, ?14, ?15, ?11, ?12)",
                     QUERY(Q_INT(terminal->id), Q_INT(terminal->store), Q_INT(terminal->brand),
                           Q_INT(terminal->incarnation), Q_INT(terminal->role), Q_INT(terminal->state),
                           Q_BLOB(terminal->public_key, PUBLIC_KEY_LEN), Q_TEXT(terminal->hardware),
                           Q_INT(terminal->enrolled_ms), Q_INT(terminal->last_contact_ms), Q_TEXT(key_id),
                           Q_TEXT(digits), Q_TEXT(terminal->lan_address), Q_INT(terminal->replaces),
                           Q_INT(terminal->written_off)));
}

static int use_ticket(struct store_tx *tx, const struct enrol_request *request, uint32_t terminal)
{
    return query_run(store_tx_write(tx), "UPDATE ticket SET terminal = ?2 WHERE secret_id = ?1",
                     QUERY(Q_BLOB(request->secret_id, SECRET_ID_LEN), Q_INT(terminal)));
}

/* A device whose first try came to nothing on its side comes back with a new ticket and the key that it made then, or
 * one with books after the operator's no. It waits under the new ticket from now on. */
static int wait_anew(struct store_tx *tx, const struct ticket *ticket, const struct terminal *before)
{
    struct shop shop = {0};
    int rc = identity_find_shop(tx, ticket->store, &shop);
    if (rc < 0)
        return rc;
    return query_run(store_tx_write(tx),
                     "UPDATE terminal SET store = ?2, brand = ?3, role = ?4, replaces = ?5, enrolled_ms = ?6,"
                     " state = ?7 WHERE id = ?1",
                     QUERY(Q_INT(before->id), Q_INT(shop.id), Q_INT(shop.brand), Q_INT(ticket->role),
                           Q_INT(ticket->replaces), Q_INT(tx->now_ms), Q_INT(TERMINAL_WAITING)));
}

/* Its books say so: nobody starts a second history under a terminal's name. */
static bool is_itself(const struct enrol_request *request, const struct terminal *terminal)
{
    return request->terminal == terminal->id && request->incarnation == terminal->incarnation;
}

/* At work, and stays what it is; what the ticket decides anew is only its role. */
static int confirm_anew(struct store_tx *tx, const struct ticket *ticket, const struct terminal *before)
{
    struct terminal terminal = *before;
    struct shop shop = {0};
    if (ticket->store != before->store || ticket->replaces != 0)
        return -EXDEV;
    int rc = identity_find_shop(tx, ticket->store, &shop);
    if (rc == 0 && terminal.role != ticket->role) {
        terminal.role = ticket->role;
        rc = query_run(store_tx_write(tx), "UPDATE terminal SET role = ?2 WHERE id = ?1",
                       QUERY(Q_INT(terminal.id), Q_INT(terminal.role)));
        if (rc == 0)
            rc = publish_terminal(tx, &terminal, shop.primary_terminal == terminal.id);
    }
    return rc < 0 ? rc : journal_terminal(tx, &terminal, "confirmed again", BY_TICKET, NULL);
}

/* The key is known: of a device that waits, works, or was refused. -ENOENT: it is new. */
static int come_back(struct store_tx *tx, const struct enrol_request *request, const struct ticket *ticket,
                     struct terminal *out_terminal)
{
    struct terminal before = {0};
    int rc = find_terminal(tx, "SELECT " TERMINAL_COLUMNS " FROM terminal WHERE public_key = ?1",
                           QUERY(Q_BLOB(request->public_key, PUBLIC_KEY_LEN)), &before);
    if (rc < 0)
        return rc;
    bool itself = is_itself(request, &before);
    /* One that was refused keeps its key, since its books go on: no other way leads back. */
    if (before.state == TERMINAL_WAITING || (itself && before.state == TERMINAL_REFUSED))
        rc = wait_anew(tx, ticket, &before);
    else if (!itself)
        rc = -EALREADY;
    else if (before.state == TERMINAL_REMOVED)
        rc = -EKEYREVOKED;
    else
        rc = confirm_anew(tx, ticket, &before);
    if (rc == 0)
        rc = use_ticket(tx, request, before.id);
    return rc < 0 ? rc : identity_find_terminal(tx, before.id, out_terminal);
}

/*
 * Who was enrolled after the backup that these books came back from keeps its number and journal: epoch.c left those
 * numbers free. Another one has got the next number. *out_first: it is told something for the first time.
 */
static int give_number(struct store_tx *tx, const struct enrol_request *request, struct terminal *terminal,
                       bool *out_first)
{
    struct terminal taken;
    int64_t last = 0;
    uint64_t id = 0;
    int rc = query_number(store_tx_db(tx), "SELECT coalesce((SELECT value FROM counter WHERE name = 'terminal'), 0)",
                          QUERY_NONE, &last);
    if (rc == 0 && request->terminal != 0 && request->incarnation != 0 && request->terminal <= last) {
        rc = identity_find_terminal(tx, request->terminal, &taken);
        if (rc == -ENOENT) {
            terminal->id = request->terminal;
            terminal->incarnation = request->incarnation;
            *out_first = false;
            return 0;
        }
    }
    if (rc == 0)
        rc = store_next_number(tx, "terminal", &id);
    if (rc == 0 && id > UINT32_MAX)
        rc = -EOVERFLOW;
    terminal->id = (uint32_t)id;
    terminal->incarnation = FIRST_INCARNATION;
    *out_first = true;
    return rc;
}

static int terminal_add(struct store_tx *tx, const struct enrol_request *request, const struct ticket *ticket,
                        struct terminal *out_terminal)
{
    struct shop shop = {0};
    bool first = true;
    int rc = identity_find_shop(tx, ticket->store, &shop);
    if (rc < 0)
        return rc;
    struct terminal terminal = {
        .store = ticket->store,
        .brand = shop.brand,
        .role = ticket->role,
        .state = TERMINAL_WAITING,
        .enrolled_ms = tx->now_ms,
        .last_contact_ms = tx->now_ms,
        .replaces = ticket->replaces,
    };
    memcpy(terminal.public_key, request->public_key, PUBLIC_KEY_LEN);
    memcpy(terminal.hardware, request->hardware, sizeof(terminal.hardware));
    rc = give_number(tx, request, &terminal, &first);
    if (rc == 0)
        rc = terminal_insert(tx, &terminal);
    if (rc == 0 && first)
        rc = settle_note_new(tx, terminal.id);
    if (rc == 0)
        rc = use_ticket(tx, request, terminal.id);
    if (rc == 0)
        *out_terminal = terminal;
    return rc;
}

/* The answer was lost, or the code was shown twice. Not to books that are gone once a journal began under the name. */
static int ask_again(struct store_tx *tx, const struct enrol_request *request, uint32_t terminal,
                     struct terminal *out_terminal)
{
    struct terminal before = {0};
    int64_t records = 0;
    int rc = identity_find_terminal(tx, terminal, &before);
    if (rc == 0 && memcmp(before.public_key, request->public_key, PUBLIC_KEY_LEN) != 0)
        return -EEXIST;
    if (rc == 0 && !is_itself(request, &before))
        rc = query_number(store_tx_db(tx), "SELECT count(*) FROM journal_head WHERE terminal = ?1 AND durable > 0",
                          QUERY(Q_INT(terminal)), &records);
    if (rc < 0)
        return rc;
    if (records > 0)
        return -EALREADY;
    *out_terminal = before;
    return 0;
}

int identity_enrol(struct store_tx *tx, const struct enrol_request *request, struct terminal *out_terminal)
{
    struct ticket ticket = {0};
    int rc = find_ticket(tx, request->secret_id, &ticket);
    if (rc < 0)
        return rc;
    if (!enrol_request_check(request, ticket.secret))
        return -EKEYREJECTED;
    if (!enrol_request_is_signed(request))
        return -ENOKEY;
    if (ticket.terminal != 0)
        return ask_again(tx, request, ticket.terminal, out_terminal);
    if (tx->now_ms >= ticket.expires_ms)
        return -ETIME;
    rc = come_back(tx, request, &ticket, out_terminal);
    return rc == -ENOENT ? terminal_add(tx, request, &ticket, out_terminal) : rc;
}

static int set_state(struct store_tx *tx, struct terminal *terminal, enum terminal_state state)
{
    terminal->state = (uint8_t)state;
    return query_run(store_tx_write(tx), "UPDATE terminal SET state = ?2 WHERE id = ?1",
                     QUERY(Q_INT(terminal->id), Q_INT(state)));
}

static int take_into_store(struct store_tx *tx, const struct terminal *terminal)
{
    struct shop shop = {0};
    int rc = identity_find_shop(tx, terminal->store, &shop);
    if (rc < 0)
        return rc;
    bool first = shop.primary_terminal == 0;
    if (first) {
        shop.primary_terminal = terminal->id;
        rc = identity_update_shop(tx, &shop);
    }
    return rc < 0 ? rc : publish_terminal(tx, terminal, first);
}

int identity_confirm(struct store_tx *tx, uint32_t id, bool accept, const char *who)
{
    struct terminal terminal = {0};
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc < 0)
        return rc;
    if (terminal.state != TERMINAL_WAITING)
        return -EALREADY;
    if (accept && terminal.replaces)
        rc = succession_lost(tx, terminal.replaces, who, "replaced");
    if (rc == 0)
        rc = set_state(tx, &terminal, accept ? TERMINAL_CONFIRMED : TERMINAL_REFUSED);
    if (rc == 0 && accept)
        rc = take_into_store(tx, &terminal);
    if (rc == 0)
        rc = journal_terminal(tx, &terminal, accept ? "confirmed" : "refused", who, NULL);
    return rc;
}

int identity_remove(struct store_tx *tx, uint32_t id, const char *who, const char *why)
{
    struct terminal terminal = {0};
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc < 0)
        return rc;
    rc = set_state(tx, &terminal, TERMINAL_REMOVED);
    if (rc == 0)
        rc = publish_terminal(tx, &terminal, false);
    if (rc == 0)
        rc = journal_terminal(tx, &terminal, "removed", who, why);
    return rc < 0 ? rc : settle_note_gone(tx, id);
}

static int publish_role(struct store_tx *tx, uint32_t id, bool primary)
{
    struct terminal terminal = {0};
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc == -ENOENT)
        return 0;
    return rc < 0 ? rc : publish_terminal(tx, &terminal, primary);
}

int identity_set_primary(struct store_tx *tx, const struct shop *shop, const char *who, const char *what)
{
    struct shop before;
    struct terminal terminal = {.id = shop->primary_terminal, .brand = shop->brand, .store = shop->id};
    int rc = identity_find_shop(tx, shop->id, &before);
    if (rc == 0)
        rc = identity_update_shop(tx, shop);
    if (rc == 0 && before.primary_terminal != shop->primary_terminal)
        rc = publish_role(tx, before.primary_terminal, false);
    if (rc == 0)
        rc = publish_role(tx, shop->primary_terminal, true);
    return rc < 0 ? rc : journal_terminal(tx, &terminal, what, who, NULL);
}

int identity_write_off(struct store_tx *tx, uint32_t terminal)
{
    return query_run(store_tx_write(tx), "UPDATE terminal SET written_off = 1 WHERE id = ?1", QUERY(Q_INT(terminal)));
}

int identity_note_address(struct store_tx *tx, uint32_t id, const char *lan_address)
{
    struct terminal terminal = {0};
    struct shop shop = {0};
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc == 0)
        rc = identity_find_shop(tx, terminal.store, &shop);
    if (rc < 0 || strcmp(terminal.lan_address, lan_address) == 0 || strlen(lan_address) >= sizeof(terminal.lan_address))
        return rc;
    snprintf(terminal.lan_address, sizeof(terminal.lan_address), "%s", lan_address);
    rc = query_run(store_tx_write(tx), "UPDATE terminal SET lan_address = ?2 WHERE id = ?1",
                   QUERY(Q_INT(id), Q_TEXT(lan_address)));
    return rc < 0 ? rc : publish_terminal(tx, &terminal, shop.primary_terminal == id);
}

int identity_count_others(struct store_tx *tx, const struct terminal *terminal, uint32_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM terminal WHERE store = ?1 AND id != ?2 AND state = 2",
                          QUERY(Q_INT(terminal->store), Q_INT(terminal->id)), &count);
    if (rc == 0)
        *out_count = (uint32_t)count;
    return rc;
}

int identity_note_contact(struct store_tx *tx, uint32_t id)
{
    return query_run(store_tx_write(tx),
                     "UPDATE terminal SET last_contact_ms = ?2 WHERE id = ?1 AND last_contact_ms < ?3",
                     QUERY(Q_INT(id), Q_INT(tx->now_ms), Q_INT(tx->now_ms - CONTACT_NOTE_MS)));
}
