#ifndef CENTRAL_PHONE_PAGE_STYLE_H
#define CENTRAL_PHONE_PAGE_STYLE_H

/* The member page's style sheet; --accent is set by the page. An 8-px grid, five type sizes, nothing that moves. */
extern const char page_style[];

#endif
