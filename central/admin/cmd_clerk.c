#include "central/admin/groups.h"
#include "central/phone/codes.h"
#include "central/store/identity.h"
#include "central/store/people_clerk.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR       "admin"
#define BADGE_DAYS     365
#define BADGE_DAYS_MAX 3650

static const char *role_name(uint8_t role)
{
    return role == CLERK_MANAGER ? "manager" : "cashier";
}

static int add_clerk_row(void *context, const struct clerk *clerk)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:s}", "clerk", (json_int_t)clerk->id, "store",
                                     (json_int_t)clerk->store, "name", clerk->name, "role", role_name(clerk->role),
                                     "badge", (json_int_t)clerk->badge_serial, "badge_expiry_s",
                                     (json_int_t)clerk->badge_expiry_s, "state", clerk->gone ? "gone" : "active"));
    return 0;
}

int cmd_clerk_list(struct admin_call *call, struct store_tx *tx)
{
    return people_each_clerk(tx, add_clerk_row, call);
}

static int take_pin(struct admin_call *call, struct clerk *clerk)
{
    if (clerk->role == CLERK_MANAGER && strlen(admin_text(call, "pin", "")) < PIN_MANAGER_MIN) {
        return admin_refuse(call, -EINVAL, "a manager's PIN has at least %d digits", PIN_MANAGER_MIN);
    }
    memcpy(clerk->pin_salt, call->pin.salt, sizeof(clerk->pin_salt));
    memcpy(clerk->pin_hash, call->pin.hash, sizeof(clerk->pin_hash));
    return 0;
}

static int parse_role(struct admin_call *call, uint8_t *out_role)
{
    const char *text = admin_text(call, "role", "cashier");
    if (strcmp(text, "cashier") != 0 && strcmp(text, "manager") != 0) {
        return admin_refuse(call, -EINVAL, "role is cashier or manager, not \"%s\"", text);
    }
    *out_role = strcmp(text, "manager") == 0 ? CLERK_MANAGER : CLERK_CASHIER;
    return 0;
}

int cmd_clerk_add(struct admin_call *call, struct store_tx *tx)
{
    struct clerk clerk = {.store = admin_u32(call, "store")};
    struct shop shop;
    uint32_t id = 0;
    int rc = identity_find_shop(tx, clerk.store, &shop);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no store %u", clerk.store);
    }
    clerk.brand = shop.brand;
    rc = rc ? rc : admin_copy_text(call, "name", clerk.name, sizeof(clerk.name));
    rc = rc ? rc : parse_role(call, &clerk.role);
    rc = rc ? rc : take_pin(call, &clerk);
    rc = rc ? rc : people_add_clerk(tx, &clerk, OPERATOR, &id);
    admin_set(call, "clerk", json_integer(id));
    return rc;
}

int cmd_clerk_pin(struct admin_call *call, struct store_tx *tx)
{
    struct clerk clerk;
    int rc = people_find_clerk(tx, admin_u32(call, "clerk"), &clerk);
    rc = rc ? rc : take_pin(call, &clerk);
    return rc ? rc : people_update_clerk(tx, &clerk, OPERATOR, "clerk PIN changed");
}

int cmd_clerk_badge(struct admin_call *call, struct store_tx *tx)
{
    struct clerk clerk;
    char text[TOKEN_TEXT_MAX], name[48], note[FEED_NAME_MAX + 32];
    uint64_t serial = 0;
    int64_t days = admin_number(call, "days", BADGE_DAYS);
    if (days < 1 || days > BADGE_DAYS_MAX) {
        return admin_refuse(call, -ERANGE, "a badge lives 1 to %d days", BADGE_DAYS_MAX);
    }
    int rc = people_find_clerk(tx, admin_u32(call, "clerk"), &clerk);
    rc = rc ? rc : store_next_number(tx, "badge", &serial);
    clerk.badge_serial = (uint32_t)serial;
    clerk.badge_expiry_s = (uint32_t)(tx->now_ms / 1000 + days * TIME_DAY_S);
    rc = rc ? rc : people_update_clerk(tx, &clerk, OPERATOR, "badge made");
    rc = rc ? rc : codes_badge(&call->central->keys, &clerk, text);
    if (rc < 0) {
        return rc;
    }
    snprintf(name, sizeof(name), "badge-%u", clerk.id);
    snprintf(note, sizeof(note), "%s · %u 号", clerk.role == CLERK_MANAGER ? "店长" : "店员", clerk.id);
    admin_set(call, "clerk", json_integer(clerk.id));
    admin_set(call, "badge", json_integer(clerk.badge_serial));
    admin_set(call, "text", json_string(text));
    admin_add_picture(call, &(struct admin_picture){.name = name, .text = text, .title = clerk.name, .note = note});
    return 0;
}

int cmd_clerk_remove(struct admin_call *call, struct store_tx *tx)
{
    struct clerk clerk;
    int rc = people_find_clerk(tx, admin_u32(call, "clerk"), &clerk);
    clerk.gone = true;
    return rc ? rc : people_update_clerk(tx, &clerk, OPERATOR, "clerk left");
}
