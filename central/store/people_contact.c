#include "central/store/people_privacy.h"

#include "central/store/query.h"
#include "domain/scancode.h"

#include <stdio.h>
#include <string.h>

#define PHONE_DIGITS_MIN 6
#define PHONE_DIGITS_MAX 15 /* ITU-T E.164 */
#define CARD_LEN_MIN     4

const char *contact_name(enum contact_kind kind)
{
    switch (kind) {
    case CONTACT_PHONE:
        return "phone";
    case CONTACT_CARD:
        return "card";
    }
    return "";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Without what people write for the eye. */
static int squeeze(const char *text, char out[CONTACT_TEXT_MAX])
{
    size_t len = 0;
    for (; *text; text++) {
        if (*text == ' ' || *text == '-') {
            continue;
        }
        if (len + 1 == CONTACT_TEXT_MAX) {
            return -EINVAL;
        }
        out[len++] = *text;
    }
    out[len] = '\0';
    return 0;
}

static bool is_phone(const char *text)
{
    size_t digits = 0;
    text += *text == '+';
    for (; is_digit(text[digits]); digits++) {
    }
    return !text[digits] && digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX;
}

static bool is_card(const char *text)
{
    size_t len = 0, digits = 0;
    for (; is_digit(text[len]) || is_letter(text[len]); len++) {
        digits += is_digit(text[len]);
    }
    bool payment = digits == len && len >= 13 && len <= 19 && luhn_valid(text, len);
    return !text[len] && len >= CARD_LEN_MIN && !payment;
}

int contact_read(enum contact_kind kind, const char *text, struct contact *out_contact)
{
    struct contact contact = {.kind = kind};
    if (squeeze(text, contact.text) < 0 || !(kind == CONTACT_PHONE ? is_phone(contact.text) : is_card(contact.text))) {
        return -EINVAL;
    }
    if (kind == CONTACT_PHONE && strncmp(contact.text, "+86", 3) == 0) {
        memmove(contact.text, contact.text + 3, strlen(contact.text + 3) + 1);
    }
    *out_contact = contact;
    return 0;
}

int people_find_contact(struct store_tx *tx, const struct channel_keys *keys, const struct contact *contact,
                        uint64_t *out_member)
{
    uint8_t who[WHO_LEN];
    int64_t member = 0;
    channel_who(keys, contact_name(contact->kind), contact->text, who);
    int rc = query_number(store_tx_db(tx), "SELECT member FROM contact WHERE kind = ? AND who = ?",
                          QUERY(Q_INT(contact->kind), Q_BLOB(who, sizeof(who))), &member);
    if (rc == 0) {
        *out_member = (uint64_t)member;
    }
    return rc;
}

int people_add_contact(struct store_tx *tx, const struct channel_keys *keys, const struct contact *contact,
                       uint64_t member, uint64_t *out_owner)
{
    uint8_t who[WHO_LEN], sealed[CHANNEL_SEALED_LEN(CONTACT_TEXT_MAX)];
    struct slice text = {(const uint8_t *)contact->text, strlen(contact->text)};
    struct member known;
    uint64_t owner = 0;
    int rc = people_find_member(tx, member, &known);
    if (rc < 0 || known.erased) {
        return rc ? rc : -ENOENT;
    }
    rc = people_find_contact(tx, keys, contact, &owner);
    if (rc == 0) {
        *out_owner = owner;
        return owner == member ? 0 : -EEXIST;
    }
    channel_who(keys, contact_name(contact->kind), contact->text, who);
    channel_seal(keys, store_random(tx->store), text, sealed);
    rc = rc == -ENOENT
             ? query_run(store_tx_write(tx),
                         "INSERT INTO contact (kind, who, sealed, member, at_ms) VALUES (?, ?, ?, ?, ?)",
                         QUERY(Q_INT(contact->kind), Q_BLOB(who, sizeof(who)),
                               Q_BLOB(sealed, CHANNEL_SEALED_LEN(text.len)), Q_INT(member), Q_INT(tx->now_ms)))
             : rc;
    if (rc == 0) {
        *out_owner = member;
    }
    return rc;
}

static int read_row(struct db_stmt *stmt, const struct channel_keys *keys, struct contact *out)
{
    struct buffer text;
    buffer_init(&text, 256);
    int rc = channel_unseal(keys, db_column_blob(stmt, 1), &text);
    if (rc == 0) {
        *out = (struct contact){.kind = (enum contact_kind)db_column_int64(stmt, 0)};
        snprintf(out->text, sizeof(out->text), "%s", buffer_text(&text));
    }
    buffer_finish(&text);
    return rc;
}

int people_each_contact(struct store_tx *tx, const struct channel_keys *keys, uint64_t member,
                        people_contact_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct contact contact;
    int rc = query_open(store_tx_db(tx), "SELECT kind, sealed, at_ms FROM contact WHERE member = ? ORDER BY id",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = read_row(stmt, keys, &contact);
        rc = rc ? rc : visit(context, &contact, db_column_int64(stmt, 2));
    }
    db_stmt_close(stmt);
    return rc;
}
