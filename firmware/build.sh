#!/usr/bin/env bash
# Builds a board's image and update bundle from Debian packages and this source tree.
#
#   firmware/build.sh --board NAME    a folder of board/ with a board.conf
#   --out DIR        where image, block map, manifest, bundle, bill of materials go (default build/firmware/NAME)
#   --work DIR       scratch, 3 GB; memory is fastest (default: OUT/work; removed afterwards unless --keep)
#   --keys DIR       ca.pem, release.pem, release.key of a release; without it test keys are made in OUT/keys
#   --version V      default: what CMakeLists.txt says
#   --floor V        devices refuse anything older than this from then on (default 0)
#   --crash          a terminal that always fails, to prove that a device goes back by itself
#   --keep           leave the scratch; what was unpacked into it is used again
#   --help
#
# Runs as root (file owners), on Debian 12 or 13. Exit codes: 0 done, 1 failed, 2 wrong usage.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
# shellcheck source=firmware/parts/unpack.sh
. "$here/parts/unpack.sh"
# shellcheck source=firmware/parts/keys.sh
. "$here/parts/keys.sh"
# shellcheck source=firmware/parts/root.sh
. "$here/parts/root.sh"
# shellcheck source=firmware/parts/boot.sh
. "$here/parts/boot.sh"
# shellcheck source=firmware/parts/image.sh
. "$here/parts/image.sh"

SUITE=trixie
board=
out=
work=
keys=
version=$(sed -n 's/^project(tillside VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
floor=0
crash=no
keep=no
while [ $# -gt 0 ]; do
    case $1 in
    --board) board=${2:-}; [ -n "$board" ] || fail "--board needs a name" 2; shift ;;
    --out) out=${2:-}; [ -n "$out" ] || fail "--out needs a folder" 2; shift ;;
    --work) work=${2:-}; [ -n "$work" ] || fail "--work needs a folder" 2; shift ;;
    --keys) keys=${2:-}; [ -n "$keys" ] || fail "--keys needs a folder" 2; shift ;;
    --version) version=${2:-}; [ -n "$version" ] || fail "--version needs a version" 2; shift ;;
    --floor) floor=${2:-}; [ -n "$floor" ] || fail "--floor needs a version" 2; shift ;;
    --crash) crash=yes ;;
    --keep) keep=yes ;;
    --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "$1: not understood, see --help" 2 ;;
    esac
    shift
done
[ -n "$board" ] || fail "which board? --board NAME" 2
[ -r "$top/board/$board/board.conf" ] || fail "board/$board has no board.conf" 2
[[ $version =~ ^[0-9][0-9A-Za-z.+~-]*$ ]] || fail "--version $version: digits, letters, . + ~ - only" 2
[ "$(id -u)" = 0 ] || fail "needs root: files in the image belong to others"

# Facts of the board; these have no default.
ARCH='' KERNEL='' BOOT='' CMDLINE='' INITRD_MODULES='' MODULES='' EXTRA_PACKAGES='' SLOT_MIB='' DATA_MIB=''
# Only some boards have these: device tree of the kernel, folder of its U-Boot, packages of what starts it, where else than in main those are.
DEVICE_TREE='' UBOOT='' BOOT_PACKAGES='' BOOT_COMPONENTS=''
# shellcheck disable=SC1090
. "$top/board/$board/board.conf"
# shellcheck disable=SC2153
for fact in "$ARCH" "$KERNEL" "$BOOT" "$CMDLINE" "$SLOT_MIB" "$DATA_MIB"; do
    [ -n "$fact" ] || fail "board/$board/board.conf leaves out a fact"
done

boot_layout

out=${out:-$top/build/firmware/$board}
work=${work:-$out/work}
mkdir -p "$out" "$work"
out=$(cd "$out" && pwd)
work=$(cd "$work" && pwd)
keys=${keys:-$out/keys}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
name=tillside-$board-$version
make_keys "$keys"

case $ARCH in
arm64) TILLSIDE_TRIPLET=aarch64-linux-gnu ;;
amd64) TILLSIDE_TRIPLET=x86_64-linux-gnu ;;
*) fail "board $board: processor $ARCH is not known" ;;
esac
TILLSIDE_SYSROOT=$work/sysroot
export TILLSIDE_TRIPLET TILLSIDE_SYSROOT
COMPILER=$TILLSIDE_TRIPLET-gcc STRIP=$TILLSIDE_TRIPLET-strip COMPILER_FLAGS="--sysroot=$TILLSIDE_SYSROOT -L$TILLSIDE_SYSROOT/usr/lib/$TILLSIDE_TRIPLET"

[ -e "$work/sysroot.packages" ] || { unpack "$work/sysroot" "$(names_of "$here/packages-build")"; told "headers and libraries unpacked"; }
build=$work/build
flags="-ffile-prefix-map=$top=. -ffile-prefix-map=$build=build -ffile-prefix-map=$work/sysroot="
{
    cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_TOOLCHAIN_FILE="$here/cross.cmake" -DCMAKE_C_FLAGS="$flags" \
        -DTILLSIDE_SIM=OFF -DTILLSIDE_WINDOW=OFF -DTILLSIDE_TESTS=OFF &&
        cmake --build "$build" --target tillside-terminal tillside_assets
} >"$work/compile.log" 2>&1 || { tail -n 30 "$work/compile.log" >&2; fail "the terminal does not build"; }
told "tillside-terminal compiled"

packages=$(names_of "$here/packages"),$KERNEL
[ -z "$EXTRA_PACKAGES" ] || packages=$packages,${EXTRA_PACKAGES// /,}
[ -e "$work/unpacked.packages" ] || { unpack "$work/unpacked" "$packages"; told "packages unpacked"; }
if [ -n "$BOOT_PACKAGES" ] && [ ! -e "$work/boot-files.packages" ]; then
    unpack "$work/boot-files" "${BOOT_PACKAGES// /,}" "main $BOOT_COMPONENTS"
    told "what starts the board unpacked"
fi
rm -rf "$work/root"
cp -a "$work/unpacked" "$work/root"
/usr/bin/python3 "$here/parts/bom.py" "$work/unpacked.packages" "$work/root/usr/share/doc" "$name" "$version" "$SOURCE_DATE_EPOCH" "$out/$name.spdx.json"
make_root "$work/root"
if [ "$crash" = yes ]; then printf '#!/bin/false\n' >"$work/root/usr/bin/tillside-terminal"; fi
told "root file system finished ($(du -sm "$work/root" | cut -f1) MB)"

mv "$work"/root/boot/vmlinuz-* "$work/root/boot/vmlinuz"
make_initrd "$work/root" "$work/root/boot/initrd"
make_slot "$work/root" "$work/slot.img"
told "slot made"
make_data "$work/data.img"
make_env "$work/env.img"
make_boot "$out"
make_disk "$work/disk.img" "$work/slot.img" "$work/data.img" "$work/env.img"
bmaptool -q create -o "$out/$name.img.bmap" "$work/disk.img"
zstd -q -12 -T0 -f "$work/disk.img" -o "$out/$name.img.zst"
make_manifest "$name"
cp "$keys/ca.pem" "$out/ca.pem"
sort -u "$work/unpacked.packages" "$work/boot-files.packages" >"$out/$name.packages" 2>/dev/null || cp "$work/unpacked.packages" "$out/$name.packages"
told "disk image packed"
make_bundle "$work/slot.img" "$out/$name.raucb"
told "bundle made"
(cd "$out" && sha256sum "$name.img.zst" "$name.img.bmap" "$name.raucb" && du -h "$name.img.zst" "$name.raucb")
sha256sum "$work/slot.img" | sed "s#$work/##"
[ "$keep" = yes ] || rm -rf "$work"
