#include "../../fuzz/fuzz.h"

#include "lan/answer.h"

#include <string.h>

/* What the primary answers: shown on this terminal's screen, printed on its receipts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t once[LAN_ANSWER_MAX], twice[LAN_ANSWER_MAX];
    struct till_answer answer, again;
    size_t len, twice_len;

    if (lan_till_answer_decode(data, size, &answer) < 0)
        return 0;
    MUST(lan_till_answer_encode(&answer, once, sizeof(once), &len) == 0);
    MUST(lan_till_answer_decode(once, len, &again) == 0);
    MUST(lan_till_answer_encode(&again, twice, sizeof(twice), &twice_len) == 0);
    MUST(len == twice_len && memcmp(once, twice, len) == 0);
    return 0;
}
