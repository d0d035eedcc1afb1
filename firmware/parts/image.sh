# shellcheck shell=bash
# From a root file system to what is shipped: initrd, slot, disk image with its block map, update bundle, signatures.
# boot_layout (boot.sh) said where the partitions lie.

# Same content, same inode numbers, same times: files are laid down in the order of their names first, and what mke2fs takes
# from the file system it copies from (the time of change) is set afterwards.
make_initrd() {
    local root=$1 out=$2 tree=$work/initrd version module path
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,modules}
    version=$(basename "$root"/usr/lib/modules/*)
    cp "$root/usr/bin/busybox" "$tree/bin/busybox"
    for module in sh mount umount mkdir cat grep sed insmod switch_root reboot sleep usleep; do ln -s busybox "$tree/bin/$module"; done
    install -m 0755 "$here/initrd/init" "$tree/init"
    for module in $INITRD_MODULES; do
        modprobe -d "$root" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++' >"$work/initrd-order"
    while read -r path; do
        module=$(basename "$path" .xz)
        case $path in *.xz) xz -dc "$path" >"$tree/modules/$module" ;; *) cp "$path" "$tree/modules/$module" ;; esac
        echo "$module" >>"$tree/modules/order"
    done <"$work/initrd-order"
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    (cd "$tree" && find . | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -H newc -o) | zstd -q -19 -T1 -f -o "$out"
}

# make_slot TREE IMAGE
make_slot() {
    local tree=$1 image=$2 sorted=$work/sorted
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    rm -rf "$sorted"
    mkdir -p "$sorted"
    tar -C "$tree" --sort=name --numeric-owner --xattrs -cf - . | tar -C "$sorted" --numeric-owner -xpf -
    rm -f "$image"
    truncate -s "${SLOT_MIB}M" "$image"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -b 4096 -m 0 -N 16384 -O '^has_journal,^metadata_csum,^64bit,^orphan_file,^resize_inode' \
        -U 74696c6c-7369-6465-726f-6f7400000001 -E hash_seed=74696c6c-7369-6465-726f-6f7400000002,nodiscard,lazy_itable_init=0 \
        -L root -d "$sorted" "$image"
    # The inodes in use are as many as files, and lie in order.
    local count=$((10 + $(find "$sorted" -printf '%i\n' | sort -u | wc -l)))
    for field in atime ctime mtime crtime; do seq 2 "$count" | sed "s/.*/sif <&> $field @$SOURCE_DATE_EPOCH/"; done >"$work/times"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH debugfs -w -f "$work/times" "$image" >/dev/null 2>&1
    e2fsck -fn "$image" >/dev/null 2>&1 || fail "the root file system that was made is not clean"
    rm -rf "$sorted"
}

# The data partition as shipped: empty, with an identity that the device replaces at its first start.
make_data() {
    rm -f "$1"
    truncate -s "${DATA_MIB}M" "$1"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -b 4096 -m 1 -O '^orphan_file,metadata_csum_seed' -L data -U 74696c6c-7369-6465-6461-746100000001 \
        -E hash_seed=74696c6c-7369-6465-6461-746100000002,nodiscard,lazy_itable_init=0,root_owner=0:0 "$1"
}

# make_disk IMAGE SLOT DATA ENV: GPT with the boot partition where the board has one, env (raw), two slots, data last so that it
# can grow.
make_disk() {
    local image=$1 at=$ENV_AT slot=$((SLOT_MIB * 2048)) id=74696C6C-7369-6465-6469-736B0000000
    # The slots begin at a whole MiB behind the variables.
    local first=$(((ENV_AT / 2048 + 1) * 2048))
    rm -f "$image"
    truncate -s "$((first / 2048 + 2 * SLOT_MIB + DATA_MIB + 1))M" "$image"
    {
        printf 'label: gpt\nlabel-id: %s0\n' "$id"
        [ $HAS_BOOT = no ] || printf 'start=%s, size=%s, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=boot, uuid=%s5\n' "$((FIRST_MIB * 2048))" "$((BOOT_MIB * 2048))" "$id"
        printf 'start=%s, size=%s, name=env, uuid=%s1\n' "$at" 2048 "$id"
        printf 'start=%s, size=%s, name=root-a, uuid=%s2\n' "$first" "$slot" "$id"
        printf 'start=%s, size=%s, name=root-b, uuid=%s3\n' "$((first + slot))" "$slot" "$id"
        printf 'start=%s, size=%s, name=data, uuid=%s4\n' "$((first + 2 * slot))" "$((DATA_MIB * 2048))" "$id"
    } | sfdisk -q "$image"
    make_gap "$image"
    [ $HAS_BOOT = no ] || dd if="$work/boot.img" of="$image" bs=1M seek="$FIRST_MIB" conv=notrunc,sparse status=none
    dd if="$4" of="$image" bs=512 seek="$at" conv=notrunc status=none
    dd if="$2" of="$image" bs=1M seek="$((first / 2048))" conv=notrunc,sparse status=none
    dd if="$3" of="$image" bs=1M seek="$((first / 2048 + 2 * SLOT_MIB))" conv=notrunc,sparse status=none
}

# sign FILE: FILE.sig beside it, with the same key as the bundle's.
sign() {
    openssl cms -sign -binary -outform DER -nosmimecap -md sha256 -signer "$keys/release.pem" -inkey "$keys/release.key" \
        -in "$1" -out "$1.sig" 2>/dev/null || fail "$1 could not be signed"
}

# make_bundle SLOT OUT
make_bundle() {
    local tree=$work/bundle
    rm -rf "$tree" "$2"
    mkdir -p "$tree"
    cp --sparse=always "$1" "$tree/root.ext4"
    touch -d "@$SOURCE_DATE_EPOCH" "$tree/root.ext4"
    cat >"$tree/manifest.raucm" <<MANIFEST
[update]
compatible=tillside-$board
version=$version

[bundle]
format=verity

[image.rootfs]
filename=root.ext4
MANIFEST
    rauc --cert="$keys/release.pem" --key="$keys/release.key" --keyring="$keys/ca.pem" \
        --mksquashfs-args="-comp zstd -Xcompression-level 3 -all-root" \
        bundle "$tree" "$2" >"$work/bundle.log" 2>&1 || { tail "$work/bundle.log" >&2; fail "no bundle"; }
}

# make_manifest NAME: what flash.sh checks first.
make_manifest() {
    local image=$out/$1.img.zst
    printf '{"format": 1, "board": "%s", "version": "%s", "image": "%s", "image_sha256": "%s", "bmap": "%s", "bmap_sha256": "%s", "size": %s, "built": %s}\n' \
        "$board" "$version" "$1.img.zst" "$(sha256sum <"$image" | cut -d' ' -f1)" "$1.img.bmap" "$(sha256sum <"$out/$1.img.bmap" | cut -d' ' -f1)" \
        "$(stat -c %s "$work/disk.img")" "$SOURCE_DATE_EPOCH" >"$out/$1.manifest.json"
    sign "$out/$1.manifest.json"
}
