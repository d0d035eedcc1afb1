#ifndef HAL_RECT_H
#define HAL_RECT_H

/* A rectangle in pixels of the display as the viewer sees it; empty when width or height is 0 or less. */
struct rect {
    int x;
    int y;
    int width;
    int height;
};

#endif
