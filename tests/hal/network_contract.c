#include "rig.h"

#include <poll.h>

#include "hal/network.h"

static struct network *open_network(struct bench *bench, const char *backend, const char *device)
{
    struct network_spec spec = {0};
    struct network *network = NULL;

    bench_open(bench);
    strcpy(spec.backend, backend);
    strcpy(spec.device, device);
    assert_int_equal(network_open(&spec, &bench->context, &network), 0);
    return network;
}

static void a_cut_is_news_and_the_network_comes_back(void **state)
{
    struct network_state link;
    struct bench bench;
    struct network *network = open_network(&bench, "sim", "");
    struct pollfd polled = {.fd = network_fd(network), .events = POLLIN};

    (void)state;
    assert_int_equal(network_state(network, &link), 0);
    assert_true(link.up);
    assert_string_equal(link.interface, "sim0");
    assert_int_equal(poll(&polled, 1, 0), 0);
    sim_network_set(bench.sim, false);
    assert_int_equal(poll(&polled, 1, 0), 1);
    assert_int_equal(network_state(network, &link), 0);
    assert_false(link.up);
    assert_string_equal(link.address, "");
    assert_int_equal(poll(&polled, 1, 0), 0);
    sim_network_set(bench.sim, true);
    assert_int_equal(network_state(network, &link), 0);
    assert_true(link.up);
    network_close(network);
    bench_close(&bench);
}

static void an_unplugged_adapter_says_so(void **state)
{
    struct network_state link;
    struct bench bench;
    struct network *network = open_network(&bench, "sim", "");

    (void)state;
    assert_int_equal(sim_fail(bench.sim, HAL_NETWORK, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(network_state(network, &link), -ENODEV);
    network_close(network);
    bench_close(&bench);
}

static void the_loopback_counts_only_when_it_is_named(void **state)
{
    struct network_state link;
    struct bench bench;
    struct network *network = open_network(&bench, "linux", "lo");

    (void)state;
    assert_true(network_fd(network) >= 0);
    assert_int_equal(network_state(network, &link), 0);
    assert_true(link.up);
    assert_string_equal(link.interface, "lo");
    assert_string_equal(link.address, "127.0.0.1");
    network_close(network);
    bench_close(&bench);
    network = open_network(&bench, "linux", "");
    assert_int_equal(network_state(network, &link), 0);
    assert_string_not_equal(link.interface, "lo");
    network_close(network);
    bench_close(&bench);
}

static void an_interface_that_is_not_there_is_down(void **state)
{
    struct network_state link = {.up = true};
    struct bench bench;
    struct network *network = open_network(&bench, "linux", "nosuch0");

    (void)state;
    assert_int_equal(network_state(network, &link), 0);
    assert_false(link.up);
    assert_int_equal(network_fd(NULL), -1);
    assert_int_equal(network_state(NULL, &link), -ENODEV);
    network_close(network);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_is_news_and_the_network_comes_back),
        cmocka_unit_test(an_unplugged_adapter_says_so),
        cmocka_unit_test(the_loopback_counts_only_when_it_is_named),
        cmocka_unit_test(an_interface_that_is_not_there_is_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
