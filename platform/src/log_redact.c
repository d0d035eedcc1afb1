#include "platform/log.h"

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The run of digits starting at text, single blanks or dashes between them allowed: its end. */
static char *run_end(char *text)
{
    char *end = text;
    while (is_digit(*end) || ((*end == ' ' || *end == '-') && is_digit(end[1])))
        end++;
    return end;
}

/* Counts the digits of [from, to) and says whether they pass the Luhn check. */
static bool passes_luhn(const char *from, const char *to, int *out_digits)
{
    int sum = 0;
    int digits = 0;
    for (const char *c = to - 1; c >= from; c--) {
        if (!is_digit(*c))
            continue;
        int value = (*c - '0') * (digits % 2 ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
        digits++;
    }
    *out_digits = digits;
    return sum % 10 == 0;
}

/* The next place after which a group of digits ends: before a separator or at the end of the run. */
static char *group_end(char *from, const char *end)
{
    while (from < end && is_digit(*from))
        from++;
    return from;
}

/*
 * The longest card-like stretch starting at a group's first digit and ending with a group, or NULL. Whole groups, since
 * "no=1 4111 1111 1111 1111" is one run of 17 digits in which the card is the last four groups.
 */
static char *card_end(char *from, char *end)
{
    char *found = NULL;
    for (char *to = group_end(from, end);; to = group_end(to + 1, end)) {
        int digits;
        bool card = passes_luhn(from, to, &digits);
        if (digits > CARD_DIGITS_MAX)
            return found;
        if (card && digits >= CARD_DIGITS_MIN)
            found = to;
        if (to >= end)
            return found;
    }
}

static size_t redact_run(char *from, char *end)
{
    size_t found = 0;
    while (from < end) {
        char *to = card_end(from, end);
        if (to) {
            for (char *c = from; c < to; c++)
                if (is_digit(*c))
                    *c = '*';
            found++;
        } else {
            to = group_end(from, end);
        }
        from = to + 1;
    }
    return found;
}

size_t log_redact_cards(char *text)
{
    size_t found = 0;
    while (*text) {
        if (!is_digit(*text)) {
            text++;
            continue;
        }
        char *end = run_end(text);
        found += redact_run(text, end);
        text = end;
    }
    return found;
}
