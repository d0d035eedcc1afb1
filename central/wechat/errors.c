#include "central/wechat/errors.h"

#include "domain/base.h"

static const struct wechat_error errors[] = {
    {0, WECHAT_DONE, "done"},
    {-1, WECHAT_REST, "the platform is busy"},
    {40001, WECHAT_TOKEN, "the access token is not valid"},
    {40003, WECHAT_NEVER, "the platform does not know this recipient"},
    {40007, WECHAT_NEVER, "the media id is not valid"},
    {40008, WECHAT_NEVER, "the kind of message is not valid"},
    {40013, WECHAT_SETUP, "the AppID is wrong"},
    {40014, WECHAT_TOKEN, "the access token is not valid"},
    {40016, WECHAT_NEVER, "a menu has at most 3 buttons"},
    {40018, WECHAT_NEVER, "a menu button's name has the wrong length"},
    {40035, WECHAT_NEVER, "the parameters are not valid"},
    {40037, WECHAT_NEVER, "the template is not known"},
    {40053, WECHAT_NEVER, "the action of the QR is not valid"},
    {40125, WECHAT_SETUP, "the secret is wrong"},
    {40164, WECHAT_SETUP, "this server's address is not on the account's list"},
    {40243, WECHAT_SETUP, "the secret is frozen"},
    {41001, WECHAT_TOKEN, "the access token is missing"},
    {41028, WECHAT_NEVER, "the form id is not valid"},
    {42001, WECHAT_TOKEN, "the access token is out of date"},
    {43004, WECHAT_NEVER, "the recipient does not follow the account"},
    {43101, WECHAT_NEVER, "the recipient refused such messages"},
    {44002, WECHAT_NEVER, "the message is empty"},
    {45002, WECHAT_NEVER, "the message is too long"},
    {45008, WECHAT_NEVER, "too many articles"},
    {45009, WECHAT_TOMORROW, "the interface's quota of the day is used"},
    {45011, WECHAT_NEXT_MINUTE, "the interface was called too often"},
    {45015, WECHAT_NEVER, "the reply window is shut"},
    {45028, WECHAT_NEVER, "the recipient's mass messages of the month are used"},
    {45029, WECHAT_NEVER, "the account's QR codes are used up"},
    {45047, WECHAT_NEVER, "the reply window's messages are used"},
    {45056, WECHAT_NEVER, "the account has 100 tags"},
    {45058, WECHAT_NEVER, "this tag belongs to the platform"},
    {45059, WECHAT_NEVER, "the recipient has 20 tags"},
    {45065, WECHAT_DONE_BEFORE, "the platform has this message already"},
    {45066, WECHAT_NEXT_MINUTE, "mass messages follow one another too fast"},
    {45157, WECHAT_DONE_BEFORE, "the tag is there already"},
    {45158, WECHAT_NEVER, "the tag's name is too long"},
    {45159, WECHAT_NEVER, "the tag is not known"},
    {47001, WECHAT_NEVER, "the platform could not read the call"},
    {47003, WECHAT_NEVER, "a field does not fit the template"},
    {48001, WECHAT_CLOSED, "the account may not use this interface"},
    {48004, WECHAT_CLOSED, "the platform has shut this interface for the account"},
    {48008, WECHAT_NEVER, "mass messages may not hold this"},
    {49003, WECHAT_NEVER, "the recipient does not belong to this account"},
    {50002, WECHAT_CLOSED, "the account is limited"},
    {50005, WECHAT_NEVER, "the recipient does not follow the account"},
    {61450, WECHAT_REST, "the platform is in trouble"},
    {65400, WECHAT_CLOSED, "customer service is not switched on"},
    {89503, WECHAT_SETUP, "the call waits for an administrator's word"},
    {88000, WECHAT_CLOSED, "comments are not switched on"},
};

const struct wechat_error *wechat_error_find(int code)
{
    static const struct wechat_error unknown = {0, WECHAT_UNKNOWN, "the platform refused"};
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        if (errors[i].code == code) {
            return &errors[i];
        }
    }
    return &unknown;
}
