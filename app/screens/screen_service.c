#include <inttypes.h>
#include <stdio.h>

#include "screens/screens.h"
#include "service/service.h"

struct device_words {
    enum icon icon;
    const char *label;
};

static const struct device_words devices[HAL_DEVICE_COUNT] = {
    [HAL_DISPLAY] = {ICON_DISPLAY, N_("Screen")},  [HAL_INPUT] = {ICON_TOUCH, N_("Touch")},
    [HAL_CAMERA] = {ICON_CAMERA, N_("Camera")},    [HAL_SCANNER] = {ICON_SCANNER, N_("Hand scanner")},
    [HAL_GPIO] = {ICON_GPIO, N_("Lamp and keys")}, [HAL_PRINTER] = {ICON_PRINTER, N_("Printer")},
    [HAL_DRAWER] = {ICON_DRAWER, N_("Drawer")},    [HAL_SOUND] = {ICON_SOUND, N_("Sound")},
    [HAL_NETWORK] = {ICON_NETWORK, N_("Network")}, [HAL_STORAGE] = {ICON_STORAGE, N_("Storage")},
};

static void device_cell(struct scene *scene, const struct view_device *device, int index, struct rect area)
{
    const struct theme *theme = scene->theme;
    char name[32];
    snprintf(name, sizeof(name), "device_%s", hal_device_name((enum hal_device)index));
    uint32_t fill = scene_pressed(scene, name) ? theme->sunken : theme->card;
    uint32_t ink = device->testing ? theme->muted : device->ok ? theme->good : theme->refuse;
    scene_box(scene, area, (struct box_style){.fill = fill, .edge = theme->line, .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->unit * 3 / 2, theme->unit / 2);
    int side = theme->text[TEXT_LEAD];
    scene_icon(scene, rect_cut_left(&inner, side), devices[index].icon, theme->muted);
    rect_cut_left(&inner, theme->unit * 3 / 2);
    int mark = theme->text[TEXT_BODY];
    struct rect end = rect_cut_right(&inner, mark);
    scene_icon(scene, end, device->testing ? ICON_MARK_WAIT : device->ok ? ICON_MARK_GOOD : ICON_MARK_REFUSE, ink);
    rect_cut_right(&inner, theme->unit);
    struct text_style label = style_lines(style_bold(scene, TEXT_CAPTION, theme->ink), 1);
    const char *words = device->testing             ? say(scene, N_("Testing"))
                        : device->reason[0] != '\0' ? device->reason
                        : device->ok                ? say(scene, N_("Works"))
                                                    : say(scene, N_("Not there"));
    struct text_style reason = style_lines(style_text(scene, TEXT_CAPTION, ink), 2);
    reason.size = (uint16_t)(reason.size * 7 / 8);
    reason.may_cut = true;
    int tall = text_block_height(2, reason.size);
    bool roomy = inner.height >= block_of_lines(scene, TEXT_CAPTION, 1) + tall &&
                 scene_text_width(scene, reason, words) > inner.width;
    int below = roomy ? tall : text_block_height(1, reason.size);
    int used = block_of_lines(scene, TEXT_CAPTION, 1) + below;
    struct rect stack = rect_centred(inner, inner.width, used < inner.height ? used : inner.height);
    scene_text(scene, rect_cut_top(&stack, block_of_lines(scene, TEXT_CAPTION, 1)), label,
               say(scene, devices[index].label));
    scene_text(scene, stack, style_place(reason, PLACE_TOP), words);
    scene_hit(scene, area, hit_of(name, INTENT_TEST_DEVICE, index));
}

void screen_age_words(const struct scene *scene, int64_t age_s, char *out, size_t cap)
{
    char number[24];
    const struct word word = {"n", number};
    if (age_s < 0) {
        snprintf(out, cap, "%s", say(scene, N_("never")));
    } else if (age_s < 120) {
        snprintf(number, sizeof(number), "%" PRId64, age_s);
        words_fill(out, cap, say_plural(scene, "{n} second ago", "{n} seconds ago", (uint64_t)age_s), &word, 1);
    } else if (age_s < 7200) {
        snprintf(number, sizeof(number), "%" PRId64, age_s / 60);
        words_fill(out, cap, say_plural(scene, "{n} minute ago", "{n} minutes ago", (uint64_t)age_s / 60), &word, 1);
    } else {
        snprintf(number, sizeof(number), "%" PRId64, age_s / 3600);
        words_fill(out, cap, say_plural(scene, "{n} hour ago", "{n} hours ago", (uint64_t)age_s / 3600), &word, 1);
    }
}

struct fact {
    const char *label;
    char value[160];
    bool bad;
};
#define FACTS_MAX 9

static size_t sync_facts(const struct scene *scene, const struct view_model *view, struct fact out[FACTS_MAX])
{
    const struct view_service *service = &view->service;
    const struct view_status *status = &view->status;
    char age[64];
    size_t n = 0;
    out[n].label = say(scene, N_("Connection"));
    out[n].bad = !status->online;
    snprintf(out[n++].value, sizeof(out[0].value), "%s",
             status->online ? say(scene, N_("Online")) : say(scene, N_("Offline")));
    screen_age_words(scene, status->last_contact_age_s, age, sizeof(age));
    out[n].label = say(scene, N_("Last contact"));
    snprintf(out[n++].value, sizeof(out[0].value), "%s", age);
    screen_age_words(scene, status->oldest_age_s, age, sizeof(age));
    out[n].label = say(scene, N_("Waiting to be sent"));
    snprintf(out[n++].value, sizeof(out[0].value), "%u%s%s", status->waiting, status->waiting > 0 ? " / " : "",
             status->waiting > 0 ? age : "");
    out[n].label = say(scene, N_("Next try"));
    snprintf(age, sizeof(age), "%" PRId64, service->next_try_s);
    words_fill(out[n++].value, sizeof(out[0].value),
               service->next_try_s < 0
                   ? say(scene, N_("none planned"))
                   : say_plural(scene, "in {n} second", "in {n} seconds", (uint64_t)service->next_try_s),
               (struct word[]){{"n", age}}, 1);
    out[n].label = say(scene, N_("Record / at central / archived"));
    snprintf(out[n++].value, sizeof(out[0].value), "%" PRIu64 " / %" PRIu64 " / %" PRIu64, service->last_seq,
             service->durable_through, service->archived_through);
    out[n].label = say(scene, N_("Products / members"));
    snprintf(out[n++].value, sizeof(out[0].value), "%u / %u", service->products, service->members);
    out[n].label = say(scene, N_("Store / terminal / incarnation"));
    snprintf(out[n++].value, sizeof(out[0].value), "%u / %u / %u", service->store, service->terminal,
             service->incarnation);
    out[n].label = say(scene, N_("Free storage"));
    out[n].bad = service->free_mb < 200;
    snprintf(out[n++].value, sizeof(out[0].value), "%" PRId64 " MB", service->free_mb);
    out[n].label = say(scene, N_("Version"));
    snprintf(out[n++].value, sizeof(out[0].value), "%s / %s / SQLite %s", service->version, service->board,
             service->sqlite);
    return n;
}

static void facts_card(struct scene *scene, const struct view_model *view, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct fact facts[FACTS_MAX] = {0};
    size_t count = sync_facts(scene, view, facts);
    widget_card_only(scene, area);
    struct rect inner = rect_inset(area, theme->unit * 2, theme->unit);
    bool error = view->service.sync_error[0] != '\0';
    const struct grid grid = {1, (int)count + (error ? 1 : 0), 0};
    for (size_t i = 0; i < count; i++) {
        widget_pair(scene, rect_cell(inner, grid, 0, (int)i),
                    &(struct pair_row){facts[i].label, facts[i].value, facts[i].bad ? theme->refuse : theme->ink, false,
                                       true, TEXT_CAPTION});
    }
    if (error) {
        struct text_style style = style_lines(style_text(scene, TEXT_CAPTION, theme->refuse), 1);
        style.may_cut = true;
        scene_text(scene, rect_cell(inner, grid, 0, (int)count), style, view->service.sync_error);
    }
}

/* Who is the store's main terminal and how many answer; the way to what can be done about it. */
static void store_button(struct scene *scene, const struct view_service *service, struct rect area)
{
    char number[16];
    char live[16];
    char all[16];
    char text[160];
    snprintf(number, sizeof(number), "%u", service->store_primary);
    snprintf(live, sizeof(live), "%u", service->store_live);
    snprintf(all, sizeof(all), "%u", service->store_terminals);
    words_fill(text, sizeof(text), say(scene, N_("Terminals: {live} of {all} answer, no. {number} is the main one")),
               (struct word[]){{"live", live}, {"all", all}, {"number", number}}, 3);
    widget_button(
        scene, area,
        &(struct button){
            .kind = BUTTON_PLAIN, .icon = ICON_STORE, .label = text, .hit = hit_of("store", INTENT_STORE, 0)});
}

/* As many of the newest lines as there is room for. */
static void log_card(struct scene *scene, const struct view_service *service, struct rect area)
{
    const struct theme *theme = scene->theme;
    widget_panel(scene, area, 0xFF23211Eu);
    struct rect inner = rect_inset(area, theme->unit * 2, theme->unit);
    struct text_style style = style_lines(style_text(scene, TEXT_CAPTION, 0xFFE9E4D8u), 1);
    style.size = (uint16_t)(style.size * 7 / 8);
    style.may_cut = true;
    int line = text_block_height(1, style.size) + theme->unit / 4;
    int used = 0;
    while (used < VIEW_LOG_LINES && service->log[used][0] != '\0') {
        used++;
    }
    int room = inner.height / line;
    for (int i = used > room ? used - room : 0; i < used; i++) {
        scene_text(scene, rect_cut_top(&inner, line), style, service->log[i]);
    }
}

/* What a technician reads of the stick: one sentence; "" when none was asked for. */
static const char *stick_words(const struct scene *scene, const struct view_service *service, char *out, size_t cap)
{
    char records[24];
    const struct word words[] = {{"file", service->stick_file},
                                 {"version", service->stick_version},
                                 {"reason", service->stick_reason},
                                 {"n", records}};
    const char *text = "";
    if (service->stick_reading)
        return say(scene, N_("The stick is in use; this may take minutes."));
    snprintf(records, sizeof(records), "%" PRIu64, service->stick_records);
    switch ((enum stick_outcome)service->stick) {
    case STICK_INSTALLED:
        text = say(scene, N_("Version {version} is installed; the device restarts into it."));
        break;
    case STICK_NONE:
        text = say(scene, N_("No stick is in. Its name must be TILLSIDE."));
        break;
    case STICK_EMPTY:
        text = say(scene, N_("There is no update on the stick."));
        break;
    case STICK_NO_NEWER:
        text = say(scene, N_("{file}: version {version} runs here already."));
        break;
    case STICK_REFUSED:
        text = say(scene, N_("{file} was refused: {reason}"));
        break;
    case STICK_FAILED:
        text = say(scene, N_("The update failed: {reason}"));
        break;
    case STICK_BUSY:
        text = say(scene, N_("An update of head office's is under way."));
        break;
    case STICK_NOT_ALLOWED:
        text = say(scene, N_("Only a manager may do this."));
        break;
    case STICK_SAVED:
        text = say_plural(scene, "{n} record is on the stick: {file}. Head office imports it.",
                          "{n} records are on the stick: {file}. Head office imports it.", service->stick_records);
        break;
    case STICK_NOTHING:
        text = say(scene, N_("Nothing to save: head office has every record in a backup."));
        break;
    case STICK_NOT_SAVED:
        text = say(scene, N_("The records were not saved: {reason}"));
        break;
    case STICK_DAMAGED:
        text = service->stick_records == 0
                   ? say(scene, N_("The records here are damaged, and none could be saved. Do not reset."))
                   : say_plural(scene, "The records here are damaged. {n} is saved: {file}. Do not reset.",
                                "The records here are damaged. {n} are saved: {file}. Do not reset.",
                                service->stick_records);
        break;
    }
    words_fill(out, cap, text, words, ARRAY_LEN(words));
    return out;
}

/* The sentence, above the buttons. */
static void stick_line(struct scene *scene, const struct view_service *service, struct rect *area)
{
    const struct theme *theme = scene->theme;
    char text[320];
    const char *words = stick_words(scene, service, text, sizeof(text));
    if (words[0] == '\0')
        return;
    bool well = service->stick_reading || service->stick == STICK_INSTALLED || service->stick == STICK_NO_NEWER ||
                service->stick == STICK_SAVED || service->stick == STICK_NOTHING;
    struct text_style style = style_lines(style_text(scene, TEXT_CAPTION, well ? theme->ink : theme->refuse), 2);
    style.may_cut = true;
    scene_text(scene, rect_cut_bottom(area, block_of_lines(scene, TEXT_CAPTION, 2)), style, words);
    rect_cut_bottom(area, theme->unit);
}

/* What a technician does with the whole device; the second row only where there is something to save and to forget. */
static void technician_buttons(struct scene *scene, bool shop, struct rect *from)
{
    const struct theme *theme = scene->theme;
    struct rect area = rect_cut_bottom(from, shop ? 2 * theme->touch + theme->unit : theme->touch);
    const struct grid grid = {2, shop ? 2 : 1, theme->unit};
    rect_cut_bottom(from, theme->unit);
    widget_button(scene, rect_cell(area, grid, 0, 0),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_CHECK,
                                   .label = say(scene, N_("Self-test")),
                                   .hit = hit_of("self_test", INTENT_SELF_TEST, 0)});
    widget_button(scene, rect_cell(area, grid, 1, 0),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_STORAGE,
                                   .label = say(scene, N_("Update from a stick")),
                                   .hit = hit_of("stick", INTENT_STICK, 0)});
    if (!shop)
        return;
    widget_button(scene, rect_cell(area, grid, 0, 1),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_STORAGE,
                                   .label = say(scene, N_("Save records to a stick")),
                                   .hit = hit_of("acts", INTENT_ACTS, 0)});
    widget_button(scene, rect_cell(area, grid, 1, 1),
                  &(struct button){.kind = BUTTON_DANGER,
                                   .label = say(scene, N_("Factory reset")),
                                   .hit = hit_of("reset", INTENT_RESET, 0)});
}

void screen_service(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    struct strip strip = {.back = true, .title = say(scene, N_("Service")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 380 : 470);
    technician_buttons(scene, view->service.shop, &halves.first);
    stick_line(scene, &view->service, &halves.first);
    const struct grid grid = {2, HAL_DEVICE_COUNT / 2, theme->unit};
    for (int i = 0; i < HAL_DEVICE_COUNT; i++) {
        device_cell(scene, &view->service.devices[i], i, rect_cell(halves.first, grid, i % 2, i / 2));
    }
    int facts = halves.second.height * (theme->compact ? 62 : 56) / 100;
    facts_card(scene, view, rect_cut_top(&halves.second, facts));
    if (view->service.many) {
        rect_cut_top(&halves.second, theme->unit);
        store_button(scene, &view->service, rect_cut_top(&halves.second, theme->touch));
    }
    rect_cut_top(&halves.second, theme->unit);
    log_card(scene, &view->service, halves.second);
}
