#include "support.h"

#include <sodium.h>
#include <stdlib.h>

struct test_key test_key_make(uint8_t seed)
{
    uint8_t bytes[crypto_sign_SEEDBYTES];
    struct test_key key;
    memset(bytes, seed, sizeof bytes);
    crypto_sign_seed_keypair(key.public_key, key.secret, bytes);
    return key;
}

struct keyset test_keyset(void)
{
    static const uint8_t purposes[] = {KEY_COUPON, KEY_MEMBER, KEY_BADGE, KEY_COUPON};
    struct keyset set = {.brand = 7, .version = 3, .count = ARRAY_LEN(purposes)};
    for (uint8_t i = 0; i < set.count; i++) {
        struct test_key key = test_key_make(i + 1);
        set.keys[i].kid = i + 1;
        set.keys[i].purpose = purposes[i];
        memcpy(set.keys[i].public_key, key.public_key, PUBLIC_KEY_LEN);
    }
    set.keys[3].revoked = true;
    return set;
}

static void fill(struct body out[TEST_BODIES])
{
    const struct owner owner = {OWNER_BRAND, 7};
    const struct coupon_id coupon = {1001, 123456};
    out[0].incarnation = (struct body_incarnation){"TS-0001", "disk 7", "6f1c1e60-uuid", 41, "0.1.0"};
    out[1].sign_in = (struct body_sign_in){12, SIGN_IN_PIN};
    out[2].sign_in = (struct body_sign_in){12, 0};
    out[3].redemption = (struct body_redemption){coupon, 1,    2,    MODE_HOME, 4611686018427387903,
                                                 12,     500,  3000, 4,         1795255200000,
                                                 860,    3600, true, true,      {1, 2, 3, 4, 5, 6, 7, 8}};
    out[4].sale = (struct body_sale){77, 12, 99, 3000, 500, 1000, 1500, TENDER_CASH, 1795255200000};
    out[5].credit = (struct body_credit){77, 99, owner, 150, 12, 0, 0, 1795255200000, 50};
    out[6].credit = (struct body_credit){77, 99, owner, 1000, 12, SPEND_BY_CODE, 0xfeedface, 1795255200000, 0};
    out[7].voided = (struct body_void){{5, 1, 78}, RECORD_CREDIT_EARN, 80, 12, "顾客退货", 30, 1795255260000};
    out[8].right = (struct body_right){coupon, 3, 2, 9001};
    out[9].right = (struct body_right){coupon, 2, 2, 9000};
    out[10].share = (struct body_share){99, owner, 2500, 9002};
    out[11].share = (struct body_share){99, owner, 0, 9003};
    out[12].refused = (struct body_refused){9, coupon, 12, {8, 7, 6, 5, 4, 3, 2, 1}};
    out[13].receipt = (struct body_receipt){77, RECEIPT_FAILED, "paper end"};
    out[14].drawer = (struct body_drawer){0, 12, "change"};
    out[15].qr_shown = (struct body_qr_shown){31, 3600};
    out[16].date_confirmed = (struct body_date_confirmed){12, -1000};
    out[17].greeted = (struct body_greeted){55, 99, 31};
}

void test_bodies(struct body out_bodies[TEST_BODIES])
{
    memset(out_bodies, 0, TEST_BODIES * sizeof *out_bodies);
    for (uint16_t i = 0; i < TEST_BODIES; i++)
        out_bodies[i].kind = RECORD_INCARNATION + i;
    fill(out_bodies);
}

static void golden_path(const char *name, char *out, size_t cap)
{
    int len = snprintf(out, cap, "tests/data/golden/%s.hex", name);
    assert_true(len > 0 && (size_t)len < cap);
}

static void golden_write(const char *path, const uint8_t *data, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < len; i++)
        fprintf(file, "%02x%s", data[i], i % 32 == 31 ? "\n" : "");
    fprintf(file, "%s", len % 32 ? "\n" : "");
    assert_int_equal(fclose(file), 0);
}

size_t golden_read(const char *name, uint8_t *out, size_t cap)
{
    char path[128];
    golden_path(name, path, sizeof path);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    size_t len = 0;
    unsigned byte;
    while (fscanf(file, "%2x", &byte) == 1) {
        assert_true(len < cap);
        out[len++] = (uint8_t)byte;
    }
    fclose(file);
    return len;
}

void assert_golden(const char *name, const void *data, size_t len)
{
    static uint8_t wanted[64 * 1024];
    char path[128];
    golden_path(name, path, sizeof path);
    FILE *there = fopen(path, "r");
    if (there)
        fclose(there);
    else if (getenv("TILLSIDE_WRITE_GOLDEN"))
        golden_write(path, data, len);
    size_t wanted_len = golden_read(name, wanted, sizeof wanted);
    assert_int_equal(wanted_len, len);
    assert_memory_equal(wanted, data, len);
}
