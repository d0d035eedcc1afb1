#ifndef APP_SCREENS_ICONS_H
#define APP_SCREENS_ICONS_H

/*
 * The house's line icons: SVG files in <assets>/icons, drawn once a size by librsvg into alpha masks and tinted when
 * painted. The cache is bounded; when it is full the mask that was not used for longest goes. Main thread.
 */

#include <cairo.h>

#include "domain/base.h"
#include "hal/rect.h"

enum icon {
    ICON_NONE,
    ICON_BACK,
    ICON_BADGE,
    ICON_CALENDAR,
    ICON_CAMERA,
    ICON_CAMERA_OFF,
    ICON_CHECK,
    ICON_CLERK,
    ICON_CLOCK,
    ICON_CLOSER,
    ICON_COMPARE,
    ICON_COUPON,
    ICON_CREDIT,
    ICON_CROSS,
    ICON_DARK,
    ICON_DISPLAY,
    ICON_DRAWER,
    ICON_ERASE,
    ICON_EXCLAMATION,
    ICON_FARTHER,
    ICON_GIFT,
    ICON_GLARE,
    ICON_GPIO,
    ICON_KEYPAD,
    ICON_LANGUAGE,
    ICON_LOCK,
    ICON_MARK_ASK,
    ICON_MARK_GOOD,
    ICON_MARK_REFUSE,
    ICON_MARK_WAIT,
    ICON_MEMBER,
    ICON_NETWORK,
    ICON_NETWORK_OFF,
    ICON_NEXT,
    ICON_PHONE_CODE,
    ICON_PRINTER,
    ICON_RECEIPT,
    ICON_SALE,
    ICON_SCAN,
    ICON_SCANNER,
    ICON_SEARCH,
    ICON_SERVICE,
    ICON_SIGN_OUT,
    ICON_SOUND,
    ICON_STAR,
    ICON_STEADY,
    ICON_STORAGE,
    ICON_STORE,
    ICON_TAG,
    ICON_TOUCH,
    ICON_UPLOAD,
    ICON_VOID,
    ICON_COUNT
};

#define ICON_CACHE_MAX 64

struct icons;

/* -ENOENT when the folder lacks one of the icons. */
MUST_CHECK int icons_open(const char *assets_dir, struct icons **out_icons);
void icons_close(struct icons *icons);
/* As large as fits the area, centred. An unreadable file paints nothing. */
void icons_draw(struct icons *icons, cairo_t *cairo, enum icon icon, struct rect area, uint32_t colour);
const char *icon_file(enum icon icon); /* "mark_good" */

#endif
