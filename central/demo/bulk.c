#include "central/demo/demo.h"

#include <stdio.h>
#include <string.h>

#define ROWS_A_TIME    100
#define MEMBERS_A_TIME 1000
#define EAN_PREFIX     "690"

/* 690 and nine digits of the number, with its check digit (weights 1 and 3 from the left of twelve). */
static void make_ean(json_int_t number, char out_ean[14])
{
    int sum = 0;
    snprintf(out_ean, 14, EAN_PREFIX "%09lld", (long long)(number % 1000000000));
    for (int i = 0; i < 12; i++) {
        sum += (out_ean[i] - '0') * (i % 2 ? 3 : 1);
    }
    out_ean[12] = (char)('0' + (10 - sum % 10) % 10);
    out_ean[13] = '\0';
}

static json_t *make_row(json_int_t number)
{
    char ean[14], sku[24], zh[64], en[64], price[24];
    make_ean(number, ean);
    snprintf(sku, sizeof(sku), "X%06lld", (long long)number);
    snprintf(zh, sizeof(zh), "测试商品 %lld 号", (long long)number);
    snprintf(en, sizeof(en), "Load-test product %lld", (long long)number);
    snprintf(price, sizeof(price), "%lld.%02lld", (long long)(1 + number % 97), (long long)(number * 7 % 100));
    return json_pack("[I, s, s, s, s, s, s, s]", number, ean, sku, zh, en, price, "", "1");
}

static int send(struct admin_session *session, const char *command, json_t *args)
{
    json_t *answer = NULL;
    int code = admin_session_call(session, command, args, &answer);
    if (code == ADMIN_OK) {
        json_decref(answer);
    }
    return code;
}

int demo_add_products(struct admin_session *session, json_int_t count)
{
    int code = ADMIN_OK;
    for (json_int_t next = 1; code == ADMIN_OK && next <= count;) {
        json_t *rows = json_array();
        for (int i = 0; i < ROWS_A_TIME && next <= count; i++, next++) {
            json_array_append_new(rows, make_row(next));
        }
        code = send(session, "product rows", json_pack("{s:o}", "rows", rows));
    }
    return code;
}

int demo_add_members(struct admin_session *session, json_int_t store, json_int_t count)
{
    int code = ADMIN_OK;
    for (json_int_t left = count; code == ADMIN_OK && left > 0; left -= MEMBERS_A_TIME) {
        json_int_t part = left < MEMBERS_A_TIME ? left : MEMBERS_A_TIME;
        code = send(session, "member add", json_pack("{s:I, s:I}", "store", store, "count", part));
    }
    return code;
}
