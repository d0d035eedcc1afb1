#!/usr/bin/env bash
# Puts the image on a device: ./flash.sh --help
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for tool in python3 zstd openssl debugfs blkid; do
    command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
        { echo "flash.sh: $tool is missing (apt-get install python3 zstd openssl e2fsprogs util-linux)" >&2; exit 2; }
done
export PATH=$PATH:/usr/sbin:/sbin
exec python3 "$here/firmware/flash/flash.py" "$@"
