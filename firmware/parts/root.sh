# shellcheck shell=bash
# From unpacked packages to a root file system: what their scripts would have done as far as a till needs it, what is ours
# on top, what is useless gone. Needs no emulation: nothing of the image's processor runs here.

root_accounts() {
    local root=$1
    cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
    cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
    # Nobody logs in: no password fits and no shell is named.
    sed -i 's#:\(/bin/bash\|/bin/sh\)$#:/usr/sbin/nologin#; s/^\([^:]*\):[^:]*:/\1:*:/' "$root/etc/passwd"
    # The host's systemd-sysusers may be older than the image's: it does not know "u!".
    local file
    for file in "$root"/usr/lib/sysusers.d/*.conf; do sed -i 's/^u!/u /' "$file"; done
    systemd-sysusers --root="$root" >/dev/null 2>&1 || fail "systemd-sysusers failed"
    sed -i "s/^\([^:]*\):[^:]*:[0-9]*:/\1:*:19000:/" "$root/etc/shadow"
    rm -f "$root"/etc/passwd- "$root"/etc/group- "$root"/etc/shadow- "$root"/etc/gshadow- "$root"/etc/.pwd.lock
}

# strip: documentation (licences stay), other languages, package lists, tools that would only serve an intruder.
root_strip() {
    local root=$1 file
    find "$root/usr/share/doc" -type f ! -name copyright -delete
    find "$root/usr/share/doc" -depth -type d -empty -delete
    rm -rf "$root"/usr/share/{man,locale,info,lintian,bash-completion,zsh,fish,perl5,pixmaps,mime,X11,bug,debconf,initramfs-tools,polkit-1}
    rm -rf "$root"/usr/lib/linux-image-* "$root"/usr/lib/{klibc,initramfs-tools,python3,mime,apt,dpkg}
    rm -rf "$root"/etc/{apt,dpkg,init.d,rc?.d,cron.d,initramfs-tools,selinux,ssh,skel,profile.d,update-motd.d,dhcp,ifplugd,X11,kernel}
    rm -rf "$root"/var/{cache,log,lib/apt,lib/pam,lib/systemd,lib/dbus,tmp,backups,mail,spool,local,opt}/* "$root"/var/lib/{dpkg,ucf}
    rm -f "$root"/usr/lib/tmpfiles.d/{x11,home,legacy,debian,provision,credstore,systemd-network,systemd-pstore,systemd-nologin,static-nodes-permissions,dbus}.conf
    rm -rf "$root"/usr/lib/systemd/{system-generators,user-generators,user,user-preset}/* "$root"/etc/systemd/user
    rm -f "$root"/usr/lib/systemd/{systemd-logind,systemd-homed,systemd-userdbd,systemd-machined,systemd-importd,systemd-nspawn}
    rm -f "$root"/boot/System.map-* "$root"/boot/config-* "$root"/etc/{issue,issue.net,motd} "$root"/usr/bin/{perl*,gpg*,login,su,newgrp,passwd}
    rm -f "$root"/usr/bin/{systemd-nspawn,systemd-run,machinectl,homectl,portablectl,apt*,dpkg*,v4l2-compliance,qv4l2,sg,chsh,chfn,chage,gpasswd}
    rm -f "$root"/usr/sbin/{agetty,getty,sulogin,chroot,useradd,userdel,usermod,runuser}
    rm -f "$root"/usr/share/dbus-1/system.d/{wpa_supplicant,org.freedesktop.login1}.conf "$root/usr/lib/udev/hwdb.bin"
    rm -rf "$root/usr/lib/udev/hwdb.d" "$root/etc/selinux"
    # Rules for hardware that tills do not have cost a second a device at the start of a small machine.
    for file in "$root"/usr/lib/udev/rules.d/*; do
        case ${file##*/} in
        50-udev-default.rules | 60-block.rules | 60-persistent-storage.rules | 7?-*board.rules | 70-tillside.rules | 80-drivers.rules | \
            80-net-setup-link.rules | 99-systemd.rules) ;;
        *) rm -f "$file" ;;
        esac
    done
    # Of the character sets the receipts' and the scanner's stay.
    for file in "$root"/usr/lib/*/gconv/*.so; do
        case ${file##*/} in GB18030.so | SJIS.so | UTF-16.so | UTF-32.so) ;; *) rm -f "$file" ;; esac
    done
    find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +
    find "$root" -xdev \( -name '*.pyc' -o -name '*.a' -o -name '*.la' \) -delete
}

# The modules that the board names, with what they need; the rest of the kernel's 4,000 stays out.
root_modules() {
    local root=$1 version module keep=$work/modules-keep
    version=$(basename "$root"/usr/lib/modules/*)
    depmod -b "$root/usr" "$version" 2>/dev/null || depmod -b "$root" "$version"
    : >"$keep"
    for module in $INITRD_MODULES $MODULES; do
        modprobe -d "$root" -S "$version" --show-depends "$module" >"$work/depends" 2>/dev/null || fail "the kernel has no module $module"
        sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/depends" >>"$keep"
    done
    sort -u -o "$keep" "$keep"
    find "$root/usr/lib/modules/$version/kernel" -name '*.ko*' | sed "s#^$root/usr##" | sort >"$work/modules-all"
    sed "s#^$root##; s#^/usr##" "$keep" | sort >"$work/modules-kept"
    comm -23 "$work/modules-all" "$work/modules-kept" | while read -r module; do rm -f "$root/usr$module"; done
    find "$root/usr/lib/modules/$version" -type d -empty -delete
    # Unpacked once here instead of at every start there.
    find "$root/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} +
    depmod -b "$root" "$version"
    rm -f "$root/usr/lib/modules/$version/build" "$root/usr/lib/modules/$version/source"
}

# Noto Sans CJK with the characters that a till shows (GB2312, kana, signs), a tenth of its size.
root_font() {
    local root=$1 ttc=$1/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc font
    /usr/bin/python3 "$here/parts/font.py" "$ttc" "$work/fonts" || fail "the font could not be cut down"
    rm -rf "$root/usr/share/fonts"
    mkdir -p "$root/usr/share/fonts/tillside"
    for font in "$work"/fonts/*.otf; do cp "$font" "$root/usr/share/fonts/tillside/"; done
}

root_terminal() {
    local root=$1
    install -D -m 0755 "$build/bin/tillside-terminal" "$root/usr/bin/tillside-terminal"
    "$STRIP" "$root/usr/bin/tillside-terminal"
    mkdir -p "$root/usr/share/tillside/board/$board"
    cp -r "$build/assets/icons" "$build/assets/locale" "$root/usr/share/tillside/"
    cp "$top/board/$board/board.ini" "$root/usr/share/tillside/board/$board/"
    printf 'TILLSIDE_BOARD=%s\nTILLSIDE_LANG=zh_CN\n' "$board" >"$root/usr/share/tillside/terminal.env"
    echo "$version" >"$root/usr/share/tillside/version"
    echo "$floor" >"$root/usr/share/tillside/update-floor"
    install -D -m 0644 "$top/LICENSE" "$root/usr/share/doc/tillside/LICENSE"
    install -D -m 0644 "$top/NOTICE" "$root/usr/share/doc/tillside/NOTICE"
    # shellcheck disable=SC2086 # flags are words
    "$COMPILER" $COMPILER_FLAGS -O2 -Wall -Wextra -Werror -fstack-protector-strong -D_GNU_SOURCE -o "$root/usr/lib/tillside/console-lock" \
        "$here/console/console_lock.c" -lsystemd -Wl,--allow-shlib-undefined || fail "console-lock does not build"
    "$STRIP" "$root/usr/lib/tillside/console-lock"
}

# The kernel's own description of the board, beside the kernel that was made with it.
root_tree() {
    [ -n "$DEVICE_TREE" ] || return 0
    local found=("$1"/usr/lib/linux-image-*/"$DEVICE_TREE")
    [ -e "${found[0]}" ] || fail "the kernel has no device tree $DEVICE_TREE"
    cp "${found[0]}" "$1/boot/board.dtb"
    cp "${found[0]}" "$work/board.dtb"
}

# How RAUC reaches the boot loader's variables: by its own way to U-Boot's, by a program of ours to GRUB's. It takes no setting that it
# has no use for.
rauc_settings() {
    local kind=uboot handler=
    [ "$BOOT" != grub-efi ] || kind=custom handler=bootloader-custom-backend=/usr/lib/tillside/boot-variables
    sed "s/@COMPATIBLE@/tillside-$board/; s/@BOOTLOADER@/bootloader=$kind/; s#@HANDLER@#$handler#" "$here/rauc/system.conf"
}

root_settings() {
    local root=$1 unit
    printf 'PRETTY_NAME="Tillside %s"\nNAME="Tillside"\nID=tillside\nID_LIKE=debian\nVERSION_ID="%s"\nVARIANT_ID=%s\n' \
        "$version" "$version" "$board" >"$root/usr/lib/os-release"
    ln -sfn ../usr/lib/os-release "$root/etc/os-release"
    echo tillside >"$root/etc/hostname"
    : >"$root/etc/machine-id"
    : >"$root/etc/fstab"
    ln -sfn /run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"
    printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' >"$root/etc/nsswitch.conf"
    ln -sfn /run/tillside/localtime "$root/etc/localtime"
    printf '/dev/disk/by-partlabel/env 0x0 0x200\n' >"$root/etc/fw_env.config"
    mkdir -p "$root/data" "$root/etc/rauc"
    rauc_settings >"$root/etc/rauc/system.conf"
    cp "$keys/ca.pem" "$root/etc/rauc/keyring.pem"
    rm -f "$root"/usr/lib/systemd/system-preset/[1-9]*.preset
    systemctl --root="$root" preset-all >/dev/null 2>&1 || fail "systemctl preset-all failed"
    systemctl --root="$root" set-default multi-user.target >/dev/null 2>&1
    # No way to a prompt: not by a login, not by a failed start, not by a chord.
    for unit in getty@ serial-getty@ console-getty container-getty@ autovt@ emergency rescue debug-shell systemd-ask-password-console \
        systemd-ask-password-wall systemd-logind systemd-firstboot systemd-machine-id-commit systemd-update-utmp systemd-pcrphase \
        systemd-hibernate-clear systemd-rfkill systemd-update-done systemd-journal-catalog-update ldconfig systemd-hwdb-update \
        systemd-boot-update systemd-tpm2-setup-early systemd-tpm2-setup e2scrub_reap systemd-pstore systemd-binfmt \
        kmod-static-nodes systemd-network-generator systemd-udev-load-credentials systemd-random-seed systemd-journal-flush \
        systemd-networkd-persistent-storage systemd-user-sessions systemd-tmpfiles-setup-dev-early; do
        ln -sfn /dev/null "$root/etc/systemd/system/$unit.service"
    done
    for unit in ctrl-alt-del.target kbrequest.target dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
        sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount systemd-journald-audit.socket systemd-ask-password-console.path \
        systemd-ask-password-wall.path systemd-initctl.socket systemd-sysext.socket systemd-creds.socket; do
        ln -sfn /dev/null "$root/etc/systemd/system/$unit"
    done
    mkdir -p "$root/etc/systemd/system"
    ldconfig -r "$root" -X 2>/dev/null || true
    rm -rf "$root/var/cache/ldconfig"
}

make_root() {
    local root=$1
    cp -a "$here/overlay/." "$root/"
    [ ! -d "$top/board/$board/overlay" ] || cp -a "$top/board/$board/overlay/." "$root/"
    root_accounts "$root"
    root_modules "$root"
    root_font "$root"
    root_tree "$root"
    root_strip "$root"
    root_terminal "$root"
    root_settings "$root"
    chown -R -h 0:0 "$root/usr/lib/tillside" "$root/usr/share/tillside" "$root/etc/systemd"
}
