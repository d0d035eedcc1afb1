# shellcheck shell=bash
# What all parts of the build use. Read by build.sh, never run.

fail() { echo "build.sh: $1" >&2; exit "${2:-1}"; }

began=$SECONDS
told() { printf '%5d s  %s\n' "$((SECONDS - began))" "$1"; }

# The mirror this machine uses for Debian itself: "URIs:" of a .sources file or a one-line "deb" entry.
debian_mirror() {
    local found
    found=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -m1 '/debian/*$' || true)
    [ -n "$found" ] || found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' | grep -m1 '/debian/*$' || true)
    echo "$found"
}

# Names from a list with comments, comma separated.
names_of() { sed 's/#.*//' "$1" | tr -s ' \n' ',,' | sed 's/^,//;s/,$//'; }

# unpack FOLDER NAMES [COMPONENTS]: Debian packages and what they depend on, for the board's processor, unpacked and not configured.
# FOLDER.packages lists what came: name, version, source, its version, checksum of the package file.
unpack() {
    local folder=$1 names=$2 components=${3:-main} mirror
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail "no Debian mirror in this machine's apt sources"
    rm -rf "$folder"
    mmdebstrap --quiet --variant=extract --architectures="$ARCH" --include="$names" \
        --extract-hook="$here/parts/list-packages \"\$1\" '$folder.packages'" "$SUITE" "$folder" "deb $mirror $SUITE $components" \
        >"$work/unpack-${folder##*/}.log" 2>&1 || { tail -n 20 "$work/unpack-${folder##*/}.log" >&2; fail "packages could not be unpacked"; }
}
