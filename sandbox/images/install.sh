#!/bin/sh
# Installs the packages of packages.txt that a Debian or Ubuntu root file system lacks. Run as root by
# the Dockerfile, in a layer of its own. Uses the network only for packages that are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing=""
for package in $(grep -v '^#' "$here/packages.txt"); do
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done

# The day of the image: that of its package lists, and without them of its newest package.
dated=$(stat --format %Y /var/lib/dpkg/status)

if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # A mirror behind a TLS-inspecting proxy is reached with the host's authorities.
    tls=""
    [ ! -s "$here/host-ca.crt" ] || tls="-o Acquire::https::CaInfo=$here/host-ca.crt"
    limits="-o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
    # apt-get update exits 0 when no mirror answers; the flag makes it fail here, with the reason.
    # The lists stay, compressed: on a runner, a job installs packages without updating them first.
    echo 'Acquire::GzipIndexes "true";' >/etc/apt/apt.conf.d/90compressed-lists
    apt-get $tls $limits -o APT::Update::Error-Mode=any update
    dated=0
    for list in /var/lib/apt/lists/*Release; do
        day=$(date --date "$(sed -n 's/^Date: //p' "$list")" +%s)
        [ "$day" -le "$dated" ] || dated=$day
    done
    export SOURCE_DATE_EPOCH="$dated"
    apt-get $tls $limits install --yes --no-install-recommends $missing
    rm -f /var/lib/apt/lists/lock
fi

install -d /usr/lib/regreen
echo "$dated" >/usr/lib/regreen/dated
install "$here/settle.sh" /usr/lib/regreen/settle.sh
