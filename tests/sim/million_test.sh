#!/usr/bin/env bash
# A million redemptions and a million spends without a network: none of them double, no credit overdrawn. Its last line
# says how many there were, and the simulator itself ends in an error when its auditor finds anything.
#   million_test.sh TILLSIDE-SIM
set -euo pipefail

sim=$1
wanted=1000000

said=$(mktemp)
trap 'rm -f "$said"' EXIT
"$sim" --seeds 1..400 --terminals 6 --visits 1250 --offline --single --faults none >"$said" || { tail -n 20 "$said"; exit 1; }
last=$(tail -n 1 "$said")
echo "$last"

count_of() {
    grep -oP "(?<= $1 )[0-9]+" <<<"$last" | head -n 1
}

for kind in redemptions offline spends; do
    count=$(count_of "$kind")
    [ "${count:-0}" -ge "$wanted" ] || { echo "$kind: ${count:-none}, a million asked" >&2; exit 1; }
done
