#include "central/phone/consent.h"

#include <string.h>

static const struct consent_point points_2026_11[] = {
    {"谁在处理", "由您所在门店的品牌方处理，仅用于本品牌会员服务。"},
    {"收集什么", "一个随机会员编号、您加入的门店、优惠券与积分记录。不收集姓名、手机号、头像或位置。"},
    {"为何收集", "发放和核销优惠券、累计和使用积分、在门店识别您的会员身份。"},
    {"保存多久", "您是会员期间。取消关注后，与微信的关联立即删除；账务记录仅以随机编号保留。"},
    {"您的权利", "可随时查看、导出、更正、删除，或撤回同意：在公众号内留言或到门店办理即可。不加入也能使用优惠券。"},
};

const struct consent_text consent_current = {
    .version = "2026-11", .points = points_2026_11, .point_count = ARRAY_LEN(points_2026_11)};

bool consent_known(const char *version)
{
    return strcmp(version, consent_current.version) == 0;
}
