#include "screens/screens.h"

struct outage_words {
    const char *title, *sentence;
};

static const struct outage_words outages[] = {
    [OUTAGE_BOOKS] = {N_("This till is closed"),
                      N_("Please use another till; staff: call the support and leave this device on.")},
    [OUTAGE_DISK_FULL] = {N_("This till is closed"),
                          N_("Please use another till; staff: its storage is full, call the support.")},
    [OUTAGE_FONT] =
        {N_("Chinese characters are missing"),
         N_("Staff: this device lacks its Chinese font; install the package fonts-noto-cjk and start again.")},
    [OUTAGE_FORK] = {N_("This till is closed"),
                     N_("Please use another till; staff: a copy of this device exists, call the support.")},
};

void screen_out_of_service(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_outage_screen *outage = &view->outage;
    uint32_t ground = theme->wait;
    uint32_t ink = 0xFFFFFFFFu;
    struct strip strip = {.title = "", .ground = ground, .ink = ink};
    struct rect body = strip_draw(scene, view, &strip);
    /* Without the font Chinese would be empty boxes: this one screen speaks English then. */
    bool english = outage->kind == OUTAGE_FONT;
    const struct outage_words *words = &outages[outage->kind];
    struct text_style title = style_centred(style_lines(style_bold(scene, TEXT_TITLE, ink), 2));
    struct text_style sentence = style_sentence(style_centred(style_lines(style_text(scene, TEXT_LEAD, ink), 4)));
    struct text_style detail =
        style_centred(style_lines(style_text(scene, TEXT_CAPTION, colour_mix(ink, ground, 300)), 2));
    struct rect foot = rect_cut_bottom(&body, theme->button);
    struct rect small = rect_cut_bottom(&body, block_of_lines(scene, TEXT_CAPTION, 2));
    struct rect middle = rect_centred(body, theme->portrait ? body.width : body.width * 4 / 5, body.height);
    const char *heading = english ? words->title : say(scene, words->title);
    const char *text = english ? words->sentence : say(scene, words->sentence);
    int mark = theme->text[TEXT_DISPLAY] * 3 / 2;
    int heading_tall = scene_text_height(scene, title, heading, middle.width);
    int text_tall = scene_text_height(scene, sentence, text, middle.width);
    int wanted = mark + heading_tall + text_tall + theme->unit * 4;
    struct rect stack = rect_centred(middle, middle.width, wanted < middle.height ? wanted : middle.height);
    scene_icon(scene, rect_cut_top(&stack, mark), ICON_LOCK, ink);
    rect_cut_top(&stack, theme->unit * 2);
    scene_text(scene, rect_cut_top(&stack, heading_tall), title, heading);
    rect_cut_top(&stack, theme->unit);
    scene_text(scene, stack, sentence, text);
    scene_text(scene, small, detail, outage->detail);
    int width = theme->unit * 26;
    widget_button(scene, rect_centred(foot, width, foot.height),
                  &(struct button){.icon = ICON_SERVICE,
                                   .label = english ? "Service" : say(scene, N_("Service")),
                                   .ground = colour_mix(ground, 0xFF000000u, 200),
                                   .hit = hit_of("service", INTENT_SERVICE, 0)});
}
