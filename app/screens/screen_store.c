#include <stdio.h>

#include "screens/screens.h"

/* The store's terminals: who is the main one, what waits, and a manager's two decisions. */

static void row(struct scene *scene, struct rect *inner, const char *label, const char *value, bool bad)
{
    const struct theme *theme = scene->theme;
    int height = block_of_lines(scene, TEXT_BODY, 1) + (theme->compact ? 0 : theme->unit);
    widget_pair(scene, rect_cut_top(inner, height),
                &(struct pair_row){label, value, bad ? theme->refuse : theme->ink, false, true, TEXT_BODY});
}

static void facts_card(struct scene *scene, const struct view_store *store, struct rect area)
{
    const struct theme *theme = scene->theme;
    char number[16];
    char live[16];
    char all[16];
    char text[96];
    struct rect inner = widget_card(scene, area);
    snprintf(number, sizeof(number), "%u", store->terminal);
    row(scene, &inner, say(scene, N_("This terminal")), number, false);
    snprintf(number, sizeof(number), "%u", store->main_terminal);
    row(scene, &inner, say(scene, N_("Main terminal")), store->primary ? say(scene, N_("this one")) : number, false);
    if (!store->primary) {
        row(scene, &inner, say(scene, N_("It answers")),
            store->main_live ? say(scene, N_("yes")) : say(scene, N_("no")), !store->main_live);
    }
    snprintf(live, sizeof(live), "%u", store->live);
    snprintf(all, sizeof(all), "%u", store->others);
    words_fill(text, sizeof(text), say(scene, N_("{live} of {all}")), (struct word[]){{"live", live}, {"all", all}}, 2);
    row(scene, &inner, say(scene, N_("Others that answer")), text, store->live == 0);
    if (store->primary) {
        row(scene, &inner, say(scene, N_("Works alone")), store->alone ? say(scene, N_("yes")) : say(scene, N_("no")),
            store->alone);
    }
    struct text_style quiet = style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1);
    quiet.may_cut = true;
    if (store->error[0] != '\0' && inner.height >= block_of_lines(scene, TEXT_CAPTION, 1)) {
        quiet.colour = theme->refuse;
        scene_text(scene, rect_cut_bottom(&inner, block_of_lines(scene, TEXT_CAPTION, 1)), quiet, store->error);
    } else if (store->address[0] != '\0' && inner.height >= block_of_lines(scene, TEXT_CAPTION, 1)) {
        scene_text(scene, rect_cut_bottom(&inner, block_of_lines(scene, TEXT_CAPTION, 1)), quiet, store->address);
    }
}

static void act_button(struct scene *scene, const struct view_store *store, struct rect area)
{
    struct button button = {.kind = BUTTON_PLAIN, .icon = ICON_STORE};
    if (!store->primary) {
        button.label = say(scene, N_("Make this the main terminal"));
        button.hit = hit_of("promote", INTENT_PROMOTE, 0);
        button.kind = store->main_live ? BUTTON_PLAIN : BUTTON_PRIMARY;
        button.disabled = store->main_live;
        button.hint = store->main_live ? say(scene, N_("Only while the main terminal is off")) : NULL;
    } else if (store->alone) {
        button.label = say(scene, N_("Work together again"));
        button.hit = hit_of("alone", INTENT_ALONE, 0);
    } else {
        button.label = say(scene, N_("Work alone"));
        button.hit = hit_of("alone", INTENT_ALONE, 1);
        button.kind = store->live == 0 ? BUTTON_PRIMARY : BUTTON_PLAIN;
    }
    widget_button(scene, area, &button);
}

static const char *what_words(const struct scene *scene, enum view_pending_what what)
{
    switch (what) {
    case PENDING_COUPON:
        return say(scene, N_("Coupon"));
    case PENDING_SALE:
        return say(scene, N_("Sale"));
    case PENDING_VOID:
        return say(scene, N_("Undo"));
    case PENDING_OTHER:
        break;
    }
    return say(scene, N_("Request"));
}

static void pending_row(struct scene *scene, const struct view_pending *pending, struct rect area)
{
    char age[64];
    char label[96];
    char money[MONEY_LABEL_MAX];
    screen_age_words(scene, pending->age_s, age, sizeof(age));
    snprintf(label, sizeof(label), "%s%s%s", what_words(scene, pending->what), pending->amount_minor > 0 ? "  " : "",
             pending->amount_minor > 0 ? money_label(pending->amount_minor, false, money) : "");
    widget_pair(scene, area, &(struct pair_row){label, age, scene->theme->muted, false, true, TEXT_BODY});
}

static void pending_card(struct scene *scene, const struct view_store *store, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect inner = widget_card(scene, area);
    bool none = store->pending_count == 0 && !store->waiting;
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1)),
               style_lines(style_bold(scene, TEXT_BODY, theme->ink), 1), say(scene, N_("Waiting for an answer")));
    rect_cut_top(&inner, theme->unit);
    if (none) {
        scene_text(scene, inner, style_place(style_sentence(style_text(scene, TEXT_BODY, theme->muted)), PLACE_TOP),
                   say(scene, N_("Nothing waits: everything that was done is in the books.")));
        return;
    }
    int words = block_of_lines(scene, TEXT_BODY, theme->compact ? 2 : 3);
    scene_text(scene, rect_cut_bottom(&inner, words), style_lines(style_text(scene, TEXT_BODY, theme->ink), 3),
               say(scene, N_("Do not enter it again: it is asked for until there is an answer, and shown then.")));
    int height = block_of_lines(scene, TEXT_BODY, 1) + theme->unit / 2;
    for (uint32_t i = 0; i < store->pending_count && inner.height >= height; i++) {
        pending_row(scene, &store->pending[i], rect_cut_top(&inner, height));
    }
    if (store->waiting && inner.height >= height) {
        scene_text(scene, rect_cut_top(&inner, height), style_lines(style_text(scene, TEXT_BODY, theme->ink), 1),
                   say(scene, N_("A record here waits for another terminal")));
    }
}

struct question {
    const char *title, *words, *yes;
};

static const struct question *question_of(enum view_store_ask ask)
{
    static const struct question alone = {
        N_("Work alone?"),
        N_("Only if the other terminals are off or broken: while this one works alone, another that is made the main "
           "one could accept the same coupon once more."),
        N_("Yes, work alone")};
    static const struct question together = {
        N_("Work together again?"),
        N_("Coupons and credit then need another terminal that answers, so that no record can be lost."),
        N_("Yes, together")};
    static const struct question promote = {
        N_("Is the main terminal switched off?"),
        N_("Look at it: it must be off. Then this one becomes the main terminal, and the other joins again by itself "
           "once it is back."),
        N_("Yes, it is off: make this the main one")};
    switch (ask) {
    case STORE_ASK_ALONE:
        return &alone;
    case STORE_ASK_TOGETHER:
        return &together;
    case STORE_ASK_PROMOTE:
        return &promote;
    case STORE_ASK_NOTHING:
        break;
    }
    return NULL;
}

static void question_card(struct scene *scene, const struct view_store *store, struct rect area)
{
    const struct theme *theme = scene->theme;
    const struct question *question = question_of(store->ask);
    struct rect inner = widget_card(scene, area);
    struct rect no = rect_cut_bottom(&inner, theme->button);
    rect_cut_bottom(&inner, theme->unit);
    struct rect yes = rect_cut_bottom(&inner, theme->button);
    rect_cut_bottom(&inner, theme->unit);
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_LEAD, theme->compact ? 1 : 2)),
               style_lines(style_bold(scene, TEXT_LEAD, theme->ink), theme->compact ? 1 : 2),
               say(scene, question->title));
    scene_text(scene, inner, style_place(style_sentence(style_text(scene, TEXT_BODY, theme->ink)), PLACE_TOP),
               say(scene, question->words));
    widget_button(scene, yes,
                  &(struct button){.kind = BUTTON_DANGER,
                                   .label = store->busy ? say(scene, N_("One moment")) : say(scene, question->yes),
                                   .disabled = store->busy,
                                   .hit = hit_of("ok", INTENT_OK, 0)});
    widget_button(scene, no,
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .label = say(scene, N_("No, leave it as it is")),
                                   .disabled = store->busy,
                                   .hit = hit_of("no", INTENT_BACK, 0)});
}

void screen_store(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_store *store = &view->store;
    struct strip strip = {.back = true, .title = say(scene, N_("Terminals of this store")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 420 : 460);
    if (store->ask != STORE_ASK_NOTHING) {
        facts_card(scene, store, halves.first);
        question_card(scene, store, halves.second);
        return;
    }
    struct rect button = rect_cut_bottom(&halves.first, theme->button);
    rect_cut_bottom(&halves.first, theme->gap);
    facts_card(scene, store, halves.first);
    act_button(scene, store, button);
    pending_card(scene, store, halves.second);
}
