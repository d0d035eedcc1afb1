#include "view/internal.h"

#include <string.h>

void view_fill_self_test(const struct flow *flow, struct view_self_test *t)
{
    const struct flow_self_test *test = &flow->self_test;
    t->item = test->item;
    t->corners = test->corners;
    for (uint32_t i = 0; i < test->result.count; i++)
        t->outcomes[test->result.results[i] / 8] = (uint8_t)(test->result.results[i] % 8);
    t->all_well = self_test_all_well(&test->result);
    t->kept = test->kept;
    memcpy(t->report, test->report, sizeof(t->report));
}
