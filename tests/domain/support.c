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
    for (uint32_t i = 0; i < set.count; i++) {
        struct test_key key = test_key_make((uint8_t)(i + 1));
        set.keys[i].kid = (uint8_t)(i + 1);
        set.keys[i].purpose = purposes[i];
        memcpy(set.keys[i].public_key, key.public_key, PUBLIC_KEY_LEN);
    }
    set.keys[3].revoked = true;
    return set;
}

static const struct body samples[TEST_BODIES] = {
    {.kind = RECORD_INCARNATION, .incarnation = {"TS-0001", "disk 7", "6f1c1e60-uuid", 41, "0.1.0"}},
    {.kind = RECORD_SIGN_IN, .sign_in = {12, SIGN_IN_PIN}},
    {.kind = RECORD_SIGN_OUT, .sign_in = {12, 0}},
    {.kind = RECORD_REDEMPTION,
     .redemption = {.coupon = {1001, 123456},
                    .use_no = 1,
                    .epoch = 2,
                    .mode = MODE_HOME,
                    .member = 4611686018427387903,
                    .clerk = 12,
                    .discount_minor = 500,
                    .sale_minor = 3000,
                    .policy_version = 4,
                    .business_ms = 1795255200000,
                    .uncertainty_ms = 860,
                    .sync_age_s = 3600,
                    .offline = true,
                    .typed = true,
                    .token_hash = {1, 2, 3, 4, 5, 6, 7, 8}}},
    {.kind = RECORD_SALE, .sale = {77, 12, 99, 3000, 500, 1000, 1500, TENDER_CASH, 1795255200000, 0, {0}}},
    {.kind = RECORD_CREDIT_EARN, .credit = {77, 99, {OWNER_BRAND, 7}, 150, 12, 0, 0, 1795255200000, 50, 0, {0}}},
    {.kind = RECORD_CREDIT_SPEND,
     .credit = {77, 99, {OWNER_BRAND, 7}, 1000, 12, SPEND_BY_CODE, 0xfeedface, 1795255200000, 0, 0, {0}}},
    {.kind = RECORD_VOID,
     .voided = {{5, 1, 78}, RECORD_CREDIT_EARN, 80, 12, "顾客退货", 30, 1795255260000, 0, {0}, {0}, 0}},
    {.kind = RECORD_RIGHT_GRANTED, .right = {{1001, 123456}, 3, 2, 9001, false, 0, 0}},
    {.kind = RECORD_RIGHT_RELEASED, .right = {{1001, 123456}, 2, 2, 9000, false, 0, 0}},
    {.kind = RECORD_SHARE_GRANTED, .share = {99, {OWNER_BRAND, 7}, 2500, 9002, {0}}},
    {.kind = RECORD_SHARE_RELEASED, .share = {99, {OWNER_BRAND, 7}, 0, 9003, {0}}},
    {.kind = RECORD_SCAN_REFUSED, .refused = {9, {1001, 123456}, 12, {8, 7, 6, 5, 4, 3, 2, 1}}},
    {.kind = RECORD_RECEIPT, .receipt = {77, RECEIPT_FAILED, "paper end", 0}},
    {.kind = RECORD_DRAWER_KICK, .drawer = {0, 12, "change", 0}},
    {.kind = RECORD_QR_SHOWN, .qr_shown = {31, 3600}},
    {.kind = RECORD_DATE_CONFIRMED, .date_confirmed = {12, -1000}},
    {.kind = RECORD_GREETED, .greeted = {55, 99, 31}},
    {.kind = RECORD_PROMOTION, .promotion = {1, 2, 77, {0xaa, 1}, true, 3, 9, true, 1784000000000}},
    {.kind = RECORD_ALONE, .alone = {true, 9, "the other till is off"}},
    {.kind = RECORD_SELF_TEST,
     .self_test = {1795255200000,
                   95,
                   12,
                   "0.1.0",
                   "qemu-arm64",
                   "TS-0001",
                   2,
                   {SELF_TEST_RESULT(SELF_TEST_SCREEN, SELF_TEST_PASSED),
                    SELF_TEST_RESULT(SELF_TEST_SOUND, SELF_TEST_FAILED)}}},
    {.kind = RECORD_DEVICE_STATUS,
     .device_status = {STATUS_CHANGE, "0.1.0", "qemu-arm64", "B", 0x24, 60, 48250, 1800, 7600, 86400, 12}},
    {.kind = RECORD_ORDER_DONE, .order_done = {71, ORDER_UPDATE, ORDER_REFUSED, "0.1.0", "below the floor"}},
    {.kind = RECORD_SURVEY_ANSWER, .survey_answer = {4, 2, 99, 1795255200000}},
    {.kind = RECORD_ORDER_STEP, .order_step = {71, ORDER_UPDATE, ORDER_INSTALLED, "0.1.0"}},
    {.kind = RECORD_CREDIT_EXPIRED,
     .expired = {99, {OWNER_BRAND, 7}, 900, {2, {{1796054400, 700}, {1798732800, 200}}}, 1798732900000}},
};

void test_bodies(struct body out_bodies[TEST_BODIES])
{
    memcpy(out_bodies, samples, sizeof samples); /* padding too: tests compare whole structs */
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
