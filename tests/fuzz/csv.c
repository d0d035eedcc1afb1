#include "fuzz.h"

#include "central/store/catalogue_csv.h"

#define CSV_MAX 16384

/* Every row has a fault or fields; what becomes a product can be told to a till. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[CSV_MAX + 1];
    struct csv_reader reader;
    struct csv_row row;
    uint32_t rows = 0;
    size_t len = size < CSV_MAX ? size : CSV_MAX;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    if (catalogue_csv_open(text, len, &reader) != NULL)
        return 0;
    while (catalogue_csv_next(&reader, &row)) {
        struct feed_product product, again;
        uint8_t body[FEED_BODY_MAX];
        size_t body_len;
        MUST(++rows <= len);
        if (row.fault != NULL || catalogue_csv_product(row.fields, &product) != NULL)
            continue;
        MUST(feed_product_encode(&product, body, sizeof body, &body_len) == 0);
        MUST(feed_product_decode((struct slice){body, body_len}, &again) == 0);
    }
    return 0;
}
