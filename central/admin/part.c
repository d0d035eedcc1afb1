#include "central/people.h"

#include "central/admin/command.h"
#include "central/phone/handlers.h"
#include "central/store/people_touchpoint.h"
#include "domain/body.h"

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/m/{ticket}", .handler = phone_show_page},
    {.method = "POST", .pattern = "/m/{ticket}/join", .handler = phone_join, .max_body = PHONE_FORM_MAX},
    {.method = "GET", .pattern = "/m/{ticket}/code.png", .handler = phone_show_code},
    {.method = "GET", .pattern = "/m/{ticket}/coupon/{file}", .handler = phone_show_coupon},
};

/* How long a terminal showed a touchpoint's QR opens the funnel. */
static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct body body;
    (void)store;
    if (record->kind != RECORD_QR_SHOWN || body_decode(record->kind, record->body, &body) < 0) {
        return 0;
    }
    return people_count_step(tx, body.qr_shown.touchpoint, FUNNEL_SHOWN, body.qr_shown.seconds);
}

const struct central_part central_people = {.name = "people",
                                            .schema = &store_schema_people,
                                            .public_routes = routes,
                                            .public_route_count = ARRAY_LEN(routes),
                                            .applied = applied,
                                            .admin_line = admin_line};
