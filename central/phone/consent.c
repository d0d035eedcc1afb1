#include "central/phone/consent.h"

#include <string.h>

static const struct consent_point points_2026_11[] = {
    {"谁在处理", "由您所在门店的品牌方处理，仅用于本品牌会员服务。"},
    {"收集什么", "一个随机会员编号、您加入的门店、优惠券与积分记录。不收集姓名、手机号、头像或位置。"},
    {"为何收集", "发放和核销优惠券、累计和使用积分、在门店识别您的会员身份。"},
    {"保存多久", "您是会员期间。取消关注后，与微信的关联立即删除；账务记录仅以随机编号保留。"},
    {"您的权利", "可随时查看、导出、更正、删除，或撤回同意：在公众号内留言或到门店办理即可。不加入也能使用优惠券。"},
};

static const struct consent_point points_2026_11_22[] = {
    {"谁在处理", "由您所在门店的品牌方处理，仅用于本品牌会员服务。"},
    {"收集什么",
     "一个随机会员编号、您加入的门店、优惠券与积分记录、消费与核销的时间和金额、您自选的兴趣标签。"
     "只有您主动提供时，才保存手机号或会员卡号，并加密存放。不收集姓名、头像；您的位置只在手机上计算，不会上传。"},
    {"为何收集", "发放和核销优惠券、累计和使用积分、在门店识别您的会员身份，以及挑选与您有关的优惠。"},
    {"个性化", "是否按消费情况为您挑选优惠，由您决定，可随时在会员页关闭；关闭后会员权益不变。"},
    {"保存多久", "您是会员期间。取消关注后，与微信的关联立即删除；注销后只保留随机编号的账务记录。"},
    {"您的权利",
     "可随时在会员页查看、导出、更正、删除，或撤回同意；也可在公众号内留言或到门店办理。不加入也能使用优惠券。"},
};

/* Oldest first; the last one is shown today. */
static const struct consent_text texts[] = {
    {.version = "2026-11", .points = points_2026_11, .point_count = ARRAY_LEN(points_2026_11)},
    {.version = "2026-11-22", .points = points_2026_11_22, .point_count = ARRAY_LEN(points_2026_11_22)},
};

const struct consent_text *consent_current(void)
{
    return &texts[ARRAY_LEN(texts) - 1];
}

const struct consent_text *consent_find(const char *version)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strcmp(version, texts[i].version) == 0) {
            return &texts[i];
        }
    }
    return NULL;
}
