#include "service/service.h"

#include "platform/log.h"

#include <string.h>

#define OPENID_LEN 28
#define MOBILE_LEN 11

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* 1[3-9] and nine more, alone or behind 86. */
static bool is_mobile(const char *digits, size_t len)
{
    if (len == MOBILE_LEN + 2 && digits[0] == '8' && digits[1] == '6') {
        digits += 2;
        len -= 2;
    }
    return len == MOBILE_LEN && digits[0] == '1' && digits[1] >= '3';
}

/* WeChat's numbers of people: 28 letters, the first an o, of several kinds, as no word is. */
static bool is_openid(const char *word, size_t len)
{
    bool digit = false, upper = false, lower = false;

    for (size_t i = 1; i < len; i++) {
        digit |= is_digit(word[i]);
        upper |= word[i] >= 'A' && word[i] <= 'Z';
        lower |= word[i] >= 'a' && word[i] <= 'z';
    }
    return len == OPENID_LEN && word[0] == 'o' && digit + upper + lower >= 2;
}

static void redact_digits(char *text)
{
    while (*text) {
        size_t len = strspn(text, "0123456789");
        if (is_mobile(text, len))
            memset(text, '*', len);
        text += len > 0 ? len : 1;
    }
}

static void redact_words(char *text)
{
    while (*text) {
        size_t len = 0;
        while (is_word(text[len]))
            len++;
        if (is_openid(text, len))
            memset(text, '*', len);
        text += len > 0 ? len : 1;
    }
}

/* TSC1:, TSM1:, TSB1: … and whatever stands behind them up to a blank or a quote. */
static void redact_codes(char *text)
{
    for (char *at = strstr(text, "TS"); at; at = strstr(at + 2, "TS")) {
        if (at[2] < 'A' || at[2] > 'Z' || !is_digit(at[3]) || at[4] != ':')
            continue;
        memset(at + 5, '*', strcspn(at + 5, " \t\r\n\"'"));
    }
}

void service_redact(char *text)
{
    redact_codes(text);
    redact_words(text);
    redact_digits(text);
    log_redact_cards(text);
}
