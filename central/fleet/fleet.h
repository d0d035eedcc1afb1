#ifndef CENTRAL_FLEET_FLEET_H
#define CENTRAL_FLEET_FLEET_H

/* What central does for its devices besides books: release files, and what the terminals ask for (api). */

#include "central/api/api.h"
#include "central/store/fleet_release.h"
#include "platform/buffer.h"

#define RELEASE_FOLDER    "releases"    /* in the data folder */
#define RELEASE_PART_MAX  (1024 * 1024) /* bytes in one answer; a larger range is cut to it */
#define RELEASE_CMS_MAX   (64 * 1024)   /* of a bundle's signature with its manifest and certificates */
#define BUNDLE_REASON_MAX 128

/* part.c: GET /v1/release/N with a range; POST /v1/logs?order=N. */
void fleet_send_release(struct api_call *call);
void fleet_take_logs(struct api_call *call);

/* DATA/releases/<sha256>.raucb */
MUST_CHECK int release_path(const struct central *central, const uint8_t sha256[HASH_LEN], char *out, size_t cap);

/* "bytes=A-B" or "bytes=A-" for a file of size bytes, cut to RELEASE_PART_MAX. -EINVAL: absent or another form (the
 * last N bytes, several ranges), -ERANGE: begins at or behind the end. */
struct byte_range {
    int64_t first, last; /* inclusive */
};
MUST_CHECK int release_range(const char *text, int64_t size, struct byte_range *out_range);

/*
 * bundle.c: a RAUC bundle of the verity format is a squashfs image, then a CMS signature that holds the manifest, then
 * its length in eight bytes. Reads what the manifest says; with authorities (PEM) checks who signed it.
 */
struct bundle_facts {
    char compatible[48], version[24];
    int64_t size;
    uint8_t sha256[HASH_LEN];
};
/* Copies fd's file to out_fd meanwhile (-1: not). -EBADMSG: no bundle that this system takes; -EKEYREJECTED: nobody of
 * ours signed it; both with a sentence in reason. Reads the file once, in blocks. */
MUST_CHECK int bundle_read(int fd, struct slice authorities, int out_fd, struct bundle_facts *out_facts,
                           char reason[BUNDLE_REASON_MAX]);
/* Only the manifest's text, as it stands in a bundle. -EBADMSG with a sentence. */
MUST_CHECK int bundle_manifest(struct slice text, struct bundle_facts *out_facts, char reason[BUNDLE_REASON_MAX]);

/* Reads, checks, copies to its place and registers. The error's sentence goes to reason. -EEXIST: that version is
 * there.
 */
MUST_CHECK int release_import(struct central *central, const char *path, struct slice authorities,
                              struct release *out_release, char reason[BUNDLE_REASON_MAX]);

#endif
