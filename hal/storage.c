#include "hal/storage.h"

#include <assert.h>

int storage_state(struct storage *storage, struct storage_state *out_state)
{
    assert(out_state);
    return storage ? storage->ops->state(storage, out_state) : -ENODEV;
}

int storage_identity(struct storage *storage, struct storage_identity *out_identity)
{
    assert(out_identity);
    return storage ? storage->ops->identity(storage, out_identity) : -ENODEV;
}

int storage_mark_read(struct storage *storage, struct storage_mark *out_mark)
{
    assert(out_mark);
    return storage ? storage->ops->mark_read(storage, out_mark) : -ENODEV;
}

int storage_mark_write(struct storage *storage, const struct storage_mark *mark)
{
    assert(mark);
    return storage ? storage->ops->mark_write(storage, mark) : -ENODEV;
}

void storage_close(struct storage *storage)
{
    if (storage) {
        storage->ops->close(storage);
    }
}
