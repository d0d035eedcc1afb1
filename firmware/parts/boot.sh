# shellcheck shell=bash
# How a board gets from power-on to the kernel of a slot. A board names one of these ways (BOOT), and for it:
#   uboot-qemu       U-Boot and its environment lie in flash, outside the disk
#   uboot-rpi        the Raspberry Pi's own firmware, then U-Boot, on a FAT partition
#   uboot-rockchip   U-Boot in the gap before the first partition; its script on a FAT partition
#   grub-efi         GRUB on the EFI partition
# What the disk looks like follows from it: where the first partition lies, and which number each has.

BOOT_MIB=64

# boot_layout: FIRST_MIB, HAS_BOOT, PART_ENV/A/B, ENV_AT (sector).
boot_layout() {
    FIRST_MIB=1 HAS_BOOT=yes
    case $BOOT in
    uboot-qemu) HAS_BOOT=no ;;
    uboot-rpi) ;;
    uboot-rockchip) FIRST_MIB=16 ;;
    grub-efi) ;;
    *) fail "board $board: boot $BOOT is not known" ;;
    esac
    PART_ENV=1 ENV_AT=$((FIRST_MIB * 2048))
    [ $HAS_BOOT = no ] || { PART_ENV=2; ENV_AT=$(((FIRST_MIB + BOOT_MIB) * 2048)); }
    PART_A=$((PART_ENV + 1)) PART_B=$((PART_ENV + 2))
}

# The variables of the boot loader as the factory sets them, in one sector of its own format. GRUB writes only files of a file system
# that it knows: there the sector is the only file of a FAT file system that nobody mounts.
make_env() {
    case $BOOT in
    uboot-*) printf 'BOOT_ORDER=A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=0\n' | mkenvimage -s 0x200 -o "$1" - ;;
    grub-efi)
        local file=$work/grubenv
        printf '# GRUB Environment Block\nORDER=A\nA_LEFT=3\nB_LEFT=0\n' >"$file"
        head -c $((512 - $(stat -c %s "$file"))) /dev/zero | tr '\0' '#' >>"$file"
        touch -d "@$SOURCE_DATE_EPOCH" "$file"
        rm -f "$1"
        truncate -s 1M "$1"
        mformat -i "$1" -N 74696c6d -v TILLENV -T 2048 -h 64 -s 32 :: && mcopy -i "$1" -m "$file" ::/grubenv || fail "GRUB's variables could not be made"
        ;;
    esac
}

# fill NAME=VALUE… <TEMPLATE: comments gone, each @NAME@ replaced.
fill() {
    local pair text
    text=$(sed '/^#/d')
    for pair in "$@"; do text=${text//@${pair%%=*}@/"${pair#*=}"}; done
    printf '%s\n' "$text"
}

uboot_environment() {
    local common=("CMDLINE=$CMDLINE" "PART_A=$PART_A" "PART_B=$PART_B" "ENV_SECTOR=$(printf %x "$ENV_AT")")
    case $BOOT in
    uboot-qemu)
        fill "${common[@]}" KERNEL_AT=0x40400000 INITRD_AT=0x48000000 VARS_AT=0x60000000 DISK=virtio UNIT=0 "FIND=virtio scan" TREE_LOAD= \
            "TREE=\${fdtcontroladdr}" <"$here/boot/uboot.env.in"
        ;;
    uboot-rpi)
        fill "${common[@]}" KERNEL_AT=0x10000000 INITRD_AT=0x18000000 VARS_AT=0x20000000 DISK=mmc "UNIT=\${devnum}" "FIND=mmc dev \${devnum}" TREE_LOAD= \
            "TREE=\${fdt_addr}" <"$here/boot/uboot.env.in"
        ;;
    uboot-rockchip)
        fill "${common[@]}" KERNEL_AT=0x10000000 INITRD_AT=0x18000000 VARS_AT=0x20000000 DISK=mmc "UNIT=\${devnum}" "FIND=mmc dev \${devnum}" \
            "TREE_LOAD=ext4load mmc \${devnum}:\${part} 0x1f000000 /boot/board.dtb && " TREE=0x1f000000 <"$here/boot/uboot.env.in"
        ;;
    esac
}

# The same as a script that U-Boot finds on the first partition: its own environment stays as it was built.
uboot_script() {
    uboot_environment | sed "s/^\([a-z_]*\)=\(.*\)/setenv \1 '\2'/" >"$work/boot.cmd"
    echo "run bootcmd" >>"$work/boot.cmd"
    mkimage -A arm64 -O linux -T script -C none -n tillside -d "$work/boot.cmd" "$1" >/dev/null || fail "U-Boot's script could not be made"
}

# make_fat IMAGE TREE: a FAT file system with these files and nothing of this moment in it.
make_fat() {
    rm -f "$1"
    truncate -s "${BOOT_MIB}M" "$1"
    find "$2" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    mformat -i "$1" -F -N 74696c6c -v TILLBOOT -h 64 -s 32 -t "$BOOT_MIB" ::
    (cd "$2" && find . -mindepth 1 -maxdepth 1 | sort | while read -r one; do mcopy -i "$1" -s -m -Q "$one" ::; done) || fail "the boot partition could not be filled"
}

# make_boot OUT: the boot partition ($work/boot.img) or, for the emulated board, what lies beside its disk.
make_boot() {
    local tree=$work/boot-tree from=$work/boot-files
    rm -rf "$tree"
    mkdir -p "$tree"
    case $BOOT in
    uboot-qemu)
        uboot_environment >"$work/uboot.env"
        mkenvimage -s 0x40000 -o "$1/u-boot.env.bin" "$work/uboot.env"
        truncate -s 64M "$1/u-boot.env.bin"
        cp /usr/lib/u-boot/qemu_arm64/u-boot.bin "$1/u-boot.bin"
        return
        ;;
    uboot-rpi)
        cp "$from"/usr/lib/raspi-firmware/{start4.elf,fixup4.dat} "$tree/"
        cp "$from/usr/lib/u-boot/rpi_arm64/u-boot.bin" "$tree/"
        cp "$work/board.dtb" "$tree/bcm2711-rpi-4-b.dtb"
        printf 'arm_64bit=1\nkernel=u-boot.bin\ndevice_tree=bcm2711-rpi-4-b.dtb\nenable_uart=0\ndisable_splash=1\n' >"$tree/config.txt"
        uboot_script "$tree/boot.scr"
        ;;
    uboot-rockchip) uboot_script "$tree/boot.scr" ;;
    grub-efi)
        mkdir -p "$tree/EFI/BOOT" "$tree/tillside"
        grub-mkimage -O x86_64-efi -p /tillside -o "$tree/EFI/BOOT/BOOTX64.EFI" part_gpt fat ext2 linux normal loadenv test regexp reboot ||
            fail "GRUB could not be put together"
        fill "PART_ENV=$PART_ENV" "PART_A=$PART_A" "PART_B=$PART_B" "CMDLINE=$CMDLINE" <"$here/boot/grub.cfg.in" >"$tree/tillside/grub.cfg"
        ;;
    esac
    make_fat "$work/boot.img" "$tree"
}

# make_gap IMAGE: what the board's processor reads before it knows of partitions.
make_gap() {
    [ "$BOOT" = uboot-rockchip ] || return 0
    local from=$work/boot-files/usr/lib/u-boot/$UBOOT
    dd if="$from/idbloader.img" of="$1" bs=512 seek=64 conv=notrunc status=none
    dd if="$from/u-boot.itb" of="$1" bs=512 seek=16384 conv=notrunc status=none
    [ "$(stat -c %s "$from/u-boot.itb")" -le $(((FIRST_MIB * 2048 - 16384) * 512)) ] || fail "U-Boot does not fit before the first partition"
}
