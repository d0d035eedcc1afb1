#!/bin/sh
# pictures.sh GALLERY: fills docs/screens/ from the gallery program: single pictures, and one sheet of every screen for each
# size and language. Run it after anything that can be seen has changed, and look at what changed. Needs ImageMagick.
set -eu
gallery=$1
docs=$(cd "$(dirname "$0")/../../../docs/screens" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$gallery" "$work"
rm -f "$docs"/*.png

single() { # sample, language, size, name
    convert "$work/$1-$2-$3.png" -define png:compression-level=9 -strip "PNG24:$docs/$4.png"
}

for name in attract attract_offline attract_light attract_pool pool counter_pool attract_survey attract_no_code greeting_new viewfinder_reading viewfinder_blind \
    verdict_good_offline verdict_used verdict_elsewhere verdict_minimum verdict_wait verdict_sale verdict_void \
    verdict_look verdict_gift member_staff member_elsewhere verdict_credit_offline price price_unknown sign_in sign_in_pin counter_busy amount_coupon \
    code_entry void_list void_reason enrol_digits service service_stick service_shop service_many reset_sent reset_again reset_waits self_test_screen self_test_touch \
    self_test_failed store_peer \
    store_main store_ask_alone store_ask_promote counter_waiting verdict_waiting verdict_main_away verdict_promoted \
    outage_books; do
    single "$name" zh 1280x800 "$name"
done
single verdict_good zh 1280x800 verdict
for name in attract verdict_good counter price store_peer store_ask_promote verdict_waiting; do
    single "$name" en 1280x800 "$name-en"
done
for name in attract verdict_good counter code_entry store_peer; do
    single "$name" zh 800x480 "$name-800x480"
    single "$name" zh 1080x1920 "$name-1080x1920"
done
single attract zh 1920x1080 attract-1920x1080
single counter_busy zh 1920x1080 counter_busy-1920x1080

for language in zh en; do
    for size in 1280x800 1920x1080 1080x1920 800x480; do
        set --
        for name in starting attract greeting_new viewfinder_dark verdict_good verdict_used verdict_minimum verdict_wait \
            member price sign_in sign_in_pin counter_busy amount_coupon code_entry void_list void_reason enrol_digits \
            service service_stick self_test_screen self_test_touch self_test_failed store_peer store_ask_promote verdict_waiting verdict_main_away outage_books; do
            set -- "$@" "$work/$name-$language-$size.png"
        done
        tile=5x
        width=380
        if [ "$size" = 1080x1920 ]; then
            tile=10x
            width=190
        fi
        montage "$@" -filter Lanczos -resize "${width}x" -geometry +4+4 -tile "$tile" -background '#77736b' "$work/sheet.png"
        convert "$work/sheet.png" -dither None -colors 240 -define png:compression-level=9 -strip \
            "PNG8:$docs/sheet-$size-$language.png"
    done
done
du -ch "$docs"/*.png | tail -1
