#include "central/store/catalogue_csv.h"

#include "domain/money.h"
#include "domain/scancode.h"

#include <stdio.h>
#include <string.h>

static const char *const column_names[CSV_FIELDS] = {"ean",   "sku",          "name_zh", "name_en",
                                                     "price", "member_price", "unit"};

/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Returns the length or 0. */
static size_t utf8_length(const unsigned char *c)
{
    if (c[0] < 0x80) {
        return 1;
    }
    if (c[0] >= 0xC2 && c[0] <= 0xDF) {
        return (c[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if (c[0] >= 0xE0 && c[0] <= 0xEF) {
        bool first = c[0] == 0xE0   ? c[1] >= 0xA0 && c[1] <= 0xBF
                     : c[0] == 0xED ? c[1] >= 0x80 && c[1] <= 0x9F
                                    : (c[1] & 0xC0) == 0x80;
        return first && (c[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (c[0] >= 0xF0 && c[0] <= 0xF4) {
        bool first = c[0] == 0xF0   ? c[1] >= 0x90 && c[1] <= 0xBF
                     : c[0] == 0xF4 ? c[1] >= 0x80 && c[1] <= 0x8F
                                    : (c[1] & 0xC0) == 0x80;
        return first && (c[2] & 0xC0) == 0x80 && (c[3] & 0xC0) == 0x80 ? 4 : 0;
    }
    return 0;
}

static bool is_clean_text(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t len = utf8_length(c);
        if (len == 0 || *c < 0x20 || *c == 0x7F) {
            return false;
        }
        c += len;
    }
    return true;
}

/* One field, unquoted in place. Moves to the character that ended it; *fault is set when quotes do not match. */
static char *read_field(struct csv_reader *r, const char **fault)
{
    char *start = r->text + r->pos, *to = start;
    bool quoted = r->pos < r->len && *start == '"';
    r->pos += quoted;
    while (r->pos < r->len) {
        char c = r->text[r->pos];
        if (quoted && c == '"') {
            r->pos++;
            if (r->pos < r->len && r->text[r->pos] == '"') {
                *to++ = '"';
                r->pos++;
                continue;
            }
            quoted = false;
            continue;
        }
        if (!quoted && (c == ',' || c == '\n' || c == '\r')) {
            break;
        }
        r->line += c == '\n';
        *to++ = c;
        r->pos++;
    }
    if (quoted) {
        *fault = "a quote is opened and never closed";
    }
    return to; /* the caller ends the text there, after it looked at what ended the field */
}

/* Leaves the row's end behind: CR, LF or CR LF. */
static void skip_row_end(struct csv_reader *r)
{
    if (r->pos < r->len && r->text[r->pos] == '\r') {
        r->pos++;
        r->line += r->pos >= r->len || r->text[r->pos] != '\n';
    }
    if (r->pos < r->len && r->text[r->pos] == '\n') {
        r->pos++;
        r->line++;
    }
}

/* All fields of one row into `fields` (at most CSV_COLUMNS_MAX); returns how many there were. */
static uint32_t read_row(struct csv_reader *r, const char *fields[CSV_COLUMNS_MAX], const char **fault)
{
    uint32_t count = 0;
    for (;;) {
        char *start = r->text + r->pos;
        char *end = read_field(r, fault);
        char stop = r->pos < r->len ? r->text[r->pos] : '\0';
        if (stop == ',') {
            r->pos++;
        } else {
            skip_row_end(r);
        }
        *end = '\0';
        if (count < CSV_COLUMNS_MAX) {
            fields[count] = start;
        }
        count++;
        if (stop != ',') {
            return count;
        }
    }
}

static void trim(const char **text)
{
    *text += strspn(*text, " \t");
}

static int column_of(const char *name)
{
    for (int i = 0; i < CSV_FIELDS; i++) {
        if (strcmp(name, column_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

const char *catalogue_csv_open(char *text, size_t len, struct csv_reader *out_reader)
{
    struct csv_reader r = {.text = text, .len = len, .line = 1};
    const char *fields[CSV_COLUMNS_MAX], *fault = NULL;
    bool seen[CSV_FIELDS] = {false};
    if (memchr(text, '\0', len)) {
        return "the file holds NUL bytes: save it as CSV UTF-8";
    }
    r.pos = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    r.column_count = read_row(&r, fields, &fault);
    if (fault || r.column_count > CSV_COLUMNS_MAX) {
        return "the first row does not name columns";
    }
    for (uint32_t i = 0; i < r.column_count; i++) {
        trim(&fields[i]);
        int column = column_of(fields[i]);
        if (column >= 0 && seen[column]) {
            return "the first row names a column twice";
        }
        r.columns[i] = (int8_t)column;
        if (column >= 0) {
            seen[column] = true;
        }
    }
    if (!seen[CSV_EAN] || !seen[CSV_NAME_ZH] || !seen[CSV_PRICE]) {
        return "the first row must name the columns ean, name_zh and price";
    }
    *out_reader = r;
    return NULL;
}

bool catalogue_csv_next(struct csv_reader *r, struct csv_row *out_row)
{
    while (r->pos < r->len) {
        struct csv_row row = {.line = r->line};
        const char *fields[CSV_COLUMNS_MAX];
        uint32_t count = read_row(r, fields, &row.fault);
        if (count == 1 && fields[0][0] == '\0' && !row.fault) {
            continue;
        }
        for (int i = 0; i < CSV_FIELDS; i++) {
            row.fields[i] = "";
        }
        if (count != r->column_count && !row.fault) {
            row.fault = count < r->column_count ? "fewer fields than columns" : "more fields than columns";
        }
        for (uint32_t i = 0; i < count && i < r->column_count; i++) {
            if (r->columns[i] >= 0) {
                row.fields[r->columns[i]] = fields[i];
            }
        }
        *out_row = row;
        return true;
    }
    return false;
}

static const char *copy_field(const char *from, char *out, size_t cap, const char *fault)
{
    trim(&from);
    size_t len = strlen(from);
    while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\t')) {
        len--;
    }
    if (len >= cap) {
        return fault;
    }
    memcpy(out, from, len);
    out[len] = '\0';
    return NULL;
}

static const char *copy_texts(const char *const fields[CSV_FIELDS], struct feed_product *product)
{
    for (int i = 0; i < CSV_FIELDS; i++) {
        if (!is_clean_text(fields[i])) {
            return "not valid UTF-8, or a control character (save the file as CSV UTF-8)";
        }
    }
    const char *fault = copy_field(fields[CSV_SKU], product->sku, sizeof(product->sku), "sku is too long");
    fault = fault ? fault
                  : copy_field(fields[CSV_NAME_ZH], product->name_zh, sizeof(product->name_zh), "name_zh is too long");
    fault = fault ? fault
                  : copy_field(fields[CSV_NAME_EN], product->name_en, sizeof(product->name_en), "name_en is too long");
    fault = fault ? fault : copy_field(fields[CSV_UNIT], product->unit, sizeof(product->unit), "unit is too long");
    return fault || product->name_zh[0] ? fault : "name_zh is empty";
}

static const char *read_price(const char *field, bool required, int64_t *out_minor)
{
    char text[32];
    if (copy_field(field, text, sizeof(text), "long")) {
        return "a price is not an amount like 12.50";
    }
    if (!text[0]) {
        return required ? "price is empty" : NULL;
    }
    return money_parse(text, out_minor) < 0 ? "a price is not an amount like 12.50" : NULL;
}

const char *catalogue_csv_product(const char *const fields[CSV_FIELDS], struct feed_product *out_product)
{
    struct feed_product product = {0};
    char ean[32];
    if (copy_field(fields[CSV_EAN], ean, sizeof(ean), "long") || !ean_valid(ean) ||
        ean_normalise(ean, product.ean) < 0) {
        return "ean has not 8, 12 or 13 digits with a right check digit";
    }
    const char *fault = copy_texts(fields, &product);
    fault = fault ? fault : read_price(fields[CSV_PRICE], true, &product.price_minor);
    fault = fault ? fault : read_price(fields[CSV_MEMBER_PRICE], false, &product.member_price_minor);
    if (!fault && product.member_price_minor > product.price_minor) {
        fault = "member_price is higher than price";
    }
    if (!fault) {
        *out_product = product;
    }
    return fault;
}
