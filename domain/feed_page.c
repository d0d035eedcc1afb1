#include "domain/cbor.h"
#include "domain/feed.h"

#define PAGE_ITEMS   6
#define ITEM_ITEMS   4
#define ENVELOPE_MAX 64 /* everything around the items */

void feed_page_init(struct feed_page_writer *w, uint8_t *buffer, size_t cap, struct feed_cursor after)
{
    *w = (struct feed_page_writer){
        .buffer = buffer,
        .cap = cap < FEED_PAGE_BYTES_MAX ? cap : FEED_PAGE_BYTES_MAX,
        .through = after,
    };
}

int feed_page_add(struct feed_page_writer *w, const struct feed_item *item)
{
    if (item->lane > FEED_LANE_BRAND || item->body.len > FEED_BODY_MAX)
        return -EINVAL;
    uint64_t *through = item->lane == FEED_LANE_BRAND ? &w->through.brand : &w->through.store;
    if (item->position <= *through)
        return -EINVAL;
    size_t room = w->cap - w->len, len;
    struct cbor_writer out;
    cbor_writer_init(&out, w->buffer + w->len, room > ENVELOPE_MAX ? room - ENVELOPE_MAX : 0);
    cbor_write_array(&out, ITEM_ITEMS);
    cbor_write_uint(&out, item->lane);
    cbor_write_uint(&out, item->position);
    cbor_write_uint(&out, item->kind);
    cbor_write_bytes(&out, item->body.data, item->body.len);
    int rc = cbor_writer_finish(&out, &len);
    if (rc < 0)
        return rc;
    w->len += len;
    w->count++;
    *through = item->position;
    return 0;
}

int feed_page_finish(const struct feed_page_writer *w, const struct feed_page_head *head, uint8_t *out, size_t cap,
                     size_t *out_len)
{
    struct cbor_writer writer;
    cbor_writer_init(&writer, out, cap);
    cbor_write_array(&writer, PAGE_ITEMS);
    cbor_write_uint(&writer, w->through.store);
    cbor_write_uint(&writer, w->through.brand);
    cbor_write_uint(&writer, head->server_epoch);
    cbor_write_uint(&writer, head->server_ms);
    cbor_write_bool(&writer, head->more);
    cbor_write_array(&writer, w->count);
    cbor_write_raw(&writer, w->buffer, w->len);
    return cbor_writer_finish(&writer, out_len);
}

int feed_page_open(struct slice data, struct feed_page_head *out_head, struct feed_page_reader *out_reader)
{
    struct cbor_reader r;
    struct feed_page_head head;
    if (data.len > FEED_PAGE_BYTES_MAX)
        return -EBADMSG;
    cbor_reader_init(&r, data.data, data.len);
    if (cbor_read_array(&r) != PAGE_ITEMS)
        return -EBADMSG;
    head.through.store = cbor_read_uint(&r);
    head.through.brand = cbor_read_uint(&r);
    head.server_epoch = cbor_read_u32(&r);
    head.server_ms = cbor_read_uint(&r);
    head.more = cbor_read_bool(&r);
    size_t count = cbor_read_array(&r);
    if (r.error || (count == 0 && r.pos != data.len))
        return -EBADMSG;
    *out_head = head;
    *out_reader = (struct feed_page_reader){.data = data, .pos = r.pos, .left = (uint32_t)count};
    return 0;
}

int feed_page_next(struct feed_page_reader *r, struct feed_item *out_item)
{
    if (r->left == 0)
        return r->pos == r->data.len ? 0 : -EBADMSG;
    struct cbor_reader in;
    cbor_reader_init(&in, r->data.data, r->data.len);
    in.pos = r->pos;
    if (cbor_read_array(&in) != ITEM_ITEMS)
        return -EBADMSG;
    uint32_t lane = cbor_read_u32(&in);
    struct feed_item item = {.position = cbor_read_uint(&in)};
    uint32_t kind = cbor_read_u32(&in);
    item.body = cbor_read_bytes(&in);
    if (in.error || lane > FEED_LANE_BRAND || kind > UINT16_MAX || item.position == 0 || item.body.len > FEED_BODY_MAX)
        return -EBADMSG;
    item.lane = (uint8_t)lane;
    item.kind = (uint16_t)kind;
    r->pos = in.pos;
    r->left--;
    *out_item = item;
    return 1;
}
