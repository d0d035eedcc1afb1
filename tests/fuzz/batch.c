#include "fuzz.h"
#include "support.h"

/* A batch that is whole and verifies is built again from its records to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[BATCH_BYTES_MAX], wire[BATCH_BYTES_MAX];
    struct batch_reader reader;
    struct batch_writer writer;
    struct record record;
    struct test_key key = test_key_make(50);
    size_t len;
    int rc = batch_open(data, size, &reader);
    if (rc < 0) {
        MUST(rc == -EBADMSG);
        return 0;
    }
    batch_writer_init(&writer, buffer, sizeof buffer);
    while ((rc = batch_next(&reader, &record)) == 1)
        MUST(record_check(&record) && batch_add(&writer, &record) == 0);
    if (rc == 0 && batch_verify(&reader, key.public_key)) {
        MUST(batch_finish(&writer, key.secret, wire, sizeof wire, &len) == 0);
        MUST(len == size && memcmp(wire, data, len) == 0);
    }
    return 0;
}
