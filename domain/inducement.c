#include "inducement.h"

#include "utf8.h"

#include <string.h>

#define TEXT_MAX 4096 /* bytes that are looked at in one piece */
#define OVERLAP  256  /* and of these again with the next, so that no promise is cut in two */
#define NEAR     12   /* characters between an act and what is given for it */

/* Promises that stand in one piece. */
static const char *const inducing[] = {
    "关注有礼",       "关注有奖",       "关注即送",         "关注就送",       "关注送券",
    "关注送礼",       "关注送优惠",     "关注送红包",       "关注领券",       "关注领取",
    "关注领红包",     "关注领优惠",     "关注后领",         "关注后送",       "关注后可",
    "关注即可",       "关注可领",       "关注可得",         "关注才能",       "关注方可",
    "关注方能",       "扫码关注送",     "扫码关注领",       "先关注",         "需关注",
    "须关注",         "必须关注",       "强制关注",         "不关注不",       "转发有礼",
    "转发有奖",       "转发送",         "转发领",           "转发即",         "转发朋友圈",
    "转发到朋友圈",   "分享有礼",       "分享有奖",         "分享送",         "分享领",
    "分享即",         "分享到朋友圈",   "邀请好友",         "邀请有礼",       "集赞",
    "点赞送",         "好友助力",       "帮我助力",         "砍价",           "拉新有奖",
    "不转不是",       "必须转发",       "follow to get",    "follow and get", "follow us and",
    "follow us to",   "follow us for",  "share to get",     "share and get",  "invite a friend",
    "invite friends", "forward to get", "for following us", "for a follow",
};

/* What turns such a promise into its opposite: "no need to follow". */
static const char *const negations[] = {"无需",  "无须", "无", "不用",        "不必",         "不需要",
                                        "不需",  "不须", "不", "no need to ", "not have to ", "without having to ",
                                        "never "};

/* Acts, and what may not be given for them: a promise in two pieces, in one sentence. */
static const char *const acts[] = {"关注", "转发",   "分享给", "分享到", "分享后",
                                   "点赞", "加我们", "加微信", "加好友", "加公众号"};
static const char *const gifts[] = {"送券",   "送礼",   "送优惠", "送红包", "送您", "送你", "送积分", "领取", "领券",
                                    "领红包", "领优惠", "领礼",   "立减",   "立享", "得券", "获得",   "获赠", "获券",
                                    "返现",   "奖励",   "赠券",   "赠礼",   "有礼", "有奖", "好礼"};
/* A gift when an amount follows. */
static const char *const verbs[] = {"送", "领", "减", "得", "返", "赠", "奖"};
static const char *const amounts[] = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",
                                      "¥", "￥", "一", "两", "二", "三", "五", "十", "百", "几"};
static const char *const ends[] = {"。", "！", "!", "；", ";", "？", "?", "\n"};

/* Traditional characters of the words above. */
static const struct {
    uint32_t from, to;
} folded[] = {
    {0x95DC, 0x5173}, {0x9818, 0x9886}, {0x8F49, 0x8F6C}, {0x767C, 0x53D1}, {0x8D08, 0x8D60}, {0x9EDE, 0x70B9},
    {0x8B9A, 0x8D5E}, {0x79AE, 0x793C}, {0x734E, 0x5956}, {0x7D05, 0x7EA2}, {0x512A, 0x4F18}, {0x9808, 0x987B},
    {0x5F8C, 0x540E}, {0x8ACB, 0x8BF7}, {0x7372, 0x83B7}, {0x6E1B, 0x51CF}, {0x6383, 0x626B}, {0x78BC, 0x7801},
    {0x5E7E, 0x51E0}, {0x5169, 0x4E24}, {0x7121, 0x65E0}, {0x52F5, 0x52B1}, {0x73FE, 0x73B0},
};

static bool invisible(uint32_t point)
{
    return point == 0x00AD || (point >= 0x200B && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x2064) || point == 0xFEFF;
}

static uint32_t fold(uint32_t point)
{
    if (point >= 0xFF01 && point <= 0xFF5E)
        point -= 0xFF01 - '!';
    if (point == 0x3000 || point == 0xA0)
        return ' ';
    if (point >= 'A' && point <= 'Z')
        return point + 'a' - 'A';
    for (size_t i = 0; i < ARRAY_LEN(folded); i++) {
        if (folded[i].from == point)
            return folded[i].to;
    }
    return point;
}

static size_t put(uint32_t point, char *out)
{
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(first[len] | point);
    return len;
}

/* As it is read: never longer than it was. */
static void flatten(const char *text, size_t len, char out[TEXT_MAX + 1])
{
    size_t at = 0, done = 0;
    uint32_t point;

    while (done < len) {
        size_t step = utf8_next((const uint8_t *)text + done, len - done, &point);
        if (step > 0 && !invisible(point))
            at += put(fold(point), out + at);
        done += step > 0 ? step : 1;
    }
    out[at] = '\0';
}

/* Does word begin here? Spaces between its characters do not hide it. */
static bool begins(const char *text, const char *word)
{
    while (*word != '\0') {
        while (*text == ' ' && *word != ' ')
            text++;
        if (*text++ != *word++)
            return false;
    }
    return true;
}

static bool negated(const char *text, const char *at)
{
    for (size_t i = 0; i < ARRAY_LEN(negations); i++) {
        size_t len = strlen(negations[i]);

        if ((size_t)(at - text) >= len && begins(at - len, negations[i]))
            return true;
    }
    return false;
}

static bool begins_any(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins(text, words[i]))
            return true;
    }
    return false;
}
#define BEGINS_ANY(text, words) begins_any(text, words, ARRAY_LEN(words))

static size_t character(const char *text)
{
    uint32_t point;
    size_t len = utf8_next((const uint8_t *)text, strlen(text), &point);
    return len > 0 ? len : 1;
}

/* "送5元", but not "送货". */
static bool gives_amount(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (begins(text, verbs[i]))
            return BEGINS_ANY(text + strlen(verbs[i]) + strspn(text + strlen(verbs[i]), " "), amounts);
    }
    return false;
}

static bool gift_follows(const char *text)
{
    for (unsigned i = 0; i < NEAR && *text != '\0' && !BEGINS_ANY(text, ends); i++) {
        if (BEGINS_ANY(text, gifts) || gives_amount(text))
            return true;
        text += character(text);
    }
    return false;
}

static const char *find_in(const char *text)
{
    for (const char *at = text; *at != '\0'; at += character(at)) {
        if (*at == ' ' || negated(text, at))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(inducing); i++) {
            if (begins(at, inducing[i]))
                return inducing[i];
        }
        for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
            if (begins(at, acts[i]) && gift_follows(at + strlen(acts[i])))
                return acts[i];
        }
    }
    return NULL;
}

const char *inducement_find(const char *text)
{
    char piece[TEXT_MAX + 1];
    const char *words = NULL;
    size_t len = text != NULL ? strlen(text) : 0;

    for (size_t at = 0; at < len && words == NULL; at += TEXT_MAX - OVERLAP) {
        flatten(text + at, len - at < TEXT_MAX ? len - at : TEXT_MAX, piece);
        words = find_in(piece);
    }
    return words;
}
