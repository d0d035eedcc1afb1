# shellcheck shell=bash
# Keys to try the image with, made where none were given. A release is signed with --keys, on a machine that has them.

make_keys() {
    local folder=$1
    [ ! -e "$folder/ca.pem" ] || return 0
    mkdir -p "$folder"
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj "/O=Tillside/CN=Tillside test root" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$folder/ca.key" -out "$folder/ca.pem"
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Tillside/CN=Tillside test release" \
            -keyout "$folder/release.key" -out "$folder/release.csr"
        printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n' >"$folder/release.ext"
        openssl x509 -req -in "$folder/release.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -set_serial 2 -days 7200 \
            -extfile "$folder/release.ext" -out "$folder/release.pem"
    ) >/dev/null 2>&1 || fail "no test keys could be made in $folder"
}
