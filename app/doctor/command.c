#include "doctor/doctor.h"
#include "doctor/export.h"
#include "domain/crypto.h"
#include "platform/file.h"

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define EXPORT_MAX ((size_t)1 << 30)

static const char help[] =
    "tillside-terminal doctor --data DIR\n"
    "    Checks the file, the journal's chain, what central lacks, clock, key and space; reads only.\n"
    "tillside-terminal export --data DIR --to FILE [--all]\n"
    "    Writes the journal that no backup of central holds (--all: all of it) to a signed file, for\n"
    "    \"tillside-central admin journal import FILE\".\n"
    "\n"
    "Exit codes: 0 sound, or written · 1 failed · 2 wrong usage · 7 file or journal damaged (export: all that is "
    "sound\n"
    "before it was written) · 8 disk full or failing · 9 no books in DIR\n";

bool doctor_is_command(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "doctor") == 0 || strcmp(argv[1], "export") == 0);
}

static int explain(const char *what, int error)
{
    switch (error) {
    case 0:
        return DOCTOR_OK;
    case -ENOENT:
        fprintf(stderr, "tillside-terminal: no books at %s; say where they are with --data\n", what);
        return DOCTOR_NO_BOOKS;
    case -EUCLEAN:
        fprintf(stderr,
                "tillside-terminal: %s is damaged. Keep a copy of the folder, export what is sound, import it\n"
                "at central, then enrol this terminal anew.\n",
                what);
        return DOCTOR_DAMAGED;
    case -ENOSPC:
    case -EIO:
        fprintf(stderr, "tillside-terminal: %s: the disk is full or failing: %s\n", what, strerror(-error));
        return DOCTOR_DISK;
    default:
        fprintf(stderr, "tillside-terminal: %s: %s\n", what, strerror(-error));
        return DOCTOR_FAILED;
    }
}

static int write_export(const struct doctor_options *options, const char *books, const struct key_pair *key)
{
    struct export_result result;
    struct buffer file;
    int r;

    buffer_init(&file, EXPORT_MAX);
    r = export_books(books, key, options->all, &file, &result);
    if (r < 0) {
        buffer_finish(&file);
        return explain(books, r);
    }
    r = file_write_atomic(options->to, file.data, file.len, 0600);
    if (r == 0)
        printf("%" PRIu64 " records in %s, %zu bytes\n", result.records, options->to, file.len);
    buffer_finish(&file);
    if (r == -ENOENT)
        r = -ENOTDIR; /* it is not the books that are missing */
    if (r < 0)
        return explain(options->to, r);
    if (result.damaged)
        printf("what follows record %" PRIu64 " of terminal %" PRIu32 " could not be exported\n",
               result.finding.at.seq - 1, result.finding.at.terminal);
    return result.damaged ? explain(books, -EUCLEAN) : DOCTOR_OK;
}

int doctor_export(const struct doctor_options *options)
{
    char books[PATH_MAX], path[PATH_MAX];
    struct key_pair key;
    int code, r;

    snprintf(books, sizeof(books), "%s/terminal.db", options->data);
    snprintf(path, sizeof(path), "%s/terminal.key", options->data);
    r = key_pair_load(&key, path);
    if (r < 0)
        return explain(path, r);
    code = write_export(options, books, &key);
    key_pair_finish(&key);
    return code;
}

static int usage(const char *words)
{
    fprintf(stderr, "tillside-terminal: %s\n%s", words, help);
    return DOCTOR_USAGE;
}

/* 0 to go on, else the exit code plus one. */
static int parse(int argc, char **argv, struct doctor_options *out)
{
    static const struct option longs[] = {{"data", required_argument, NULL, 'd'},
                                          {"to", required_argument, NULL, 't'},
                                          {"all", no_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == 'd')
            out->data = optarg;
        else if (option == 't')
            out->to = optarg;
        else if (option == 'a')
            out->all = true;
        else if (option == 'h')
            return puts(help) < 0 ? DOCTOR_FAILED + 1 : DOCTOR_OK + 1;
        else
            return usage("see above") + 1;
    }
    return optind < argc ? usage("too many words") + 1 : 0;
}

int doctor_main(int argc, char **argv)
{
    struct doctor_options options = {0};
    bool checks = strcmp(argv[1], "doctor") == 0;
    char path[PATH_MAX];
    int code = parse(argc - 1, argv + 1, &options);

    if (code != 0)
        return code - 1;
    if (options.data == NULL)
        return usage("--data DIR is missing");
    if (checks != (options.to == NULL))
        return usage(checks ? "doctor writes nothing: no --to" : "--to FILE is missing");
    if (crypto_start() < 0)
        return explain("cryptography", -ENOSYS);
    if (!checks)
        return doctor_export(&options);
    snprintf(path, sizeof(path), "%s/terminal.db", options.data);
    return explain(path, doctor_check(&options));
}
