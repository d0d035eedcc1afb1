#include "screens/verdict_words.h"
#include "domain/authority.h"
#include "domain/scancode.h"
#include "till/till.h"

#define N_(message) message /* marks a message for xgettext */

/* The lines of one verdict stand together, the one that needs most first. */
static const struct verdict_line lines[] = {
    {SUBJECT_COUPON, COUPON_OK, NEEDS_LOOK, N_("Coupon is valid"),
     N_("This coupon can be used today; show it at the counter, where it is redeemed.")},
    {SUBJECT_COUPON, COUPON_OK, NEEDS_GIFT, N_("Coupon accepted"), N_("The coupon is redeemed: hand over {gift}.")},
    {SUBJECT_COUPON, COUPON_OK, NEEDS_PAID, N_("Coupon accepted"),
     N_("The coupon is redeemed: collect {paid} from the customer.")},
    {SUBJECT_COUPON, COUPON_OK, NEEDS_NOTHING, N_("Coupon accepted"),
     N_("The coupon is redeemed: take {discount} off this purchase.")},
    {SUBJECT_COUPON, COUPON_NOT_OURS, NEEDS_NOTHING, N_("Not our coupon"),
     N_("This code is no coupon of ours; please open the coupon in our member card and scan it again.")},
    {SUBJECT_COUPON, COUPON_MALFORMED, NEEDS_NOTHING, N_("Code not complete"),
     N_("The coupon code cannot be read completely; turn up the phone's brightness or type the code below it.")},
    {SUBJECT_COUPON, COUPON_OTHER_BRAND, NEEDS_NOTHING, N_("Another brand's coupon"),
     N_("This coupon belongs to another brand; it stays valid in that brand's stores.")},
    {SUBJECT_COUPON, COUPON_KEY_UNKNOWN, NEEDS_NOTHING, N_("Cannot check it yet"),
     N_("This coupon is newer than this till; scan it again once the till is back online.")},
    {SUBJECT_COUPON, COUPON_FORGED, NEEDS_NOTHING, N_("Not genuine"),
     N_("This coupon was not issued by us; do not accept it and tell the store manager.")},
    {SUBJECT_COUPON, COUPON_KEY_REVOKED, NEEDS_NOTHING, N_("Series withdrawn"),
     N_("Coupons of this series were withdrawn; please ask member service for a new one.")},
    {SUBJECT_COUPON, COUPON_REVOKED, NEEDS_NOTHING, N_("Coupon withdrawn"),
     N_("This coupon was withdrawn; please ask member service why, and use another one today.")},
    {SUBJECT_COUPON, COUPON_UNKNOWN_CODE, NEEDS_NOTHING, N_("Code not found"),
     N_("Nobody knows this code; compare every character and type it again.")},
    {SUBJECT_COUPON, COUPON_ALREADY_USED, NEEDS_WHEN | NEEDS_WHERE, N_("Already used"),
     N_("This coupon was used on {when} at {where}; please use another one.")},
    {SUBJECT_COUPON, COUPON_ALREADY_USED, NEEDS_WHEN, N_("Already used"),
     N_("This coupon was used on {when}; please use another one.")},
    {SUBJECT_COUPON, COUPON_ALREADY_USED, NEEDS_NOTHING, N_("Already used"),
     N_("This coupon was used before; please use another one.")},
    {SUBJECT_COUPON, COUPON_CAMPAIGN_UNKNOWN, NEEDS_NOTHING, N_("Cannot check it yet"),
     N_("This offer has not reached this store yet; scan it again once the till is back online.")},
    {SUBJECT_COUPON, COUPON_CAMPAIGN_PAUSED, NEEDS_NOTHING, N_("Offer paused"),
     N_("This offer is paused for now; keep the coupon, it can be used when the offer goes on.")},
    {SUBJECT_COUPON, COUPON_CAMPAIGN_ENDED, NEEDS_NOTHING, N_("Offer over"),
     N_("This offer is over; please use another coupon.")},
    {SUBJECT_COUPON, COUPON_WRONG_STORE, NEEDS_WHERE, N_("Not in this store"),
     N_("This offer does not run in this store; it can be used at {where}.")},
    {SUBJECT_COUPON, COUPON_WRONG_STORE, NEEDS_NOTHING, N_("Not in this store"),
     N_("This offer does not run in this store; the stores are named on the coupon.")},
    {SUBJECT_COUPON, COUPON_NOT_YET, NEEDS_WHEN, N_("Not valid yet"),
     N_("This coupon can be used from {when} on; please keep it until then.")},
    {SUBJECT_COUPON, COUPON_NOT_YET, NEEDS_NOTHING, N_("Not valid yet"),
     N_("This coupon cannot be used yet; the first day is printed on it.")},
    {SUBJECT_COUPON, COUPON_EXPIRED, NEEDS_WHEN, N_("Expired"),
     N_("This coupon ended on {when}; please use another one.")},
    {SUBJECT_COUPON, COUPON_EXPIRED, NEEDS_NOTHING, N_("Expired"),
     N_("This coupon has ended; please use another one.")},
    {SUBJECT_COUPON, COUPON_DATE_UNSURE, NEEDS_NOTHING, N_("Is today's date right?"),
     N_("The till believes that today is {today}; compare with a phone and confirm before the coupon is used.")},
    {SUBJECT_COUPON, COUPON_OUT_OF_HOURS, NEEDS_NOTHING, N_("Not at this hour"),
     N_("This coupon is for other days or hours; they are named on the coupon.")},
    {SUBJECT_COUPON, COUPON_NOT_THEIRS, NEEDS_NOTHING, N_("Another member's coupon"),
     N_("This coupon is still kept for another member; scan that member's card first.")},
    {SUBJECT_COUPON, COUPON_HELD_ELSEWHERE, NEEDS_ASKABLE | NEEDS_WHERE, N_("Kept at another store"),
     N_("This coupon is kept at {where}; have it sent here, it takes a few seconds.")},
    {SUBJECT_COUPON, COUPON_HELD_ELSEWHERE, NEEDS_ASKABLE, N_("Kept at another store"),
     N_("This coupon is kept at another store; have it sent here, it takes a few seconds.")},
    {SUBJECT_COUPON, COUPON_HELD_ELSEWHERE, NEEDS_WHERE, N_("Kept at another store"),
     N_("This coupon is kept at {where} and cannot be sent here now; use it there or try again later.")},
    {SUBJECT_COUPON, COUPON_HELD_ELSEWHERE, NEEDS_NOTHING, N_("Kept at another store"),
     N_("This coupon is kept at another store and cannot be sent here now; use it there or try again later.")},
    {SUBJECT_COUPON, COUPON_NEEDS_CONNECTION, NEEDS_ASKABLE, N_("To be checked online"),
     N_("Head office has to confirm this coupon; ask now, it takes a few seconds.")},
    {SUBJECT_COUPON, COUPON_NEEDS_CONNECTION, NEEDS_NOTHING, N_("Only online"),
     N_("This coupon can only be used online; it stays valid, try again once the till is back online.")},
    {SUBJECT_COUPON, COUPON_BUDGET_SPENT, NEEDS_NOTHING, N_("Offline limit reached"),
     N_("What this offer allows offline is used up; the coupon stays valid, try again once the till is back online.")},
    {SUBJECT_COUPON, COUPON_MEMBER_LIMIT, NEEDS_NOTHING, N_("Limit reached"),
     N_("This member has used the offer as often as it allows; please use another coupon.")},
    {SUBJECT_COUPON, COUPON_NEEDS_AMOUNT, NEEDS_NOTHING, N_("Amount first"),
     N_("The discount depends on the purchase; enter its amount now.")},
    {SUBJECT_COUPON, COUPON_BELOW_MINIMUM, NEEDS_MINIMUM, N_("Below the minimum"),
     N_("This coupon needs a purchase of {minimum}; {missing} is missing, add something or keep the coupon.")},
    {SUBJECT_COUPON, COUPON_BELOW_MINIMUM, NEEDS_NOTHING, N_("Below the minimum"),
     N_("The purchase is too small for this coupon; add something or keep the coupon.")},
    {SUBJECT_COUPON, COUPON_NONE_LEFT, NEEDS_NOTHING, N_("None left here"),
     N_("This store has none of these to give away any more; choose another one.")},

    {SUBJECT_SALE, CREDIT_OK, NEEDS_PAID, N_("Sale booked"),
     N_("The sale is booked: collect {paid} from the customer.")},
    {SUBJECT_SALE, CREDIT_OK, NEEDS_NOTHING, N_("Paid with credit"),
     N_("The sale is paid in full with credit; there is nothing to collect.")},
    {SUBJECT_SALE, CREDIT_NO_MEMBER, NEEDS_NOTHING, N_("Member not known"),
     N_("This member is not known here yet; sell without the card or try again once the till is back online.")},
    {SUBJECT_SALE, CREDIT_NEEDS_CODE, NEEDS_NOTHING, N_("Fresh code needed"),
     N_("Paying with credit needs a fresh member code or the PIN; have the code opened on the phone and scan it.")},
    {SUBJECT_SALE, CREDIT_CODE_USED, NEEDS_NOTHING, N_("Code already used"),
     N_("This member code was used before; have it refreshed on the phone and scan it again.")},
    {SUBJECT_SALE, CREDIT_CLOCK_UNSURE, NEEDS_NOTHING, N_("PIN needed"),
     N_("The till is not sure of the time, so the code cannot be checked; have the member enter the PIN.")},
    {SUBJECT_SALE, CREDIT_WRONG_PIN, NEEDS_NOTHING, N_("Wrong PIN"),
     N_("The PIN is not right; have the member enter it again.")},
    {SUBJECT_SALE, CREDIT_NOT_ENOUGH, NEEDS_NOTHING, N_("Not enough credit"),
     N_("{balance} can be spent here; enter a smaller amount and collect the rest.")},
    {SUBJECT_SALE, CREDIT_BAD_AMOUNT, NEEDS_NOTHING, N_("Amount does not fit"),
     N_("The credit is more than the purchase; enter a smaller amount.")},

    {SUBJECT_VOID, VOID_OK, NEEDS_PAID, N_("Undone"),
     N_("The sale is undone: give {paid} back; its coupon and credit are as before.")},
    {SUBJECT_VOID, VOID_OK, NEEDS_NOTHING, N_("Undone"), N_("It is undone; its coupon and credit are as before.")},
    {SUBJECT_VOID, VOID_UNKNOWN, NEEDS_NOTHING, N_("Not found"),
     N_("This is not in the store's books; choose it from the list again.")},
    {SUBJECT_VOID, VOID_ALREADY, NEEDS_NOTHING, N_("Already undone"),
     N_("This was undone before; there is nothing more to do.")},
    {SUBJECT_VOID, VOID_NOT_ALLOWED, NEEDS_NOTHING, N_("Sign in first"),
     N_("Only a clerk who is signed in may undo; sign in and try again.")},
    {SUBJECT_VOID, VOID_MOVED_ON, NEEDS_NOTHING, N_("Cannot be undone"),
     N_("The coupon was used again or has left this store; call the store manager.")},

    {SUBJECT_MEMBER, TOKEN_GOOD, NEEDS_NOTHING, N_("Member not known"),
     N_("This member is not known here yet; go on without the card or try again once the till is back online.")},
    {SUBJECT_MEMBER, TOKEN_MALFORMED, NEEDS_NOTHING, N_("Code not complete"),
     N_("The member code cannot be read completely; turn up the phone's brightness and scan it again.")},
    {SUBJECT_MEMBER, TOKEN_OTHER_BRAND, NEEDS_NOTHING, N_("Another brand's card"),
     N_("This member card belongs to another brand; please open ours and scan again.")},
    {SUBJECT_MEMBER, TOKEN_KEY_UNKNOWN, NEEDS_NOTHING, N_("Cannot check it yet"),
     N_("This member card is newer than this till; scan it again once the till is back online.")},
    {SUBJECT_MEMBER, TOKEN_FORGED, NEEDS_NOTHING, N_("Not genuine"),
     N_("This member code was not issued by us; please open the member card and scan it again.")},
    {SUBJECT_MEMBER, TOKEN_KEY_REVOKED, NEEDS_NOTHING, N_("Card replaced"),
     N_("This member card was replaced; please open the new one and scan it.")},

    {SUBJECT_BADGE, VERDICT_ANY, NEEDS_NOTHING, N_("Badge not valid"),
     N_("This badge does not open this till; sign in with the PIN or ask the store manager for a new badge.")},

    {SUBJECT_CODE, SCANCODE_EMPTY, NEEDS_NOTHING, N_("Nothing to read"),
     N_("There was nothing readable in this code; scan it again.")},
    {SUBJECT_CODE, SCANCODE_COUPON, NEEDS_NOTHING, N_("A coupon"),
     N_("This is a coupon; finish this step first, then scan it.")},
    {SUBJECT_CODE, SCANCODE_MEMBER, NEEDS_NOTHING, N_("A member card"),
     N_("This is a member card; finish this step first, then scan it.")},
    {SUBJECT_CODE, SCANCODE_BADGE, NEEDS_NOTHING, N_("A staff badge"),
     N_("This is a staff badge; it is only needed to sign in.")},
    {SUBJECT_CODE, SCANCODE_ENROL, NEEDS_NOTHING, N_("A set-up code"),
     N_("This device is set up already; to do it anew, a manager signs in and shows the code on the service screen.")},
    {SUBJECT_CODE, SCANCODE_SHORTCODE, NEEDS_NOTHING, N_("A coupon"),
     N_("This is a coupon code; finish this step first, then scan it.")},
    {SUBJECT_CODE, SCANCODE_PAYMENT, NEEDS_NOTHING, N_("A payment code"),
     N_("This is a payment code, not a coupon; nothing was charged, please open the coupon or member card.")},
    {SUBJECT_CODE, SCANCODE_URL, NEEDS_NOTHING, N_("A web address"),
     N_("This code is a web address, not a coupon; please open the coupon or member card.")},
    {SUBJECT_CODE, SCANCODE_EAN, NEEDS_NOTHING, N_("A product"),
     N_("This is a product's bar code; it is only needed for the price check.")},
    {SUBJECT_CODE, SCANCODE_CARD_LIKE, NEEDS_NOTHING, N_("A card number"),
     N_("This looks like a bank card; it was not kept, please open the coupon or member card.")},
    {SUBJECT_CODE, VERDICT_ANY, NEEDS_NOTHING, N_("Not our code"),
     N_("This code is none of ours; please open the coupon or member card and scan it.")},

    {SUBJECT_ASKING, 1, NEEDS_NOTHING, N_("One moment"),
     N_("We are asking the other store for this credit; please keep the card at hand.")},
    {SUBJECT_ASKING, VERDICT_ANY, NEEDS_NOTHING, N_("One moment"),
     N_("We are asking head office for this coupon; please keep it at hand.")},

    {SUBJECT_ASKED, AUTHORITY_GRANTED, NEEDS_NOTHING, N_("On its way"),
     N_("The coupon is on its way to this store; scan it again in a moment.")},
    {SUBJECT_ASKED, AUTHORITY_WAITING, NEEDS_NOTHING, N_("No answer yet"),
     N_("The other store has not answered yet; try again in a minute or use another coupon.")},
    {SUBJECT_ASKED, AUTHORITY_USED, NEEDS_WHEN | NEEDS_WHERE, N_("Already used"),
     N_("This coupon was used on {when} at {where}; please use another one.")},
    {SUBJECT_ASKED, AUTHORITY_USED, NEEDS_NOTHING, N_("Already used"),
     N_("This coupon was used in another store; please use another one.")},
    {SUBJECT_ASKED, AUTHORITY_REVOKED, NEEDS_NOTHING, N_("Coupon withdrawn"),
     N_("This coupon was withdrawn; please ask member service why, and use another one today.")},
    {SUBJECT_ASKED, AUTHORITY_UNKNOWN, NEEDS_NOTHING, N_("Code not found"),
     N_("Nobody knows this code; compare every character and type it again.")},
    {SUBJECT_ASKED, VERDICT_ANY, NEEDS_NOTHING, N_("Not in this store"),
     N_("Head office does not allow this coupon here; please use it where it belongs.")},

    {SUBJECT_CREDIT, 0, NEEDS_NOTHING, N_("No connection"),
     N_("Nothing was moved: credit of other stores comes only online; sell without it or try again later.")},
    {SUBJECT_CREDIT, AUTHORITY_GRANTED, NEEDS_NOTHING, N_("On its way"),
     N_("The credit is on its way to this store; scan the card again in a moment.")},
    {SUBJECT_CREDIT, AUTHORITY_WAITING, NEEDS_NOTHING, N_("The other store is offline"),
     N_("The credit comes when that store is online again; asking once more moves nothing twice.")},
    {SUBJECT_CREDIT, VERDICT_ANY, NEEDS_NOTHING, N_("Nothing to move"),
     N_("No other store holds credit of this member any more; scan the card again.")},

    {SUBJECT_BUSY, ENOSPC, NEEDS_NOTHING, N_("Storage full"),
     N_("Nothing was booked, because the storage is full; call the store manager before you go on.")},
    {SUBJECT_BUSY, EIO, NEEDS_NOTHING, N_("Books cannot be written"),
     N_("Nothing was booked, because the books cannot be written; call the store manager before you go on.")},
    {SUBJECT_BUSY, EUCLEAN, NEEDS_NOTHING, N_("Books cannot be written"),
     N_("Nothing was booked, because the books cannot be written; call the store manager before you go on.")},
    {SUBJECT_BUSY, EINPROGRESS, NEEDS_NOTHING, N_("Waiting for the other terminal"),
     N_("It is recorded but not confirmed yet: hand nothing over and do not scan it again, the answer comes up here.")},
    {SUBJECT_BUSY, EHOSTDOWN, NEEDS_NOTHING, N_("The other terminal is away"),
     N_("Nothing was booked: switch the other terminal on, or have a manager open \"Terminals\"; sales without "
        "coupon or credit go on.")},
    {SUBJECT_BUSY, EBUSY, NEEDS_NOTHING, N_("One moment, please"),
     N_("An earlier coupon still waits for the other terminal and nothing was booked; try again in a moment.")},
    {SUBJECT_BUSY, VERDICT_ANY, NEEDS_NOTHING, N_("One moment, please"),
     N_("The till is busy and nothing was booked; try again in a moment.")},

    {SUBJECT_STORE, STORE_OK, NEEDS_PROMOTED, N_("Main terminal now"),
     N_("This is the store's main terminal now; if no other one answers, choose \"Work alone\" for coupons and "
        "credit.")},
    {SUBJECT_STORE, STORE_OK, NEEDS_ALONE, N_("Working alone"),
     N_("This terminal works alone now; switch the others on again as soon as you can.")},
    {SUBJECT_STORE, STORE_OK, NEEDS_NOTHING, N_("Together again"),
     N_("This terminal works together with the others again.")},
    {SUBJECT_STORE, STORE_NOT_ALLOWED, NEEDS_NOTHING, N_("Manager needed"),
     N_("Only a manager may decide this; have the manager sign in with the PIN and try again.")},
    {SUBJECT_STORE, STORE_NOT_PRIMARY, NEEDS_NOTHING, N_("Not the main terminal"),
     N_("Only the main terminal can work alone; ask for it on that terminal's screen.")},
    {SUBJECT_STORE, STORE_IS_PRIMARY, NEEDS_NOTHING, N_("Main terminal already"),
     N_("This is the main terminal already; there is nothing more to do.")},
    {SUBJECT_STORE, STORE_SINGLE, NEEDS_NOTHING, N_("Only one terminal"),
     N_("This store has no other terminal; there is nothing to decide.")},
    {SUBJECT_STORE, STORE_STILL_ON, NEEDS_NOTHING, N_("It is still on"),
     N_("The main terminal answers; go on working with it, or switch it off first and try again.")},
    {SUBJECT_STORE, STORE_BEHIND, NEEDS_NOTHING, N_("Another main terminal"),
     N_("Another terminal knows of a newer main terminal; wait until this one has heard of it too, or go to that "
        "one.")},
};

static int known_of(const struct view_verdict *verdict)
{
    int known = NEEDS_NOTHING;
    known |= verdict->when[0] != '\0' ? NEEDS_WHEN : 0;
    known |= verdict->where[0] != '\0' ? NEEDS_WHERE : 0;
    known |= verdict->gift[0] != '\0' ? NEEDS_GIFT : 0;
    known |= verdict->paid_minor > 0 ? NEEDS_PAID : 0;
    known |= verdict->action == INTENT_ASK_CENTRAL ? NEEDS_ASKABLE : 0;
    known |= verdict->check_only ? NEEDS_LOOK : 0;
    known |= verdict->store_ask == STORE_ASK_PROMOTE ? NEEDS_PROMOTED : 0;
    known |= verdict->store_ask == STORE_ASK_ALONE ? NEEDS_ALONE : 0;
    known |= verdict->min_spend_minor > verdict->sale_minor && verdict->sale_minor > 0 ? NEEDS_MINIMUM : 0;
    return known;
}

const struct verdict_line *verdict_line_of(const struct view_verdict *verdict)
{
    int code = verdict->subject == SUBJECT_BUSY ? (int)verdict->error : verdict->code;
    int known = known_of(verdict);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        bool mine = lines[i].code == code || lines[i].code == VERDICT_ANY;
        if (lines[i].subject == verdict->subject && mine && (lines[i].needs & ~known) == 0) {
            return &lines[i];
        }
    }
    static const struct verdict_line none = {SUBJECT_BUSY, VERDICT_ANY, NEEDS_NOTHING, N_("Please try again"),
                                             N_("That did not work and nothing was booked; please try again.")};
    return &none;
}

const struct verdict_line *verdict_line_at(size_t i)
{
    return i < ARRAY_LEN(lines) ? &lines[i] : NULL;
}
