#ifndef CENTRAL_WECHAT_ERRORS_H
#define CENTRAL_WECHAT_ERRORS_H

/* What the platform's error codes mean for us (https://developers.weixin.qq.com/doc/offiaccount, "global return
 * codes"). */

enum wechat_act {
    WECHAT_DONE,        /* no error */
    WECHAT_DONE_BEFORE, /* the platform has it already */
    WECHAT_REST,        /* it is busy: the account rests for a while */
    WECHAT_TOKEN,       /* a new token, then once more */
    WECHAT_TOMORROW,    /* the interface's quota of the day is used */
    WECHAT_NEXT_MINUTE, /* the interface was called too often just now */
    WECHAT_CLOSED,      /* the account may not use this interface: an operator has to see to it */
    WECHAT_SETUP,       /* AppID, secret or address list are wrong: nothing goes until an operator has seen to it */
    WECHAT_NEVER,       /* this message, to this recipient, will not go */
    WECHAT_UNKNOWN,     /* not in the table: tried again a few times */
};

struct wechat_error {
    int code;
    enum wechat_act act;
    const char *reason; /* for the operator */
};

/* Never NULL. */
const struct wechat_error *wechat_error_find(int code);

#endif
