#include "central/admin/command.h"
#include "central/store/retention.h"

#include <string.h>

#define DAYS_DEFAULT 90
#define DAYS_MAX     3660

struct report {
    struct admin_call *call;
    const char *by;
};

static void set_share(json_t *row, const char *name, uint64_t part, uint64_t whole)
{
    json_object_set_new(row, name, whole ? json_integer((json_int_t)(part * 100 / whole)) : json_null());
}

static void set_each(json_t *row, const char *name, int64_t cost_minor, uint64_t count)
{
    json_object_set_new(row, name, count && cost_minor ? json_integer(cost_minor / (int64_t)count) : json_null());
}

static int add_row(void *context, const struct retention_row *found)
{
    struct report *report = context;
    json_t *row = json_pack("{s:I, s:I}", report->by, (json_int_t)found->number, "follows", (json_int_t)found->follows);
    if (found->shelf[0]) {
        json_object_set_new(row, "shelf", json_string(found->shelf));
    }
    json_object_set_new(row, "of_14_days", json_integer((json_int_t)found->early_follows));
    json_object_set_new(row, "stayed_14", json_integer((json_int_t)found->early_stays));
    set_share(row, "percent_14", found->early_stays, found->early_follows);
    json_object_set_new(row, "of_21_days", json_integer((json_int_t)found->late_follows));
    json_object_set_new(row, "stayed_21", json_integer((json_int_t)found->late_stays));
    set_share(row, "percent_21", found->late_stays, found->late_follows);
    json_object_set_new(row, "joins", json_integer((json_int_t)found->joins));
    json_object_set_new(row, "cost_minor", json_integer(found->cost_minor));
    set_each(row, "cost_per_follow_minor", found->cost_minor, found->follows);
    set_each(row, "cost_per_join_minor", found->cost_minor, found->joins);
    set_each(row, "cost_per_stay_minor", found->cost_minor, found->late_stays);
    admin_add_row(report->call, row);
    return 0;
}

static int cmd_touchpoint_retention(struct admin_call *call, struct store_tx *tx)
{
    static const char *const groups[] = {"touchpoint", "clerk", "store"};
    struct report report = {.call = call, .by = admin_text(call, "by", "touchpoint")};
    int64_t days = admin_number(call, "days", DAYS_DEFAULT);
    if (days < 1 || days > DAYS_MAX) {
        return admin_refuse(call, -ERANGE, "--days is 1 to %d", DAYS_MAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (strcmp(report.by, groups[i]) == 0) {
            return retention_each(tx, (enum retention_group)i, days, add_row, &report);
        }
    }
    return admin_refuse(call, -EINVAL, "--by is touchpoint, clerk or store");
}

static int cmd_touchpoint_cost(struct admin_call *call, struct store_tx *tx)
{
    int rc = retention_add_cost(tx, admin_u32(call, "touchpoint"), admin_number(call, "amount", 0),
                                admin_text(call, "what", ""));
    return rc == -ENOENT ? admin_refuse(call, rc, "no such touchpoint") : rc;
}

static const struct admin_command commands[] = {
    {.name = "touchpoint retention",
     .args = "--by:t --days:n",
     .help = "of the followers won, who was there after 14 and 21 days, and what each cost; --by touchpoint, clerk or "
             "store",
     .read = cmd_touchpoint_retention,
     .rows = true},
    {.name = "touchpoint cost",
     .args = "TOUCHPOINT:n AMOUNT:m --what:t",
     .help = "what winning people there cost (print, promoters), added to what was entered before",
     .write = cmd_touchpoint_cost},
};

const struct admin_group admin_retention = {commands, ARRAY_LEN(commands)};
