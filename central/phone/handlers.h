#ifndef CENTRAL_PHONE_HANDLERS_H
#define CENTRAL_PHONE_HANDLERS_H

/* The member page's routes on the public listener. context: struct central. The ticket in the path is the whole proof:
 * answers carry no-store and no-referrer so that it stays in the phone. */

#include "platform/http_server.h"

void phone_show_page(struct http_request *request, void *context);   /* GET /m/{ticket} */
void phone_join(struct http_request *request, void *context);        /* POST /m/{ticket}/join */
void phone_show_code(struct http_request *request, void *context);   /* GET /m/{ticket}/code.png */
void phone_show_coupon(struct http_request *request, void *context); /* GET /m/{ticket}/coupon/{file} */

#define PHONE_FORM_MAX 512

#endif
