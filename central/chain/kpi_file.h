#ifndef CENTRAL_CHAIN_KPI_FILE_H
#define CENTRAL_CHAIN_KPI_FILE_H

/* The figures of a week as files, DATA/kpi/2026-W47.csv and .jsonl: made by itself on the Monday after. */

#include "central/server.h"
#include "central/store/kpi.h"

#define KPI_DIR        "kpi"
#define KPI_READY_MS   (6 * 3600 * INT64_C(1000)) /* into Monday: till then stores send what they have */
#define KPI_RETRIES_MS (3600 * INT64_C(1000))

/* Both files of that week, anew. */
MUST_CHECK int kpi_file_write(struct central *central, const struct kpi_week *week);

/* Last week's, when it is due and not there. *out_written says whether it was made now. */
MUST_CHECK int kpi_file_make_due(struct central *central, bool *out_written);

#endif
