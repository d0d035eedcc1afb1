#!/usr/bin/env bash
# install.sh DIR: puts the benchmark's peers with their pinned versions into DIR (outside the source), for
# tillside-bench sync --peers DIR. Needs npm, whose registry is the one this machine is set up for.
set -euo pipefail
dir=${1:?install.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
cp "$here/package.json" "$here/package-lock.json" "$here/replicate.js" "$dir/"
if [ ! -e "$dir/node_modules/.package-lock.json" ] || [ "$here/package-lock.json" -nt "$dir/node_modules/.package-lock.json" ]; then
    (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error)
fi
