#ifndef TESTS_CENTRAL_BUNDLE_MAKER_H
#define TESTS_CENTRAL_BUNDLE_MAKER_H

/* Bundles as the image build makes them, small and signed by a key of the test's own. */

#include "domain/base.h"

struct bundle_wish {
    const char *manifest; /* NULL: a good one for compatible and version */
    const char *compatible, *version;
    size_t payload; /* bytes before the signature */
    bool other_signer, detached;
};

/* Writes it. The authorities' PEM text is owned by the maker and lives as long as the process. */
void bundle_make(const char *path, const struct bundle_wish *wish);
const char *bundle_authorities(void);

#endif
