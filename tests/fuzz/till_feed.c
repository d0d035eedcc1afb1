#include "fuzz.h"
#include "shop.h"

/*
 * What central sends, into a real till: pages as they come, and genuine pages of items that say anything. An item that
 * cannot be read is kept as such; the books stay what the journal and the feed say.
 * Items: kind (1 byte), length (2 bytes), body.
 */

#define REBUILD_EVERY 16

static struct shop shop;
static uint64_t position = 1000;

static void close_shop(void)
{
    shop_finish(&shop);
}

static void open_once(void)
{
    if (shop.till != NULL)
        return;
    shop_open(&shop);
    atexit(close_shop);
}

static void apply(const uint8_t *data, size_t len)
{
    struct feed_page_head head;
    int rc = till_feed_apply(shop.till, (struct slice){data, len}, &head);
    MUST(rc == 0 || rc == -EBADMSG || rc == -EINVAL);
}

static void apply_items(struct slice input)
{
    static uint8_t items[FEED_PAGE_BYTES_MAX], page[FEED_PAGE_BYTES_MAX + 1024];
    struct feed_page_writer writer;
    struct feed_cursor cursor;
    size_t len;
    MUST(till_feed_cursor(shop.till, &cursor) == 0);
    position = cursor.store > position ? cursor.store : position;
    feed_page_init(&writer, items, sizeof items, cursor);
    while (input.len > 0) {
        uint16_t kind = fuzz_take(&input) % 20;
        size_t want = (size_t)fuzz_take(&input) << 8;
        want |= fuzz_take(&input);
        want = want < input.len ? want : input.len;
        struct feed_item item = {
            .lane = FEED_LANE_STORE, .position = ++position, .kind = kind, .body = {input.data, want}};
        if (feed_page_add(&writer, &item) < 0)
            break;
        input = (struct slice){input.data + want, input.len - want};
    }
    const struct feed_page_head head = {.through = writer.through, .server_epoch = 1};
    MUST(feed_page_finish(&writer, &head, page, sizeof page, &len) == 0);
    apply(page, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    open_once();
    apply(data, size);
    apply_items((struct slice){data, size});
    if (++runs % REBUILD_EVERY == 0)
        MUST(till_rebuild_compare(shop.till) == 0);
    return 0;
}
