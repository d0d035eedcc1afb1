#include "fuzz.h"
#include "support.h"

#include "domain/authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[512], twice[512];
    struct authority_request request, request_again;
    struct authority_answer answer, answer_again;
    struct journal_answer journal, journal_again;
    size_t len, twice_len;
    if (authority_request_decode(data, size, &request) == 0) {
        MUST(authority_request_encode(&request, bytes, sizeof bytes, &len) == 0);
        MUST(authority_request_decode(bytes, len, &request_again) == 0);
        MUST(authority_request_encode(&request_again, twice, sizeof twice, &twice_len) == 0);
        MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    }
    if (authority_answer_decode(data, size, &answer) == 0) {
        MUST(authority_answer_encode(&answer, bytes, sizeof bytes, &len) == 0);
        MUST(authority_answer_decode(bytes, len, &answer_again) == 0);
        MUST(authority_answer_encode(&answer_again, twice, sizeof twice, &twice_len) == 0);
        MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    }
    if (journal_answer_decode(data, size, &journal) == 0) {
        MUST(journal_answer_encode(&journal, bytes, sizeof bytes, &len) == 0);
        MUST(journal_answer_decode(bytes, len, &journal_again) == 0);
        MUST(journal_answer_encode(&journal_again, twice, sizeof twice, &twice_len) == 0);
        MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    }
    return 0;
}
