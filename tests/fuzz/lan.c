#include "fuzz.h"
#include "support.h"

#include "domain/lan.h"

static uint8_t once[LAN_ANSWER_MAX * 8], twice[LAN_ANSWER_MAX * 8];

static void check_hello(const uint8_t *data, size_t size)
{
    struct lan_hello hello, again;
    size_t len, twice_len;
    if (lan_hello_decode(data, size, &hello) < 0)
        return;
    MUST(hello.end_count <= LAN_TERMINALS_MAX);
    MUST(lan_hello_encode(&hello, once, sizeof once, &len) == 0);
    MUST(lan_hello_decode(once, len, &again) == 0);
    MUST(lan_hello_encode(&again, twice, sizeof twice, &twice_len) == 0);
    MUST(len == twice_len && memcmp(once, twice, len) == 0);
}

static void check_act(const uint8_t *data, size_t size)
{
    struct lan_act act, again;
    size_t len, twice_len;
    if (lan_act_decode(data, size, &act) < 0)
        return;
    MUST(lan_act_encode(&act, once, LAN_ACT_MAX, &len) == 0);
    MUST(lan_act_decode(once, len, &again) == 0);
    MUST(lan_act_encode(&again, twice, sizeof twice, &twice_len) == 0);
    MUST(len == twice_len && memcmp(once, twice, len) == 0);
}

static void check_answer(const uint8_t *data, size_t size)
{
    struct lan_answer answer, again;
    size_t len;
    if (lan_answer_decode(data, size, &answer) < 0)
        return;
    MUST(answer.answer.len <= size);
    MUST(lan_answer_encode(&answer, once, sizeof once, &len) == 0);
    MUST(lan_answer_decode(once, len, &again) == 0);
    MUST(again.state == answer.state && again.error == answer.error && again.answer.len == answer.answer.len);
}

/* Whatever another device of the shop's network sends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_hello(data, size);
    check_act(data, size);
    check_answer(data, size);
    return 0;
}
