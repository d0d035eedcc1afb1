#include "keymap.h"

#include <linux/input-event-codes.h>

struct key_chars {
    char plain;
    char shifted;
};

static const struct key_chars chars[] = {
    [KEY_1] = {'1', '!'},          [KEY_2] = {'2', '@'},           [KEY_3] = {'3', '#'},
    [KEY_4] = {'4', '$'},          [KEY_5] = {'5', '%'},           [KEY_6] = {'6', '^'},
    [KEY_7] = {'7', '&'},          [KEY_8] = {'8', '*'},           [KEY_9] = {'9', '('},
    [KEY_0] = {'0', ')'},          [KEY_MINUS] = {'-', '_'},       [KEY_EQUAL] = {'=', '+'},
    [KEY_Q] = {'q', 'Q'},          [KEY_W] = {'w', 'W'},           [KEY_E] = {'e', 'E'},
    [KEY_R] = {'r', 'R'},          [KEY_T] = {'t', 'T'},           [KEY_Y] = {'y', 'Y'},
    [KEY_U] = {'u', 'U'},          [KEY_I] = {'i', 'I'},           [KEY_O] = {'o', 'O'},
    [KEY_P] = {'p', 'P'},          [KEY_LEFTBRACE] = {'[', '{'},   [KEY_RIGHTBRACE] = {']', '}'},
    [KEY_A] = {'a', 'A'},          [KEY_S] = {'s', 'S'},           [KEY_D] = {'d', 'D'},
    [KEY_F] = {'f', 'F'},          [KEY_G] = {'g', 'G'},           [KEY_H] = {'h', 'H'},
    [KEY_J] = {'j', 'J'},          [KEY_K] = {'k', 'K'},           [KEY_L] = {'l', 'L'},
    [KEY_SEMICOLON] = {';', ':'},  [KEY_APOSTROPHE] = {'\'', '"'}, [KEY_GRAVE] = {'`', '~'},
    [KEY_BACKSLASH] = {'\\', '|'}, [KEY_Z] = {'z', 'Z'},           [KEY_X] = {'x', 'X'},
    [KEY_C] = {'c', 'C'},          [KEY_V] = {'v', 'V'},           [KEY_B] = {'b', 'B'},
    [KEY_N] = {'n', 'N'},          [KEY_M] = {'m', 'M'},           [KEY_COMMA] = {',', '<'},
    [KEY_DOT] = {'.', '>'},        [KEY_SLASH] = {'/', '?'},       [KEY_SPACE] = {' ', ' '},
    [KEY_KPASTERISK] = {'*', '*'}, [KEY_KP0] = {'0', '0'},         [KEY_KP1] = {'1', '1'},
    [KEY_KP2] = {'2', '2'},        [KEY_KP3] = {'3', '3'},         [KEY_KP4] = {'4', '4'},
    [KEY_KP5] = {'5', '5'},        [KEY_KP6] = {'6', '6'},         [KEY_KP7] = {'7', '7'},
    [KEY_KP8] = {'8', '8'},        [KEY_KP9] = {'9', '9'},         [KEY_KPMINUS] = {'-', '-'},
    [KEY_KPPLUS] = {'+', '+'},     [KEY_KPDOT] = {'.', '.'},       [KEY_KPSLASH] = {'/', '/'},
};

static const struct {
    unsigned code;
    enum input_key key;
} keys[] = {
    {KEY_ENTER, INPUT_KEY_ENTER}, {KEY_KPENTER, INPUT_KEY_ENTER},
    {KEY_ESC, INPUT_KEY_ESCAPE},  {KEY_BACKSPACE, INPUT_KEY_BACKSPACE},
    {KEY_TAB, INPUT_KEY_TAB},     {KEY_LEFT, INPUT_KEY_LEFT},
    {KEY_RIGHT, INPUT_KEY_RIGHT}, {KEY_UP, INPUT_KEY_UP},
    {KEY_DOWN, INPUT_KEY_DOWN},   {KEY_F1, INPUT_KEY_F1},
    {KEY_F2, INPUT_KEY_F2},       {KEY_F3, INPUT_KEY_F3},
    {KEY_F4, INPUT_KEY_F4},       {KEY_F5, INPUT_KEY_F5},
    {KEY_F6, INPUT_KEY_F6},       {KEY_F7, INPUT_KEY_F7},
    {KEY_F8, INPUT_KEY_F8},       {KEY_F9, INPUT_KEY_F9},
    {KEY_F10, INPUT_KEY_F10},     {KEY_F11, INPUT_KEY_F11},
    {KEY_F12, INPUT_KEY_F12},
};

char keymap_char(unsigned code, bool shift)
{
    if (code >= ARRAY_LEN(chars)) {
        return 0;
    }
    return shift ? chars[code].shifted : chars[code].plain;
}

enum input_key keymap_key(unsigned code)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].code == code) {
            return keys[i].key;
        }
    }
    return INPUT_KEY_NONE;
}
