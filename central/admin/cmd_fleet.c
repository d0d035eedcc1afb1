#include "central/admin/fleet.h"

#include "central/admin/enrol_sheet.h"
#include "central/admin/session.h"
#include "central/admin/sheet.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "A,B" into the rows' "name"; more names than devices are refused, so that none is silently left out. */
static int name_devices(struct admin_session *session, json_t *sheet, const char *names)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(sheet, "rows"), i, row)
    {
        size_t len = strcspn(names, ",");
        json_object_set_new(row, "name", json_stringn(names, len));
        names += len + (names[len] == ',');
    }
    if (*names) {
        snprintf(session->error, sizeof(session->error), "more names than devices");
        return ADMIN_USAGE;
    }
    return ADMIN_OK;
}

static int write_sheet(struct admin_session *session, const json_t *sheet, const char *path)
{
    struct buffer file;
    enum sheet_format format = SHEET_PDF;
    int rc = sheet_format_of(path, &format);
    buffer_init(&file, SHEET_MAX);
    rc = rc ? rc : enrol_sheet_draw(sheet, format == SHEET_SVG, &file);
    rc = rc ? rc : file_write_atomic(path, file.data, file.len, 0600); /* whoever has it may enrol */
    buffer_finish(&file);
    if (rc < 0) {
        snprintf(session->error, sizeof(session->error), "%s: %s", path, strerror(-rc));
        return ADMIN_FAILED;
    }
    return ADMIN_OK;
}

static void print_sheet(const struct admin_session *session, const json_t *sheet, const char *path)
{
    const json_t *devices = json_object_get(sheet, "rows");
    if (session->json) {
        json_t *result = json_pack("{s:I, s:O, s:[s]}", "devices", (json_int_t)json_array_size(devices), "valid_to_ms",
                                   json_object_get(sheet, "valid_to_ms"), "files", path);
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
        json_decref(result);
    } else {
        printf("%zu devices: %s\n", json_array_size(devices), path);
    }
}

/* Before tickets are made that nobody would see. */
static int check_enrol_sheet(struct admin_session *session, const char *path, json_int_t count)
{
    enum sheet_format format = SHEET_PDF;
    if (sheet_format_of(path, &format) < 0) {
        snprintf(session->error, sizeof(session->error), "--out FILE ends in .pdf or .svg");
        return ADMIN_USAGE;
    }
    if (format == SHEET_SVG && count > ENROL_SHEET_PER_PAGE) {
        snprintf(session->error, sizeof(session->error), "an SVG is one page of %d devices: take .pdf",
                 ENROL_SHEET_PER_PAGE);
        return ADMIN_USAGE;
    }
    int rc = sheet_try_path(path);
    if (rc < 0) {
        snprintf(session->error, sizeof(session->error), "%s: %s; no ticket was made", path, strerror(-rc));
        return ADMIN_FAILED;
    }
    return ADMIN_OK;
}

static int client_enrol_sheet(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    (void)command;
    json_t *answer = NULL;
    const char *path = json_string_value(json_object_get(args, "out"));
    const char *names = json_string_value(json_object_get(args, "names"));
    const char *role = json_string_value(json_object_get(args, "role"));
    const json_t *count = json_object_get(args, "count");
    int code = check_enrol_sheet(session, path, json_integer_value(count));
    if (code != ADMIN_OK) {
        return code;
    }
    json_t *wish = json_pack("{s:O, s:O, s:s, s:O*}", "store", json_object_get(args, "store"), "count", count, "role",
                             role ? role : "both", "hours", json_object_get(args, "hours"));
    code = admin_session_call(session, "enrol tickets", wish, &answer);
    json_t *sheet = json_object_get(answer, "result");
    if (code == ADMIN_OK && names) {
        code = name_devices(session, sheet, names);
    }
    if (code == ADMIN_OK) {
        code = write_sheet(session, sheet, path);
    }
    if (code == ADMIN_OK) {
        print_sheet(session, sheet, path);
    }
    json_decref(answer);
    return code;
}

static const struct admin_command commands[] = {
    {.name = "enrol-sheet",
     .args = "--store!:n --count!:n --out!:t --role:t --hours:n --names:t",
     .help = "A4 paper with one enrolment QR for each of COUNT devices; OUT ends in .pdf or .svg (one page); --names "
             "\"A,B\" prints them; --role shelf, counter or both",
     .client = client_enrol_sheet},
    {.name = "fleet list",
     .args = "--store:n --stale:b",
     .help = "every device as it last told: version, slot, health, heat, disk; STALE: nothing for two hours",
     .read = cmd_fleet_list,
     .rows = true},
    {.name = "fleet show",
     .args = "TERMINAL:n",
     .help = "one device, with its orders and its self-tests, newest first",
     .read = cmd_fleet_show,
     .rows = true},
    {.name = "fleet ring",
     .args = "RING:t --store:n --terminal:n",
     .help = "who gets a release first: canary, then early, then all (what nobody named)",
     .write = cmd_fleet_ring},
    {.name = "fleet reboot",
     .args = "TERMINAL:n --hours:n",
     .help = "restarts a device, once, when nobody is at it; not begun within HOURS (24) it is not done",
     .write = cmd_fleet_reboot},
    {.name = "fleet ask-logs",
     .args = "TERMINAL:n --hours:n",
     .help = "asks a device for its log and journal; `fleet logs` shows them",
     .write = cmd_fleet_ask_logs},
    {.name = "fleet logs",
     .args = "TERMINAL:n --order:n",
     .help = "what it sent last, or for that order; five are kept",
     .client = client_fleet_logs},
    {.name = "fleet read-log", .args = "TERMINAL:n --order:n", .help = "", .read = cmd_fleet_logs, .internal = true},
    {.name = "release add",
     .args = "FILE:t --ca:f",
     .help = "takes a RAUC bundle in: board, version, size and hash are its own; --ca CA.pem: only if those signed it",
     .client = client_release_add},
    {.name = "release register", .args = "PATH:t --ca:t", .help = "", .run = cmd_release_register, .internal = true},
    {.name = "release list",
     .args = "",
     .help = "releases, how far each is rolled out, and what came of it",
     .read = cmd_release_list,
     .rows = true},
    {.name = "release roll",
     .args = "RELEASE:n --ring:t --percent:n --store:n --window:t --max-failures:n",
     .help = "gives it to the devices of its board: RING canary, early or all; PERCENT of them; in one STORE; restarts "
             "in WINDOW, HH:MM-HH:MM of the store's time; pauses by itself at MAX-FAILURES (3). Said again, what is "
             "left out stays as it was (--store 0: everywhere)",
     .write = cmd_release_roll},
    {.name = "release pause",
     .args = "RELEASE:n --why:t",
     .help = "no more devices, and none that has it restarts into it",
     .write = cmd_release_pause},
    {.name = "release resume",
     .args = "RELEASE:n --again:b",
     .help = "goes on, failures so far forgiven; --again asks those that failed once more",
     .write = cmd_release_resume},
    {.name = "release withdraw",
     .args = "RELEASE:n --why:t",
     .help = "takes it back from all that have not installed it, for good",
     .write = cmd_release_withdraw},
    {.name = "device report",
     .args = "TEXT:t",
     .help = "reads the code that a self-test shows (\"-\" reads it from stdin), and says whether it is genuine",
     .read = cmd_device_report,
     .rows = true},
    {.name = "enrol tickets",
     .args = "--store!:n --count!:n --role!:t --hours:n",
     .help = "",
     .write = cmd_enrol_tickets,
     .internal = true},
};

const struct admin_group admin_fleet = {commands, ARRAY_LEN(commands)};
