#include "central/chain/kpi_file.h"

#include "platform/buffer.h"
#include "platform/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64 * 1024 * 1024)
#define HEAD     "week,kpi,scope,id,unit,value,base\n"

struct writing {
    const struct kpi_week *week;
    struct buffer csv, jsonl;
};

static int append(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

/* Names of figures, scopes and units are words of our own: nothing in them needs quotes. */
static int add_row(void *context, const struct kpi_row *row)
{
    struct writing *w = context;
    char line[256];
    snprintf(line, sizeof(line), "%s,%s,%s,%" PRIu32 ",%s,%" PRId64 ",%" PRId64 "\n", w->week->text, row->kpi,
             row->scope, row->id, row->unit, row->value, row->base);
    int rc = append(&w->csv, line);
    snprintf(line, sizeof(line),
             "{\"week\":\"%s\",\"kpi\":\"%s\",\"scope\":\"%s\",\"id\":%" PRIu32 ",\"unit\":\"%s\",\"value\":%" PRId64
             ",\"base\":%" PRId64 "}\n",
             w->week->text, row->kpi, row->scope, row->id, row->unit, row->value, row->base);
    return rc ? rc : append(&w->jsonl, line);
}

/* A snapshot each, so that none of them holds back the books' checkpoint for long. */
static int count_all(struct central *central, struct writing *w)
{
    int rc = append(&w->csv, HEAD);
    for (size_t i = 0; rc == 0 && i < kpi_count(); i++) {
        struct store_tx tx;
        rc = store_read_begin(central->store, &tx);
        if (rc == 0) {
            rc = kpi_each(&tx, i, w->week, add_row, w);
            store_read_end(&tx);
        }
    }
    return rc;
}

static int path_of(const struct central *central, const struct kpi_week *week, const char *ending,
                   char out_path[STORE_PATH_MAX])
{
    char name[64];
    snprintf(name, sizeof(name), KPI_DIR "/%s%s", week->text, ending);
    return central_config_path(&central->config, name, out_path, STORE_PATH_MAX);
}

static int put(const struct central *central, const struct kpi_week *week, const char *ending,
               const struct buffer *content)
{
    char path[STORE_PATH_MAX];
    int rc = path_of(central, week, ending, path);
    return rc ? rc : file_write_atomic(path, content->data, content->len, 0600);
}

int kpi_file_write(struct central *central, const struct kpi_week *week)
{
    char folder[STORE_PATH_MAX];
    struct writing w = {.week = week};
    buffer_init(&w.csv, FILE_MAX);
    buffer_init(&w.jsonl, FILE_MAX);
    int rc = central_config_path(&central->config, KPI_DIR, folder, sizeof(folder));
    rc = rc ? rc : file_make_dirs(folder, 0700);
    rc = rc ? rc : count_all(central, &w);
    rc = rc ? rc : put(central, week, ".jsonl", &w.jsonl);
    rc = rc ? rc : put(central, week, ".csv", &w.csv); /* the last one: where it stands both do */
    buffer_finish(&w.jsonl);
    buffer_finish(&w.csv);
    return rc;
}

int kpi_file_make_due(struct central *central, bool *out_written)
{
    struct kpi_week week;
    char path[STORE_PATH_MAX];
    int64_t now_ms = clock_wall_ms(central->clock);
    kpi_week_at(now_ms, -1, &week);
    *out_written = false;
    if (!week.text[0] || now_ms < week.end_ms + KPI_READY_MS) {
        return 0;
    }
    int rc = path_of(central, &week, ".csv", path);
    if (rc < 0 || access(path, F_OK) == 0) {
        return rc;
    }
    rc = kpi_file_write(central, &week);
    *out_written = rc == 0;
    return rc;
}
