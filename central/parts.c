#include "central/people.h"

const struct central_part *const central_parts[] = {&central_people,  &central_fleet,  &central_outbox,
                                                    &central_message, &central_wechat, &central_campaign,
                                                    &central_chain,   &central_webhook};
const size_t central_part_count = ARRAY_LEN(central_parts);
