#include "central/store/identity.h"
#include "central/store/ledger.h"
#include "central/store/records.h"
#include "central/store/rights.h"
#include "central/store/writer.h"
#include "cmocka_all.h"
#include "disk.h"
#include "plain_memory.h"

#include <stdio.h>
#include <string.h>

/*
 * Central's writer: two batches and a job that refuses share one commit, and each I/O of it fails once each way. A job
 * that is answered "done" is there after a power cut; one that is refused can be sent again; the books check out. The
 * power is also cut before each write of random groups.
 */

#define PATH      "central.db"
#define TERMINALS 2
#define CUTS_MAX  400

struct sender { /* a terminal's chain, as far as it was made */
    uint32_t terminal;
    uint64_t seq;
    uint8_t hash[HASH_LEN];
    uint8_t buffer[BATCH_BYTES_MAX], bytes[BATCH_BYTES_MAX];
    size_t len;
    uint64_t told; /* durable through, as answered */
    int result;
};

static struct disk *disk, *other_disk;
static struct disk_image *template;
static struct sim_clock sim_time;
static struct sim_random chance;
static struct store *store;
static struct writer *writer;
static struct sender senders[TERMINALS], template_senders[TERMINALS];
static uint32_t brand, shop, runs, met, done_anyway, cuts_done;
static char trying[96];
static struct disk_image *cuts[CUTS_MAX];
static size_t cut_count;

static int add_shop(void *arg, struct store_tx *tx)
{
    struct brand row = {.name_zh = "晨光", .name_en = "Dawn"};
    struct shop place = {.earn_permille = 50, .idle_s = 60, .store_epoch = 1};
    (void)arg;
    int rc = identity_add_brand(tx, &row, &brand);
    place.brand = brand;
    strcpy(place.name_zh, "东门店");
    return rc < 0 ? rc : identity_add_shop(tx, &place, &shop);
}

static int try_open(struct disk *at)
{
    const struct store_options options = {.path = PATH,
                                          .clock = &sim_time.base,
                                          .random = &chance.base,
                                          .readers = 1,
                                          .vfs = disk_vfs_name(at),
                                          .create = true};
    int rc = store_open(&options, &store);
    if (rc < 0)
        return rc;
    const struct writer_options writer_options = {.store = store, .inline_jobs = true};
    assert_int_equal(writer_open(&writer_options, &writer), 0);
    return 0;
}

static void close_all(void)
{
    writer_close(writer);
    store_close(store);
    writer = NULL;
    store = NULL;
}

static void add_record(struct sender *s, struct batch_writer *w, const struct body *body)
{
    uint8_t bytes[RECORD_BODY_MAX];
    struct record record = {.version = RECORD_VERSION, .id = {s->terminal, 1, s->seq + 1}, .kind = body->kind};
    size_t len = 0;
    assert_int_equal(body_encode(body, bytes, sizeof(bytes), &len), 0);
    record.hlc = (uint64_t)clock_wall_ms(&sim_time.base) << 16 | (s->seq & 0xffff);
    record.body = (struct slice){bytes, len};
    memcpy(record.prev_hash, s->hash, HASH_LEN);
    record_seal(&record);
    assert_int_equal(batch_add(w, &record), 0);
    memcpy(s->hash, record.hash, HASH_LEN);
    s->seq++;
}

/* A redemption with its sale and earn, and some sign-ins. */
static void make_batch(struct sender *s, unsigned extra)
{
    struct batch_writer w;
    static const uint8_t secret[SECRET_KEY_LEN];
    uint64_t group = s->seq + 1, member = 700 + s->terminal;
    struct body redemption = {.kind = RECORD_REDEMPTION}, sale = {.kind = RECORD_SALE};
    struct body earn = {.kind = RECORD_CREDIT_EARN}, sign_in = {.kind = RECORD_SIGN_IN};
    redemption.redemption = (struct body_redemption){.coupon = {1001, s->terminal * 100000 + s->seq},
                                                     .use_no = 1,
                                                     .mode = MODE_HOME,
                                                     .member = member,
                                                     .discount_minor = 500,
                                                     .sale_minor = 3000,
                                                     .offline = true};
    sale.sale = (struct body_sale){.group = group,
                                   .member = member,
                                   .gross_minor = 3000,
                                   .discount_minor = 500,
                                   .paid_minor = 2500,
                                   .tender = TENDER_CASH};
    earn.credit =
        (struct body_credit){.group = group, .member = member, .owner = {OWNER_STORE, shop}, .amount_minor = 125};
    batch_writer_init(&w, s->buffer, sizeof(s->buffer));
    add_record(s, &w, &redemption);
    add_record(s, &w, &sale);
    add_record(s, &w, &earn);
    for (unsigned i = 0; i < extra; i++) {
        sign_in.sign_in = (struct body_sign_in){.clerk = i + 1, .method = SIGN_IN_PIN};
        add_record(s, &w, &sign_in);
    }
    assert_int_equal(batch_finish(&w, secret, s->bytes, sizeof(s->bytes), &s->len), 0);
}

static int applied(void *context, struct store_tx *tx, const struct record *record)
{
    (void)context;
    return records_apply(tx, record, shop);
}

static int run_batch(void *arg, struct store_tx *tx)
{
    struct sender *s = arg;
    const struct journal_sink sink = {applied, NULL};
    struct batch_reader reader;
    struct journal_outcome outcome;
    assert_int_equal(batch_open(s->bytes, s->len, &reader), 0);
    int rc = journal_append_batch(tx, &reader, shop, &sink, &outcome);
    if (rc == 0)
        assert_int_equal(outcome.fit, JOURNAL_FITS);
    return rc;
}

static void done_batch(void *arg, int result)
{
    struct sender *s = arg;
    s->result = result;
    if (result == 0)
        s->told = s->seq;
}

static int run_refusal(void *arg, struct store_tx *tx)
{
    (void)arg;
    int rc = store_meta_set(tx, "never", 1); /* must not stay */
    return rc < 0 ? rc : -EPERM;
}

static void done_nothing(void *arg, int result)
{
    (void)arg;
    assert_true(result < 0);
}

static int run_together(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

/* From within an answer several jobs can be left for one group. */
static void submit_all(void *arg, int result)
{
    const struct writer_job refusal = {.lane = WRITER_LIVE, .run = run_refusal, .done = done_nothing};
    (void)arg;
    (void)result;
    for (int i = 0; i < TERMINALS; i++) {
        const struct writer_job job = {.lane = WRITER_LIVE, .run = run_batch, .done = done_batch, .arg = &senders[i]};
        assert_int_equal(writer_submit(writer, &job), 0);
        assert_int_equal(writer_submit(writer, &refusal), 0);
    }
}

static void send_group(void)
{
    const struct writer_job first = {.lane = WRITER_LIVE, .run = run_together, .done = submit_all};
    assert_int_equal(writer_submit(writer, &first), 0);
}

static void check_books(struct store_tx *tx)
{
    struct journal_finding finding;
    struct rights_totals totals;
    char account[ACCOUNT_MAX], text[128];
    int64_t cny, credit, number;
    assert_int_equal(db_check(store_tx_db(tx), false, text, sizeof(text)), 0);
    assert_int_equal(journal_verify_all(tx, &finding), 0);
    assert_int_equal(ledger_verify(tx, account), 0);
    assert_int_equal(ledger_sums(tx, &cny, &credit), 0);
    assert_true(cny == 0 && credit == 0);
    assert_int_equal(rights_totals(tx, &totals), 0);
    assert_int_equal(totals.unexplained, 0);
    assert_int_equal(store_meta_get(tx, "never", &number), -ENOENT);
}

/* What was told is there, nothing half, and the books agree. */
static void check_image(const struct disk_image *image, const uint64_t told[TERMINALS], const uint64_t made[TERMINALS])
{
    struct store *kept_store = store;
    struct writer *kept_writer = writer;
    struct store_tx tx;
    disk_load(other_disk, image);
    int rc = try_open(other_disk);
    if (rc < 0)
        fail_msg("%s: the books do not open: %d", trying, rc);
    assert_int_equal(store_read_begin(store, &tx), 0);
    for (int i = 0; i < TERMINALS; i++) {
        struct journal_marks marks;
        assert_int_equal(journal_marks_read(&tx, senders[i].terminal, 1, &marks), 0);
        if (marks.durable_through != told[i] && marks.durable_through != made[i])
            fail_msg("%s: terminal %d was told %u, there is %u", trying, i, (unsigned)told[i],
                     (unsigned)marks.durable_through);
    }
    check_books(&tx);
    store_read_end(&tx);
    close_all();
    store = kept_store;
    writer = kept_writer;
}

static void check_now(void)
{
    const uint64_t told[TERMINALS] = {senders[0].told, senders[1].told};
    const uint64_t made[TERMINALS] = {senders[0].seq, senders[1].seq};
    struct disk_image *image = disk_cut(disk, &chance.base, DISK_LOSE_ALL);
    check_image(image, told, made);
    disk_image_close(image);
}

static int make_template(void **state)
{
    (void)state;
    sim_clock_init(&sim_time, INT64_C(1795000000000));
    sim_random_init(&chance, 5);
    disk_open(&disk);
    disk_open(&other_disk);
    assert_int_equal(try_open(disk), 0);
    assert_int_equal(writer_call(writer, add_shop, NULL), 0);
    for (int i = 0; i < TERMINALS; i++) {
        senders[i].terminal = 11 + (uint32_t)i;
        make_batch(&senders[i], 3);
    }
    send_group();
    assert_true(senders[0].told == 6 && senders[1].told == 6);
    close_all();
    template = disk_cut(disk, &chance.base, DISK_LOSE_ALL);
    memcpy(template_senders, senders, sizeof(senders));
    return 0;
}

static int drop_template(void **state)
{
    (void)state;
    print_message("%u I/Os failed in %u runs, %u jobs done all the same; %u power cuts\n", met, runs, done_anyway,
                  cuts_done);
    disk_image_close(template);
    disk_close(disk);
    disk_close(other_disk);
    return 0;
}

static void begin(void)
{
    disk_load(disk, template);
    memcpy(senders, template_senders, sizeof(senders));
    assert_int_equal(try_open(disk), 0);
    for (int i = 0; i < TERMINALS; i++)
        make_batch(&senders[i], 2);
}

/* False when the group has no such I/O. */
static bool fail_one(enum disk_io io, uint32_t nth, enum disk_fault fault, bool lasting)
{
    begin();
    snprintf(trying, sizeof(trying), "%s %u%s: %s", disk_io_name(io), nth, lasting ? " and later" : "",
             disk_fault_name(fault));
    disk_faults_clear(disk);
    disk_fail(disk, io, nth, fault, lasting);
    send_group();
    bool failed = disk_failures(disk) > 0;
    disk_faults_clear(disk);
    check_now();
    for (int i = 0; i < TERMINALS; i++) {
        done_anyway += failed && senders[i].result == 0;
        if (senders[i].result != 0 && senders[i].result != -EIO && senders[i].result != -ENOSPC)
            fail_msg("%s: answered %d", trying, senders[i].result);
    }
    send_group(); /* as a terminal does that got no answer */
    for (int i = 0; i < TERMINALS; i++)
        assert_int_equal(senders[i].result, 0);
    check_now();
    close_all();
    runs++;
    met += failed;
    return failed;
}

static void each_io_of_a_group_may_fail(void **state)
{
    (void)state;
    for (int io = 0; io < DISK_IO_COUNT; io++) {
        for (int way = 0; way < DISK_FAULT_COUNT * 2; way++) {
            enum disk_fault fault = (enum disk_fault)(way / 2);
            if (fault == DISK_SHORT && io != DISK_WRITE)
                continue;
            for (uint32_t nth = 1; fail_one((enum disk_io)io, nth, fault, way % 2); nth++)
                ;
        }
    }
    assert_true(met > 60);
}

static void cut(void *context, struct disk *at)
{
    (void)context;
    assert_true(cut_count < CUTS_MAX);
    cuts[cut_count++] = disk_cut(at, &chance.base, DISK_LOSE_BY_CHANCE);
}

static void a_power_cut_takes_nothing_that_was_acknowledged(void **state)
{
    (void)state;
    begin();
    for (unsigned group = 0; group < 40; group++) {
        const uint64_t told[TERMINALS] = {senders[0].told, senders[1].told};
        const uint64_t made[TERMINALS] = {senders[0].seq, senders[1].seq};
        snprintf(trying, sizeof(trying), "group %u", group);
        disk_watch_set(disk, cut, NULL);
        send_group();
        disk_watch_set(disk, NULL, NULL);
        for (size_t i = 0; i < cut_count; i++) {
            check_image(cuts[i], told, made);
            disk_image_close(cuts[i]);
        }
        cuts_done += (uint32_t)cut_count;
        cut_count = 0;
        assert_true(senders[0].result == 0 && senders[1].result == 0);
        check_now();
        for (int i = 0; i < TERMINALS; i++)
            make_batch(&senders[i], (unsigned)random_below(&chance.base, 12));
    }
    close_all();
    assert_true(cuts_done > 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_io_of_a_group_may_fail),
        cmocka_unit_test(a_power_cut_takes_nothing_that_was_acknowledged),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_central_io", tests, make_template, drop_template);
}
