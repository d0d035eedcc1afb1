#ifndef APP_SCREENS_SCREENS_H
#define APP_SCREENS_SCREENS_H

/* One function a screen: a pure function from the view model to a scene. What fits on a line is decided by the theme.
 */

#include "screens/strip.h"

typedef void (*screen_function)(struct scene *scene, const struct view_model *view);

void screen_starting(struct scene *scene, const struct view_model *view);
void screen_attract(struct scene *scene, const struct view_model *view);
void screen_greeting(struct scene *scene, const struct view_model *view);
void screen_viewfinder(struct scene *scene, const struct view_model *view);
void screen_verdict(struct scene *scene, const struct view_model *view);
void screen_member(struct scene *scene, const struct view_model *view);
void screen_price(struct scene *scene, const struct view_model *view);
void screen_sign_in(struct scene *scene, const struct view_model *view);
void screen_counter(struct scene *scene, const struct view_model *view);
void screen_amount(struct scene *scene, const struct view_model *view);
void screen_code_entry(struct scene *scene, const struct view_model *view);
void screen_pool(struct scene *scene, const struct view_model *view);
/* Its name, how many there are where, and until when. */
void screen_pool_words(struct scene *scene, const struct view_pool_row *row, struct rect area);
void screen_void_list(struct scene *scene, const struct view_model *view);
void screen_void_reason(struct scene *scene, const struct view_model *view);
void screen_enrolment(struct scene *scene, const struct view_model *view);
void screen_service(struct scene *scene, const struct view_model *view);
void screen_self_test(struct scene *scene, const struct view_model *view);
void screen_reset(struct scene *scene, const struct view_model *view);
void screen_store(struct scene *scene, const struct view_model *view);
void screen_out_of_service(struct scene *scene, const struct view_model *view);

/* "3 minutes ago"; -1 = never. */
void screen_age_words(const struct scene *scene, int64_t age_s, char *out, size_t cap);

/* Two halves with a gap: beside each other, on a tall panel one above the other. */
struct halves {
    struct rect first, second;
};
struct halves screen_split(const struct scene *scene, struct rect area, int first_permille);

#endif
