#!/bin/sh
# Collects the screens' words into tillside.pot and brings the catalogues up to date with it. Run from the repository.
set -eu
cd "$(dirname "$0")"
(cd ../.. && LC_ALL=C ls app/screens/*.c) |
    xgettext --directory=../.. --files-from=- --from-code=UTF-8 --language=C --no-wrap --no-location --sort-by-file \
        --keyword=N_ --keyword=say:2 --keyword=say_plural:2,3 --package-name=tillside --output=tillside.pot
sed -i -e '/^#, fuzzy$/d' -e '/^"POT-Creation-Date/d' -e 's/charset=CHARSET/charset=UTF-8/' \
    -e 's/^# SOME DESCRIPTIVE TITLE\.$/# The words on the screen./' -e '/^# FIRST AUTHOR/d' -e '/^# Copyright/d' \
    -e '/^# This file is/d' -e '/^#$/d' -e '/^"PO-Revision-Date/d' -e '/^"Last-Translator/d' -e '/^"Language-Team/d' \
    -e '/^"Report-Msgid/d' tillside.pot
msgmerge --quiet --no-fuzzy-matching --no-wrap --sort-by-file --no-location --backup=none --update zh_CN.po tillside.pot
msgattrib --no-obsolete --no-wrap --output-file=zh_CN.po zh_CN.po
# English is the message ids themselves.
msgen --no-wrap --lang=en --output-file=en.po tillside.pot
sed -i 's/nplurals=INTEGER; plural=EXPRESSION/nplurals=2; plural=(n != 1)/' en.po
