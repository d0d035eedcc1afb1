#include "central/store/journal.h"
#include "fuzz.h"

/* What central wrote of its own decisions, as it reads it back: texts end within their room, evidence lies in the body.
 */

static bool within(const void *at, const void *start, size_t len)
{
    return (const uint8_t *)at >= (const uint8_t *)start && (const uint8_t *)at < (const uint8_t *)start + len;
}

static void check_fact(struct slice body, char *texts, size_t cap)
{
    struct journal_fact fact;
    int rc = journal_fact_decode(body, &fact, texts, cap);
    MUST(rc == 0 || rc == -EBADMSG || rc == -ENOSPC);
    if (rc != 0)
        return;
    const char *const said[] = {fact.key, fact.who, fact.what, fact.why};
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        MUST(said[i] == NULL || (within(said[i], texts, cap) && within(said[i] + strlen(said[i]), texts, cap)));
    const uint8_t *const evidence[] = {fact.evidence_a, fact.evidence_b};
    for (size_t i = 0; i < ARRAY_LEN(evidence); i++)
        MUST(evidence[i] == NULL ||
             (within(evidence[i], body.data, body.len) && within(evidence[i] + HASH_LEN - 1, body.data, body.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char texts[1024], few[24];
    check_fact((struct slice){data, size}, texts, sizeof texts);
    check_fact((struct slice){data, size}, few, sizeof few);
    return 0;
}
