#include "fuzz.h"

#include "central/store/segment_query.h"

#define TEXT_CAP 1024

/* Either a fault with its place, or a tree whose nodes stand behind their children. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_CAP + 1];
    struct segment_query query;
    struct segment_fault fault = {0, NULL};
    size_t len = size < TEXT_CAP ? size : TEXT_CAP;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    if (segment_parse(text, &query, &fault) < 0) {
        MUST(fault.what != NULL && fault.at <= strlen(text));
        return 0;
    }
    MUST(query.count > 0 && query.count <= SEGMENT_NODES_MAX && query.root == query.count - 1);
    for (uint8_t i = 0; i < query.count; i++) {
        const struct segment_node *node = &query.nodes[i];
        bool pair = node->op == SEGMENT_AND || node->op == SEGMENT_OR;
        MUST(!(pair || node->op == SEGMENT_NOT) || node->left < i);
        MUST(!pair || node->right < i);
        MUST(memchr(node->tag, 0, sizeof(node->tag)) != NULL);
    }
    return 0;
}
