#include "fuzz.h"
#include "support.h"

#include "domain/enrolment.h"

static void check_messages(const uint8_t *data, size_t size)
{
    uint8_t bytes[ENROL_REQUEST_MAX], twice[ENROL_REQUEST_MAX];
    struct enrol_request request, request_again;
    struct enrol_answer answer, answer_again;
    const uint8_t secret[ENROL_SECRET_LEN] = {1};
    size_t len, twice_len;
    if (enrol_request_decode(data, size, &request) == 0) {
        MUST(enrol_request_encode(&request, bytes, sizeof bytes, &len) == 0);
        MUST(enrol_request_decode(bytes, len, &request_again) == 0);
        MUST(enrol_request_check(&request, secret) == enrol_request_check(&request_again, secret));
        MUST(enrol_request_is_signed(&request) == enrol_request_is_signed(&request_again));
    }
    if (enrol_answer_decode(data, size, &answer) == 0) {
        MUST(enrol_answer_encode(&answer, bytes, sizeof bytes, &len) == 0);
        MUST(enrol_answer_decode(bytes, len, &answer_again) == 0);
        MUST(enrol_answer_encode(&answer_again, twice, sizeof twice, &twice_len) == 0);
        MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    }
}

/* The ticket comes from a camera, the request and the answer from the network. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024], again[ENROL_TEXT_MAX], third[ENROL_TEXT_MAX];
    struct enrol_ticket ticket, second;
    size_t len = size < sizeof text ? size : sizeof text - 1;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = 0;
    if (enrol_ticket_decode(text, &ticket) == 0) {
        MUST(enrol_ticket_encode(&ticket, again) == 0);
        MUST(enrol_ticket_decode(again, &second) == 0);
        MUST(enrol_ticket_encode(&second, third) == 0 && strcmp(again, third) == 0);
    }
    check_messages(data, size);
    return 0;
}
