#ifndef HAL_SIM_ESCPOS_PAPER_H
#define HAL_SIM_ESCPOS_PAPER_H

/*
 * The paper of the simulated printer: characters are collected into a line, which is drawn when it ends; codes and
 * pictures are drawn at once. All measures are dots. One thread.
 */

#include "../pixels.h"

#define PAPER_LINE_MAX 256 /* characters a line; the printable width holds fewer */

enum paper_align {
    PAPER_LEFT,
    PAPER_CENTRE,
    PAPER_RIGHT,
};

struct paper_style {
    int scale_x; /* 1 … 8 */
    int scale_y;
    bool bold;
    bool underline;
    bool inverse;
    bool small; /* font B */
    int spacing;
};

/* One-bit picture, most significant bit left. */
struct paper_bits {
    const uint8_t *bits;
    int width_bytes;
    int height;
    int scale_x;
    int scale_y;
};

struct paper;

MUST_CHECK int paper_open(int dots, struct paper **out_paper);
void paper_close(struct paper *paper);

/* Alignment, spacing, margins as after switching on; what is printed stays. */
void paper_reset(struct paper *paper);
void paper_align(struct paper *paper, enum paper_align align);
void paper_line_spacing(struct paper *paper, int dots);
void paper_margin(struct paper *paper, int left, int width); /* -1: unchanged */
void paper_move_to(struct paper *paper, int x);              /* from the left margin */
int paper_position(const struct paper *paper);

/* One character, one or two cells wide; a full line is printed first. */
void paper_put(struct paper *paper, const char *utf8, int cells, const struct paper_style *style);

/* Prints the line, if anything is in it or always when force, and goes to the next. */
void paper_end_line(struct paper *paper, bool force);
void paper_feed(struct paper *paper, int dots);

void paper_qr(struct paper *paper, const uint8_t *data, size_t length, int module_dots, int level);
/* 8, 12 or 13 digits' bars with what stands below, if anything. */
void paper_ean(struct paper *paper, const char *digits, int module_dots, int height, bool text);
void paper_boxed(struct paper *paper, const char *text, int height);
void paper_bits(struct paper *paper, const struct paper_bits *bits);
/* As part of the line: columns of bytes_a_column × 8 dots, most significant bit on top. */
void paper_columns(struct paper *paper, const uint8_t *columns, int count, int bytes_a_column);

/* What was printed since the last tear, with some white below; valid until the next call. False: nothing was. */
bool paper_tear(struct paper *paper, struct pixels *out_picture);

/* Whether less than so many dots are left before the paper must be torn. */
bool paper_is_nearly_full(const struct paper *paper, int dots);

#endif
