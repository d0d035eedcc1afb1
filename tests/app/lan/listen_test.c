#include "fake_till.h"

#include "platform/keys.h"
#include "platform/tls.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Two rooms with their own threads, listeners and real TLS on the loop-back. */

struct shop {
    struct till till;
    struct lan *lan;
    struct key_pair key;
    char key_path[128];
    uint32_t answers; /* this and the next: news_mutex */
    struct till_answer last;
};

static struct shop shops[2];
static pthread_mutex_t news_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER; /* an answer, or another status */
static char folder[64];

static void keep(void *context, const struct till_answer *answer)
{
    struct shop *shop = context;
    pthread_mutex_lock(&news_mutex);
    shop->last = *answer;
    shop->answers++;
    pthread_cond_broadcast(&news);
    pthread_mutex_unlock(&news_mutex);
}

static void on_status(void *context, const struct lan_status *status)
{
    (void)context;
    (void)status;
    pthread_mutex_lock(&news_mutex);
    pthread_cond_broadcast(&news);
    pthread_mutex_unlock(&news_mutex);
}

static bool till_answers(void *context, const struct till_answer *answer)
{
    struct shop *shop = context;
    if (!lan_answered(shop->lan, answer))
        keep(shop, answer);
    return true;
}

static void know(struct shop *shop, const struct shop *other, const char *address)
{
    struct feed_terminal *known = &shop->till.store.terminals[0];
    known->terminal = other->till.store.terminal;
    memcpy(known->public_key, other->key.public_key, PUBLIC_KEY_LEN);
    snprintf(known->lan_address, sizeof(known->lan_address), "%s", address);
    shop->till.store.terminal_count = 1;
}

static void prepare(int i)
{
    struct shop *shop = &shops[i];
    memset(shop, 0, sizeof(*shop));
    key_pair_make(&shop->key, random_real());
    snprintf(shop->key_path, sizeof(shop->key_path), "%s/%d.key", folder, i);
    assert_int_equal(key_pair_save(&shop->key, shop->key_path), 0);
    fake_till_init(&shop->till, (uint32_t)i + 1, shop->key.secret_key);
    shop->till.answered = till_answers;
    shop->till.context = shop;
}

static void open_shop(struct shop *shop)
{
    struct lan_options options = {.till = &shop->till,
                                  .clock = clock_real(),
                                  .random = random_real(),
                                  .key_path = shop->key_path,
                                  .listen_address = "127.0.0.1",
                                  .answered = keep,
                                  .status_changed = on_status,
                                  .context = shop};
    assert_int_equal(sync_transport_https(&options.talk), 0);
    assert_int_equal(sync_transport_https(&options.ask), 0);
    assert_int_equal(lan_open(&options, &shop->lan), 0);
}

/* A test that waits for ever is ended by its time limit. */
static void await_live(struct shop *shop)
{
    struct lan_status status = {0};
    pthread_mutex_lock(&news_mutex);
    for (;;) {
        lan_status_copy(shop->lan, &status);
        if (status.live == 1)
            break;
        pthread_cond_wait(&news, &news_mutex);
    }
    pthread_mutex_unlock(&news_mutex);
}

static void await_answer(struct shop *shop)
{
    pthread_mutex_lock(&news_mutex);
    while (shop->answers == 0)
        pthread_cond_wait(&news, &news_mutex);
    pthread_mutex_unlock(&news_mutex);
}

static void await_address(struct shop *shop, char out_address[FEED_ADDRESS_MAX])
{
    pthread_mutex_lock(&news_mutex);
    for (;;) {
        lan_address_copy(shop->lan, out_address);
        if (out_address[0] != '\0')
            break;
        pthread_cond_wait(&news, &news_mutex);
    }
    pthread_mutex_unlock(&news_mutex);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/tillside-listen-XXXXXX");
    assert_non_null(mkdtemp(folder));
    prepare(0);
    prepare(1);
    know(&shops[0], &shops[1], "");
    open_shop(&shops[0]);
    char address[FEED_ADDRESS_MAX] = "";
    await_address(&shops[0], address);
    know(&shops[1], &shops[0], address);
    open_shop(&shops[1]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        lan_close(shops[i].lan);
        unlink(shops[i].key_path);
    }
    rmdir(folder);
    return 0;
}

/* The primary does not know where the peer is; the peer's signed hello says so. */
static void two_terminals_meet_and_one_redeems_for_the_other(void **state)
{
    (void)state;
    struct till_request request = {.op = TILL_REDEEM, .ticket = 5};
    await_live(&shops[0]);
    await_live(&shops[1]);
    assert_int_equal(lan_submit(shops[1].lan, &request), 0);
    await_answer(&shops[1]);
    assert_int_equal(shops[1].last.error, 0);
    assert_int_equal(shops[1].last.ticket, 5);
    assert_int_equal(shops[1].last.redeemed.group, 1);
    assert_int_equal(shops[0].till.last.via, 2);
}

static int post(struct shop *to, const struct key_pair *server, struct sync_response *response)
{
    char address[FEED_ADDRESS_MAX], url[FEED_ADDRESS_MAX + 16];
    uint8_t pin[HASH_LEN];
    struct sync_transport transport;
    const struct sync_request request = {
        .method = "POST", .path = "/v1/lan/hello", .body = {(const uint8_t *)"\xa0", 1}, .timeout_ms = 5000};
    lan_address_copy(to->lan, address);
    snprintf(url, sizeof(url), "https://%s", address);
    tls_ed25519_pin(server->public_key, pin);
    assert_int_equal(sync_transport_https(&transport), 0);
    transport.ops->target(transport.self, url, pin);
    int r = transport.ops->exchange(transport.self, &request, response);
    transport.ops->close(transport.self);
    return r;
}

static void a_listener_with_another_key_is_not_talked_to(void **state)
{
    (void)state;
    uint8_t body[1024];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    assert_int_equal(post(&shops[0], &shops[1].key, &response), -EKEYREJECTED);
}

static void an_unsigned_request_is_refused_with_the_time(void **state)
{
    (void)state;
    uint8_t body[1024];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    assert_int_equal(post(&shops[0], &shops[0].key, &response), 0);
    assert_int_equal(response.status, 401);
    assert_true(response.server_ms > UINT64_C(1500000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_terminals_meet_and_one_redeems_for_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(a_listener_with_another_key_is_not_talked_to, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unsigned_request_is_refused_with_the_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
