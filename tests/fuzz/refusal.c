#include "app/sync/sync_internal.h"
#include "fuzz.h"

/* The body of a refusal, of central's or of whoever stands between: a reason that ends, and a time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sync_response response = {.status = 400, .body = (uint8_t *)data, .cap = size, .len = size};
    const struct sync_response timed = {
        .status = 503, .server_ms = 7, .body = (uint8_t *)data, .cap = size, .len = size};
    char reason[SYNC_REASON_MAX];
    uint64_t server_ms;
    memset(reason, 'x', sizeof reason);
    sync_refusal_read(&response, reason, &server_ms);
    MUST(memchr(reason, '\0', sizeof reason) != NULL);
    sync_refusal_read(&timed, reason, &server_ms);
    MUST(server_ms == 7);
    return 0;
}
