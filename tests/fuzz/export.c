#include "fuzz.h"
#include "support.h"

#include "domain/export.h"

/* Every batch lies within the file, and none is counted twice. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct export_reader reader;
    struct slice batch;
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    size_t sum = EXPORT_MAGIC_LEN;
    int rc;
    if (export_open((struct slice){data, size}, &reader) < 0)
        return 0;
    while ((rc = export_next(&reader, &batch)) == 1) {
        MUST(batch.len > 0 && batch.len <= EXPORT_BATCH_MAX && batch.data >= data + sum);
        MUST(batch.data + batch.len <= data + size);
        sum += 4 + batch.len;
        struct batch_reader records;
        struct record record;
        if (batch_open(batch.data, batch.len, &records) < 0)
            continue;
        while (batch_next(&records, &record) == 1)
            MUST(record_check(&record));
    }
    MUST(rc == 0 || rc == -EBADMSG);
    if (rc == 0) {
        MUST(sum + 4 + SIGNATURE_LEN == size);
        export_end(&reader, hash, signature);
    }
    return 0;
}
