#!/bin/sh
# Collects the screens' words into tillside.pot and brings the catalogues up to date with it.
# With --check nothing is written: exit 1 when tillside.pot is not what the sources say.
set -eu
cd "$(dirname "$0")"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
(cd ../.. && LC_ALL=C ls app/screens/*.c) |
    xgettext --directory=../.. --files-from=- --from-code=UTF-8 --language=C --no-wrap --no-location --sort-by-file \
        --keyword=N_ --keyword=say:2 --keyword=say_plural:2,3 --package-name=tillside --output="$fresh"
sed -i -e '/^#, fuzzy$/d' -e '/^"POT-Creation-Date/d' -e 's/charset=CHARSET/charset=UTF-8/' \
    -e 's/^# SOME DESCRIPTIVE TITLE\.$/# The words on the screen./' -e '/^# FIRST AUTHOR/d' -e '/^# Copyright/d' \
    -e '/^# This file is/d' -e '/^#$/d' -e '/^"PO-Revision-Date/d' -e '/^"Last-Translator/d' -e '/^"Language-Team/d' \
    -e '/^"Report-Msgid/d' "$fresh"
if [ "${1:-}" = --check ]; then
    diff tillside.pot "$fresh"
    exit
fi
cat "$fresh" >tillside.pot
msgmerge --quiet --no-fuzzy-matching --no-wrap --sort-by-file --no-location --backup=none --update zh_CN.po tillside.pot
msgattrib --no-obsolete --no-wrap --output-file=zh_CN.po zh_CN.po
# English is the message ids themselves.
msgen --no-wrap --lang=en --output-file=en.po tillside.pot
sed -i 's/nplurals=INTEGER; plural=EXPRESSION/nplurals=2; plural=(n != 1)/' en.po
