#ifndef CENTRAL_STORE_PEOPLE_TAG_H
#define CENTRAL_STORE_PEOPLE_TAG_H

/*
 * Tags of a brand: a vocabulary with a version that rises with every word added or retired, so that nobody invents
 * spellings. Operators tag members; with tags that are offered for it members tag themselves (source SELF). Journals
 * carry the tag's number, never its name.
 */

#include "central/store/people_member.h"
#include "central/store/segment_query.h"

struct tag {
    uint32_t id;
    uint32_t brand;
    char name[TAG_NAME_MAX]; /* unique within its brand */
    bool self;               /* offered to members */
    uint32_t since_version;  /* of the vocabulary */
    uint32_t gone_version;   /* 0: in use */
};

/* id and versions are given. A retired name comes back as the same tag. -EEXIST: in use; -EINVAL: "" or a quote. */
MUST_CHECK int people_add_tag(struct store_tx *tx, const struct tag *tag, const char *who, uint32_t *out_id);
/* Nobody gets it any more; who has it keeps it, and segments still find them. -ENOENT. */
MUST_CHECK int people_retire_tag(struct store_tx *tx, uint32_t id, const char *who);
/* Retired ones too. -ENOENT. */
MUST_CHECK int people_find_tag(struct store_tx *tx, uint32_t brand, const char *name, struct tag *out_tag);
typedef int (*people_tag_visit)(void *context, const struct tag *tag);
/* In order of name; brand 0: of all brands. */
MUST_CHECK int people_each_tag(struct store_tx *tx, uint32_t brand, people_tag_visit visit, void *context);
/* 0: no word yet. */
MUST_CHECK int people_tag_version(struct store_tx *tx, uint32_t brand, uint32_t *out_version);

enum tag_source { TAG_BY_OPERATOR = 0, TAG_BY_SELF = 1 };

struct tag_change {
    uint64_t member;
    uint32_t tag;
    enum tag_source source;
    bool on;         /* false: taken off; what the other source said stays */
    const char *who; /* NULL: the member */
};
/* Journals RECORD_MEMBER_TAGGED unless it is so already. -ENOENT: no such member or tag; -EPERM: the member is erased,
 * the tag retired, or not offered to members; -EXDEV: another brand's tag. */
MUST_CHECK int people_change_tag(struct store_tx *tx, const struct tag_change *change);

struct member_tag {
    struct tag tag;
    enum tag_source source;
    int64_t at_ms;
};
typedef int (*people_member_tag_visit)(void *context, const struct member_tag *tag);
MUST_CHECK int people_each_member_tag(struct store_tx *tx, uint64_t member, people_member_tag_visit visit,
                                      void *context);

#endif
