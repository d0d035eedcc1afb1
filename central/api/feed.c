#include "central/store/feed.h"
#include "central/api/waiting.h"
#include "central/store/settle.h"
#include "central/store/succession.h"
#include "central/store/uncovered.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_S      25
#define CONTACT_NOTE_MS 60000

/* Two buffers of a page: items, and the whole. */
struct page {
    uint8_t items[FEED_PAGE_BYTES_MAX];
    uint8_t whole[FEED_PAGE_BYTES_MAX];
    struct feed_page_writer writer;
    size_t whole_len;
};

static struct feed_target target_of(const struct api_call *call)
{
    return (struct feed_target){call->terminal.brand, call->terminal.store};
}

static int read_page(struct api_call *call, struct page *page)
{
    struct store_tx tx;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0)
        return rc;
    struct feed_page_head head = {
        .server_epoch = store_server_epoch(tx.store),
        .server_ms = (uint64_t)tx.now_ms,
    };
    feed_page_init(&page->writer, page->items, sizeof(page->items), call->feed.after);
    rc = feed_read_page(&tx, target_of(call), &page->writer, &head.more);
    store_read_end(&tx);
    if (rc < 0)
        return rc;
    head.through = page->writer.through;
    return feed_page_finish(&page->writer, &head, page->whole, sizeof(page->whole), &page->whole_len);
}

static bool answer_page(struct api_call *call, bool even_empty)
{
    struct page *page = malloc(sizeof(*page));
    int rc = page ? read_page(call, page) : -ENOMEM;
    bool answered = true;
    if (rc < 0) {
        api_answer_error(call, rc);
    } else if (page->writer.count > 0 || even_empty) {
        call->central->metrics.feed_pages++;
        api_answer(call, 200, (struct slice){page->whole, page->whole_len});
    } else {
        answered = false;
    }
    free(page);
    return answered;
}

static void wait_for_news(struct api_call *call, uint64_t wait_s, uint64_t version)
{
    struct waiting_entry entry = {
        .call = call,
        .retry = answer_page,
        .store = call->terminal.store,
        .brand = call->terminal.brand,
        .deadline_ms = api_mono_ms(call) + (int64_t)wait_s * 1000,
        .version = version,
    };
    if (waiting_add(call->central->waiting, &entry) < 0)
        api_refuse(call, 503, "busy");
}

/* What a poll tells besides its cursor: that the terminal is there, where it listens, and where its journal ended. */
struct contact {
    struct succession_sign sign;
    bool settles, follows, covers;
    char lan_address[FEED_ADDRESS_MAX]; /* "" = nothing new */
};

static int run_contact(void *arg, struct store_tx *tx)
{
    const struct contact *contact = arg;
    int rc = identity_note_contact(tx, contact->sign.terminal);
    if (rc == 0 && contact->lan_address[0])
        rc = identity_note_address(tx, contact->sign.terminal, contact->lan_address);
    if (rc == 0 && contact->settles)
        rc = settle_note_shown(tx, contact->sign.terminal, contact->sign.seq);
    if (rc == 0 && contact->follows)
        rc = succession_go_on(tx, &contact->sign);
    if (rc == 0 && contact->covers)
        rc = uncovered_note_end(tx, &contact->sign);
    return rc;
}

static void done_contact(void *arg, int result)
{
    (void)result; /* the next poll notes it */
    free(arg);
}

/* Whether somebody waits for what this request shows. */
static int look_at_signs(const struct api_call *call, struct contact *contact)
{
    struct store_tx tx;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0)
        return rc;
    if (contact->sign.shows_end)
        rc = settle_is_news(&tx, contact->sign.terminal, contact->sign.seq, &contact->settles);
    if (rc == 0)
        rc = succession_is_due(&tx, &contact->sign, &contact->follows);
    if (rc == 0)
        rc = uncovered_is_due(&tx, &contact->sign, &contact->covers);
    store_read_end(&tx);
    return rc;
}

static void read_signs(const struct api_call *call, uint64_t position, struct contact *out_contact)
{
    uint64_t epoch = 0;
    struct contact contact = {.sign = {.terminal = call->terminal.id, .store = call->terminal.store}};
    contact.sign.shows_end = api_query_u64(call, "epoch", &epoch) &&
                             epoch == store_server_epoch(call->central->store) &&
                             api_query_u64(call, "seq", &contact.sign.seq);
    contact.sign.position = position;
    char address[FEED_ADDRESS_MAX];
    if (api_query_address(call, "lan", address) && strcmp(address, call->terminal.lan_address) != 0)
        memcpy(contact.lan_address, address, sizeof(address));
    *out_contact = contact;
}

/* Polling is all that a quiet terminal does: note now and then that it is there. */
static void note_contact(const struct api_call *call, uint64_t position)
{
    struct contact note;
    read_signs(call, position, &note);
    bool told = look_at_signs(call, &note) == 0 && (note.settles || note.follows || note.covers || note.lan_address[0]);
    if (!told && api_now_ms(call) - call->terminal.last_contact_ms < CONTACT_NOTE_MS)
        return;
    struct contact *contact = malloc(sizeof(*contact));
    if (!contact)
        return;
    *contact = note;
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_contact, .done = done_contact, .arg = contact};
    if (writer_submit(call->central->writer, &job) < 0)
        free(contact);
}

void api_feed(struct api_call *call)
{
    uint64_t wait_s = 0, epoch = 0;
    struct feed_cursor after = {0, 0};
    if (!api_query_u64(call, "store", &after.store) || !api_query_u64(call, "brand", &after.brand)) {
        api_refuse(call, 400, "cursor");
        return;
    }
    /* A cursor from before a restore counts positions of other items. */
    if (api_query_u64(call, "epoch", &epoch) && epoch != store_server_epoch(call->central->store))
        after = (struct feed_cursor){0, 0};
    if (!api_query_u64(call, "wait", &wait_s))
        wait_s = 0;
    if (wait_s > WAIT_MAX_S)
        wait_s = WAIT_MAX_S;
    call->feed.after = after;
    note_contact(call, after.store);
    uint64_t version = waiting_version(call->central->waiting);
    if (!answer_page(call, wait_s == 0))
        wait_for_news(call, wait_s, version);
}
