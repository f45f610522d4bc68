#!/bin/sh
# Makes a Debian or Ubuntu root file system ready for regreen's jobs. Run as root by the Dockerfile,
# in the folder's own copy inside the image. Uses the network only for packages that are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing=""
for package in $(grep -v '^#' "$here/packages.txt"); do
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done

if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # A mirror behind a TLS-inspecting proxy is reached with the host's authorities.
    tls=""
    [ ! -s "$here/host-ca.crt" ] || tls="-o Acquire::https::CaInfo=$here/host-ca.crt"
    limits="-o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
    # apt-get update exits 0 when no mirror answers; the flag makes it fail here, with the reason.
    apt-get $tls $limits -o APT::Update::Error-Mode=any update
    apt-get $tls $limits install --yes --no-install-recommends $missing
    rm -rf /var/lib/apt/lists/*
fi

# The hosted runner's user. A base may have given the number to someone else already.
getent group 1001 >/dev/null || groupadd --gid 1001 runner
getent passwd 1001 >/dev/null ||
    useradd --uid 1001 --gid 1001 --home-dir /home/runner --no-create-home --shell /bin/bash runner
install -d -o 1001 -g 1001 -m 0755 \
    /home/runner /home/runner/work /home/runner/work/_temp /opt/hostedtoolcache

cat >/etc/pip.conf <<'END'
[global]
index-url = http://127.0.0.1:3141/simple/
disable-pip-version-check = true
break-system-packages = true
END

if [ -s "$here/host-ca.crt" ]; then
    python3 "$here/trust.py" "$here/host-ca.crt"
fi
update-ca-certificates

# Machine ids and logs would make two builds of the same recipe differ for no reason.
: >/etc/machine-id
find /var/log -type f -delete
