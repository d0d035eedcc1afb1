#ifndef CENTRAL_STORE_WECHAT_H
#define CENTRAL_STORE_WECHAT_H

/*
 * What central keeps of WeChat: accounts, who is who (channel_identity, the only place that links a person to a member)
 * and the inbox of every push, verbatim and sealed. Erasing an identity takes its inbox with it.
 */

#include "central/store/wechat_keys.h"

extern const struct store_schema store_schema_wechat; /* wechat_schema.c; needs the tables of people */

/* How the platform was told to send pushes. Compatible takes both forms, for the hours of a change. */
enum wechat_mode { WECHAT_PLAIN = 0, WECHAT_COMPATIBLE = 1, WECHAT_SAFE = 2 };

#define WECHAT_AES_KEY_CAP 44 /* EncodingAESKey and its NUL */

struct wechat_account {
    char name[ACCOUNT_NAME_MAX]; /* in the callback's path */
    uint32_t brand;
    char token[65]; /* of the callback's signature */
    char api[160];  /* base URL of the server API; "" = not configured: follow QRs carry their scene themselves */
    char appid[33];
    char secret[65];
    enum wechat_mode mode;
    char aes_key[WECHAT_AES_KEY_CAP]; /* "" when mode is plain */
};

MUST_CHECK int wechat_put_account(struct store_tx *tx, const struct channel_keys *keys,
                                  const struct wechat_account *account);
MUST_CHECK int wechat_find_account(struct store_tx *tx, const struct channel_keys *keys, const char *name,
                                   struct wechat_account *out_account);
/* The brand's account (the first by name); -ENOENT. */
MUST_CHECK int wechat_find_brand_account(struct store_tx *tx, const struct channel_keys *keys, uint32_t brand,
                                         struct wechat_account *out_account);

MUST_CHECK int wechat_has_account(struct store_tx *tx, const char *name, bool *out_has);

/* The names of a brand's accounts, in order; those past cap are left out. */
typedef char wechat_account_name[ACCOUNT_NAME_MAX];
MUST_CHECK int wechat_brand_accounts(struct store_tx *tx, uint32_t brand, wechat_account_name *out_names, size_t cap,
                                     size_t *out_count);

struct channel_identity {
    uint64_t id;
    char account[ACCOUNT_NAME_MAX];
    uint64_t member;     /* 0: has not joined */
    uint32_t touchpoint; /* the last one scanned before joining; 0: unattributed */
    int64_t followed_ms;
};

/* Who is on the other end, known or new. scene_touchpoint 0 leaves what is known; once joined nothing changes it. */
struct channel_person {
    const char *account, *openid;
    uint32_t scene_touchpoint;
};
MUST_CHECK int wechat_meet(struct store_tx *tx, const struct channel_keys *keys, const struct channel_person *person,
                           struct channel_identity *out_identity);
MUST_CHECK int wechat_find_identity(struct store_tx *tx, uint64_t id, struct channel_identity *out_identity);
/* The identity of a member, the latest of several; -ENOENT: none, or it has left. */
MUST_CHECK int wechat_find_member(struct store_tx *tx, uint64_t member, struct channel_identity *out_identity);
/* Where to write to: for the moment of sending only, never to be kept. -ENOENT: the person has left. */
#define OPENID_CAP 65
MUST_CHECK int wechat_open_identity(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                                    char out_openid[OPENID_CAP]);
MUST_CHECK int wechat_find_who(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                               struct channel_identity *out_identity);
/* A follow that was booked as unattributed on its day belongs to a touchpoint. */
MUST_CHECK int wechat_move_follow(struct store_tx *tx, uint32_t touchpoint, int64_t followed_ms);
/* A touchpoint learnt later, by asking the platform; only for who has none yet. */
MUST_CHECK int wechat_set_touchpoint(struct store_tx *tx, uint64_t identity, uint32_t touchpoint);
/* -EALREADY when the identity has a member. */
MUST_CHECK int wechat_link_member(struct store_tx *tx, uint64_t identity, uint64_t member);
/* Unsubscribed: the identity row and every message of that person go; *out_identity is what it was (id 0: unknown). */
MUST_CHECK int wechat_forget(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                             struct channel_identity *out_identity);
/* The same for one that is known. */
MUST_CHECK int wechat_forget_identity(struct store_tx *tx, const struct channel_identity *identity);
/* All of a member's, oldest first. */
typedef int (*wechat_identity_visit)(void *context, const struct channel_identity *identity);
MUST_CHECK int wechat_each_identity_of(struct store_tx *tx, uint64_t member, wechat_identity_visit visit,
                                       void *context);
/* Numbers of the messages this person sent, oldest first. */
typedef int (*wechat_message_visit)(void *context, uint64_t id, int64_t received_ms);
MUST_CHECK int wechat_each_message_of(struct store_tx *tx, const struct channel_identity *identity,
                                      wechat_message_visit visit, void *context);

/* ---- inbox */

enum inbox_state { INBOX_WAITING = 0, INBOX_DONE = 1, INBOX_FAILED = 2 };

struct inbox_entry {
    const char *account;
    const char *identity; /* what makes two pushes the same (wechat_message_identity) */
    const char *kind;     /* wechat_kind_name */
    const char *openid;   /* "" when the sender cannot be read */
    int64_t created_s;    /* the sender's time: a repeated push has the same */
    struct slice message; /* verbatim */
    enum inbox_state state;
};

/* An entry as it is stored. Made by any thread before the transaction, because sealing takes longer than writing. */
struct inbox_sealed {
    const char *account, *kind; /* the entry's */
    uint8_t identity[HASH_LEN];
    uint8_t who[WHO_LEN];
    enum inbox_state state;
    uint8_t *sealed; /* owned */
    size_t sealed_len;
};
MUST_CHECK int wechat_seal_message(const struct channel_keys *keys, struct random *random,
                                   const struct inbox_entry *entry, struct inbox_sealed *out_sealed);
void wechat_sealed_finish(struct inbox_sealed *sealed); /* NULL-safe, safe on zeros */

/* -EEXIST: the same push is here already. */
MUST_CHECK int wechat_store_message(struct store_tx *tx, const struct inbox_sealed *sealed, uint64_t *out_id);

struct inbox_item {
    uint64_t id;
    char account[ACCOUNT_NAME_MAX];
    uint8_t who[WHO_LEN];
    enum inbox_state state;
};
/* Appends the message as it came to *out_message. -ENOENT: unknown or erased. */
MUST_CHECK int wechat_read_message(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                                   struct inbox_item *out_item, struct buffer *out_message);
MUST_CHECK int wechat_settle_message(struct store_tx *tx, uint64_t id, enum inbox_state state);
/* The oldest message that waits for its work; -ENOENT. */
MUST_CHECK int wechat_next_waiting(struct store_tx *tx, uint64_t *out_id);
MUST_CHECK int wechat_count_messages(struct store_tx *tx, uint64_t *out_waiting, uint64_t *out_total);

#endif
