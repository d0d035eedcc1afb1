#include "ean_bars.h"
#include "../copy.h"

#include <string.h>

/* Set A, odd parity. Set C is its complement, set B set C backwards. */
static const char *const set_a[10] = {"0001101", "0011001", "0010011", "0111101", "0100011",
                                      "0110001", "0101111", "0111011", "0110111", "0001011"};
/* Which of the six left digits of an EAN-13 use set B, by its first digit. */
static const char *const first_digit[10] = {"AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB",
                                            "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"};

static char *put(char *to, const char *modules)
{
    size_t length = strlen(modules);

    memcpy(to, modules, length + 1);
    return to + length;
}

static char *put_digit(char *to, char digit, char set)
{
    const char *odd = set_a[digit - '0'];

    for (int i = 0; i < 7; i++) {
        char module = set == 'B' ? odd[6 - i] : odd[i];

        *to++ = set == 'A' ? module : module == '1' ? '0' : '1';
    }
    *to = '\0';
    return to;
}

static char check_digit(const char *digits, size_t length)
{
    int sum = 0;

    for (size_t i = 0; i < length; i++) {
        sum += (digits[length - 1 - i] - '0') * (i % 2 ? 1 : 3);
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

int ean_bars(const char *digits, char out_modules[EAN_MODULES_MAX + 1], char out_digits[14])
{
    size_t length = strlen(digits);
    size_t half = length >= 12 ? 6 : 4;
    const char *sets = "AAAA";
    const char *left;
    char whole[14] = "";
    char *to = out_modules;

    if (length < 7 || length > 13 || (length > 8 && length < 12) || strspn(digits, "0123456789") != length) {
        return 0;
    }
    copy_text(whole, sizeof(whole), digits);
    if (length == 7 || length == 12) {
        whole[length] = check_digit(digits, length);
        whole[length + 1] = '\0';
    } else if (whole[length - 1] != check_digit(digits, length - 1)) {
        return 0;
    }
    left = half == 6 ? whole + 1 : whole;
    sets = half == 6 ? first_digit[whole[0] - '0'] : sets;
    to = put(to, "101");
    for (size_t i = 0; i < half; i++) {
        to = put_digit(to, left[i], sets[i]);
    }
    to = put(to, "01010");
    for (size_t i = 0; i < half; i++) {
        to = put_digit(to, left[half + i], 'C');
    }
    to = put(to, "101");
    memcpy(out_digits, whole, sizeof(whole));
    return (int)(to - out_modules);
}
