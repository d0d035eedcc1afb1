#include "central/store/store.h"

#include <stdlib.h>

struct store_view {
    struct store_tx tx;
};

int store_view_open(const char *path, struct store_view **out_view)
{
    struct store_view *view = calloc(1, sizeof(*view));
    if (!view)
        return -ENOMEM;
    struct db_options options = {.mode = DB_READER};
    int rc = db_open(path, &options, &view->tx.db);
    if (rc == 0)
        rc = db_begin(view->tx.db);
    if (rc < 0) {
        store_view_close(view);
        return rc;
    }
    view->tx.now_ms = clock_wall_ms(clock_real());
    *out_view = view;
    return 0;
}

struct store_tx *store_view_tx(struct store_view *view)
{
    return &view->tx;
}

void store_view_close(struct store_view *view)
{
    if (!view)
        return;
    db_close(view->tx.db);
    free(view);
}
