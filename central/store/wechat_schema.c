#include "central/store/wechat.h"

/* What meets WeChat beside the tables of people: how pushes are sealed. Never change a step that was released. */
static const char *const steps[] = {
    "CREATE TABLE wechat_safe (account TEXT PRIMARY KEY, mode INTEGER NOT NULL, key_sealed BLOB NOT NULL) STRICT, "
    "WITHOUT ROWID;",
};

const struct store_schema store_schema_wechat = {"wechat", steps, ARRAY_LEN(steps)};
