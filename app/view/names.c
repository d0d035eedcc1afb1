#include "view/view_model.h"

#include <assert.h>

const char *screen_name(enum screen screen)
{
    static const char *const names[SCREEN_COUNT] = {
        [SCREEN_STARTING] = "starting",
        [SCREEN_ATTRACT] = "attract",
        [SCREEN_GREETING] = "greeting",
        [SCREEN_VIEWFINDER] = "viewfinder",
        [SCREEN_VERDICT] = "verdict",
        [SCREEN_MEMBER] = "member",
        [SCREEN_PRICE] = "price",
        [SCREEN_SIGN_IN] = "sign_in",
        [SCREEN_COUNTER] = "counter",
        [SCREEN_AMOUNT] = "amount",
        [SCREEN_CODE_ENTRY] = "code_entry",
        [SCREEN_VOID_LIST] = "void_list",
        [SCREEN_VOID_REASON] = "void_reason",
        [SCREEN_POOL] = "pool",
        [SCREEN_ENROLMENT] = "enrolment",
        [SCREEN_SERVICE] = "service",
        [SCREEN_SELF_TEST] = "self_test",
        [SCREEN_STORE] = "store",
        [SCREEN_RESET] = "reset",
        [SCREEN_OUT_OF_SERVICE] = "out_of_service",
    };
    assert(screen < SCREEN_COUNT);
    return names[screen];
}

const char *intent_name(enum intent intent)
{
    static const char *const names[INTENT_COUNT] = {
        [INTENT_NONE] = "none",
        [INTENT_BACK] = "back",
        [INTENT_LANGUAGE] = "language",
        [INTENT_SCAN] = "scan",
        [INTENT_TYPE_CODE] = "type_code",
        [INTENT_KEY] = "key",
        [INTENT_ERASE] = "erase",
        [INTENT_CLEAR] = "clear",
        [INTENT_OK] = "ok",
        [INTENT_STAFF] = "staff",
        [INTENT_PICK_CLERK] = "pick_clerk",
        [INTENT_SIGN_OUT] = "sign_out",
        [INTENT_SALE] = "sale",
        [INTENT_SPEND] = "spend",
        [INTENT_EARN] = "earn",
        [INTENT_VOID] = "void",
        [INTENT_PICK_ACT] = "pick_act",
        [INTENT_PICK_REASON] = "pick_reason",
        [INTENT_POOL] = "pool",
        [INTENT_DRAWER] = "drawer",
        [INTENT_SERVICE] = "service",
        [INTENT_TEST_DEVICE] = "test_device",
        [INTENT_REPRINT] = "reprint",
        [INTENT_ASK_CENTRAL] = "ask_central",
        [INTENT_FETCH_CREDIT] = "fetch_credit",
        [INTENT_CONFIRM_DATE] = "confirm_date",
        [INTENT_NEXT] = "next",
        [INTENT_PAGE] = "page",
        [INTENT_SURVEY] = "survey",
        [INTENT_STORE] = "store",
        [INTENT_ALONE] = "alone",
        [INTENT_PROMOTE] = "promote",
        [INTENT_SELF_TEST] = "self_test",
        [INTENT_STICK] = "stick",
        [INTENT_ACTS] = "acts",
        [INTENT_RESET] = "reset",
        [INTENT_HOLD] = "hold",
        [INTENT_ANSWER] = "answer",
        [INTENT_CORNER] = "corner",
    };
    assert(intent < INTENT_COUNT);
    return names[intent];
}
