#include "receipt/receipt.h"

#include "domain/money.h"
#include "hal/escpos.h"

#include <inttypes.h>
#include <stdio.h>

/* The words of a receipt, in both languages; a receipt is printed in the language that its shopper saw. */
enum word {
    WORD_REDEMPTION,
    WORD_SALE,
    WORD_VOID,
    WORD_TEST,
    WORD_COPY,
    WORD_NUMBER,
    WORD_TIME,
    WORD_CLERK,
    WORD_COUPON,
    WORD_GIFT,
    WORD_GROSS,
    WORD_DISCOUNT,
    WORD_CREDIT_USED,
    WORD_PAID,
    WORD_REFUND,
    WORD_EARNED,
    WORD_BALANCE,
    WORD_MEMBER,
    WORD_OFFLINE,
    WORD_FOLLOW,
    WORD_THANKS,
    WORD_COUNT
};

static const char *word(const struct receipt *r, enum word w)
{
    static const char *const words[LANGUAGE_COUNT][WORD_COUNT] = {
        [LANGUAGE_ZH_CN] = {"优惠券核销单",
                            "销售小票",
                            "撤销单",
                            "打印测试页",
                            "（补打）",
                            "单号",
                            "时间",
                            "店员",
                            "优惠券",
                            "赠品",
                            "合计",
                            "优惠",
                            "余额支付",
                            "实付",
                            "应退",
                            "本次返现",
                            "当前余额",
                            "会员尾号",
                            "离线受理，联网后自动上传",
                            "微信扫码，成为会员",
                            "谢谢惠顾"},
        [LANGUAGE_EN] = {"Coupon redemption",
                         "Sales receipt",
                         "Void",
                         "Printer test page",
                         "(copy)",
                         "No.",
                         "Time",
                         "Clerk",
                         "Coupon",
                         "Gift",
                         "Total",
                         "Discount",
                         "Paid with credit",
                         "Paid",
                         "Refund",
                         "Credit earned",
                         "Credit balance",
                         "Member ending in",
                         "Taken offline, uploads by itself later",
                         "Scan with WeChat to become a member",
                         "Thank you"},
    };
    return words[r->language][w];
}

static void amount_line(struct escpos *e, const char *label, int64_t amount_minor, bool negative)
{
    char text[MONEY_TEXT_MAX], shown[MONEY_TEXT_MAX + 8];
    money_format(amount_minor, text, sizeof(text));
    snprintf(shown, sizeof(shown), "%s¥%s", negative ? "-" : "", text);
    escpos_columns(e, label, shown);
}

static void head(struct escpos *e, const struct receipt *r)
{
    static const enum word titles[] = {[RECEIPT_OF_REDEMPTION] = WORD_REDEMPTION,
                                       [RECEIPT_OF_SALE] = WORD_SALE,
                                       [RECEIPT_OF_VOID] = WORD_VOID,
                                       [RECEIPT_TEST_PAGE] = WORD_TEST};
    escpos_align(e, ESCPOS_CENTRE);
    escpos_size(e, 2, 2);
    escpos_line(e, r->brand);
    escpos_size(e, 1, 1);
    escpos_line(e, r->store);
    if (r->address[0] != '\0')
        escpos_line(e, r->address);
    escpos_feed(e, 1);
    escpos_bold(e, true);
    escpos_text(e, word(r, titles[r->kind]));
    escpos_line(e, r->copy ? word(r, WORD_COPY) : "");
    escpos_bold(e, false);
    escpos_align(e, ESCPOS_LEFT);
    escpos_rule(e, '-');
}

static void facts(struct escpos *e, const struct receipt *r)
{
    char text[64];
    snprintf(text, sizeof(text), "%u.%u.%" PRIu64, r->terminal, r->incarnation, r->group);
    escpos_columns(e, word(r, WORD_NUMBER), text);
    time_format_minute(r->business_ms, text, sizeof(text));
    escpos_columns(e, word(r, WORD_TIME), text);
    if (r->clerk[0] != '\0')
        escpos_columns(e, word(r, WORD_CLERK), r->clerk);
    if (r->campaign[0] != '\0')
        escpos_columns(e, word(r, WORD_COUPON), r->campaign);
    if (r->gift[0] != '\0')
        escpos_columns(e, word(r, WORD_GIFT), r->gift);
    escpos_rule(e, '-');
}

static void amounts(struct escpos *e, const struct receipt *r)
{
    if (r->gross_minor > 0)
        amount_line(e, word(r, WORD_GROSS), r->gross_minor, false);
    if (r->discount_minor > 0)
        amount_line(e, word(r, WORD_DISCOUNT), r->discount_minor, true);
    if (r->credit_minor > 0)
        amount_line(e, word(r, WORD_CREDIT_USED), r->credit_minor, true);
    if (r->gross_minor == 0 && r->kind != RECEIPT_OF_VOID)
        return;
    escpos_bold(e, true);
    escpos_size(e, 2, 2);
    amount_line(e, word(r, r->kind == RECEIPT_OF_VOID ? WORD_REFUND : WORD_PAID), r->paid_minor, false);
    escpos_size(e, 1, 1);
    escpos_bold(e, false);
}

static void member(struct escpos *e, const struct receipt *r)
{
    if (r->member == 0)
        return;
    char tail[MEMBER_TAIL_LEN + 1];
    member_id_tail(r->member, tail);
    escpos_rule(e, '-');
    escpos_columns(e, word(r, WORD_MEMBER), tail);
    if (r->earned_minor > 0)
        amount_line(e, word(r, WORD_EARNED), r->earned_minor, false);
    amount_line(e, word(r, WORD_BALANCE), r->balance_minor, false);
}

static void foot(struct escpos *e, const struct receipt *r)
{
    escpos_rule(e, '-');
    escpos_align(e, ESCPOS_CENTRE);
    if (r->offline)
        escpos_line(e, word(r, WORD_OFFLINE));
    if (r->follow_url[0] != '\0' && r->kind != RECEIPT_OF_VOID) {
        escpos_feed(e, 1);
        escpos_qr(e, r->follow_url, 6, ESCPOS_QR_M);
        escpos_feed(e, 1);
        escpos_line(e, word(r, WORD_FOLLOW));
    }
    escpos_line(e, word(r, WORD_THANKS));
    escpos_cut(e);
}

int receipt_layout(const struct receipt *receipt, int columns, uint8_t *out_bytes, size_t cap, size_t *out_len)
{
    struct escpos e;
    escpos_init(&e, out_bytes, cap, columns);
    head(&e, receipt);
    if (receipt->kind != RECEIPT_TEST_PAGE) {
        facts(&e, receipt);
        amounts(&e, receipt);
        member(&e, receipt);
    } else {
        escpos_line(&e, "中文 GB18030 ￥ 123.45 ABC abc");
        escpos_ean13(&e, "690123456789");
    }
    foot(&e, receipt);
    return escpos_finish(&e, out_len);
}
