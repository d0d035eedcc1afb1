/* tillside-scan: what the terminal's camera would read, on picture files. */

#include "picture.h"
#include "scan/scan.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    EXIT_ALL_READ = 0,
    EXIT_SOME_UNREAD = 1,
    EXIT_BAD_INPUT = 2,
};

static const char usage[] =
    "usage: tillside-scan [--json] [--qr-only] FILE...\n"
    "Reads QR codes and bar codes from PNG, JPEG or PGM pictures.\n"
    "\n"
    "  --json     one JSON object a line and file: {\"file\",\"codes\":[{\"type\",\"text\"}],\"ms\"}\n"
    "  --qr-only  leave the bar codes out\n"
    "  --help     this text\n"
    "  --version  the version\n"
    "\n"
    "exit status: 0 every file gave a code, 1 some file gave none,\n"
    "2 a wrong option or a file that cannot be read as a picture\n";

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_json_string(const char *text, size_t len)
{
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c < 0x20 || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_json(const char *path, const struct scan_result *result, double ms)
{
    fputs("{\"file\":", stdout);
    print_json_string(path, strlen(path));
    fputs(",\"codes\":[", stdout);
    for (int i = 0; i < result->count; i++) {
        const struct scan_code *code = &result->codes[i];

        printf("%s{\"type\":\"%s\",\"text\":", i ? "," : "", scan_symbology_name(code->symbology));
        print_json_string(code->text, code->text_len);
        putchar('}');
    }
    printf("],\"ms\":%.1f}\n", ms);
}

/* A terminal must not obey what a stranger printed into a code. */
static void print_plain_text(const struct scan_code *code)
{
    for (size_t i = 0; i < code->text_len; i++) {
        unsigned char c = (unsigned char)code->text[i];

        if (c < 0x20 || c == 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

static void print_human(const char *path, const struct scan_result *result, double ms)
{
    if (result->count == 0)
        printf("%s: no code (%.1f ms)\n", path, ms);
    for (int i = 0; i < result->count; i++) {
        printf("%s: %s: ", path, scan_symbology_name(result->codes[i].symbology));
        print_plain_text(&result->codes[i]);
        printf(" (%.1f ms)\n", ms);
    }
}

static int read_file(struct scan *scan, const char *path, bool json, struct scan_result *result)
{
    struct picture picture;
    int error = scan_picture_load(path, &picture);

    if (error) {
        fprintf(stderr, "tillside-scan: %s: %s\n", path, scan_picture_error(error));
        return EXIT_BAD_INPUT;
    }
    double start = now_ms();
    error = scan_still(scan, &picture.image, result);
    double took = now_ms() - start;
    scan_picture_finish(&picture);
    if (error) {
        fprintf(stderr, "tillside-scan: %s: %s\n", path, strerror(-error));
        return EXIT_BAD_INPUT;
    }
    (json ? print_json : print_human)(path, result, took);
    return result->count > 0 ? EXIT_ALL_READ : EXIT_SOME_UNREAD;
}

static int read_files(const struct scan_options *options, char **paths, int count, bool json)
{
    struct scan_result *result = malloc(sizeof(*result));
    struct scan *scan = NULL;
    int status = EXIT_ALL_READ;
    int error = result ? scan_open(options, &scan) : -ENOMEM;

    if (error) {
        fprintf(stderr, "tillside-scan: %s\n", strerror(-error));
        status = EXIT_BAD_INPUT;
    }
    for (int i = 0; !error && i < count; i++) {
        int one = read_file(scan, paths[i], json, result);
        status = one > status ? one : status;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "tillside-scan: cannot write the output: %s\n", strerror(errno));
        status = EXIT_BAD_INPUT;
    }
    scan_close(scan);
    free(result);
    return status;
}

int main(int argc, char **argv)
{
    enum { OPTION_JSON = 256, OPTION_QR_ONLY, OPTION_HELP, OPTION_VERSION };
    static const struct option long_options[] = {{"json", no_argument, NULL, OPTION_JSON},
                                                 {"qr-only", no_argument, NULL, OPTION_QR_ONLY},
                                                 {"help", no_argument, NULL, OPTION_HELP},
                                                 {"version", no_argument, NULL, OPTION_VERSION},
                                                 {NULL, 0, NULL, 0}};
    struct scan_options options = scan_options_default();
    bool json = false;
    int option;

    options.max_width = SCAN_WIDTH_MAX;
    options.max_height = SCAN_HEIGHT_MAX;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPTION_JSON) {
            json = true;
        } else if (option == OPTION_QR_ONLY) {
            options.one_d = false;
        } else if (option == OPTION_HELP) {
            fputs(usage, stdout);
            return 0;
        } else if (option == OPTION_VERSION) {
            puts("tillside-scan " TILLSIDE_VERSION);
            return 0;
        } else {
            fputs(usage, stderr);
            return EXIT_BAD_INPUT;
        }
    }
    if (optind == argc) {
        fputs("tillside-scan: no file named\n", stderr);
        fputs(usage, stderr);
        return EXIT_BAD_INPUT;
    }
    return read_files(&options, argv + optind, argc - optind, json);
}
