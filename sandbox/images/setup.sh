#!/bin/sh
# Makes a Debian or Ubuntu root file system with its packages ready for regreen's jobs. Run as root by
# the Dockerfile, after install.sh. Uses no network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SOURCE_DATE_EPOCH=$(cat /usr/lib/regreen/dated)
export SOURCE_DATE_EPOCH

# The hosted runner's user. A base may have given the number to someone else already.
getent group 1001 >/dev/null || groupadd --gid 1001 runner
getent passwd 1001 >/dev/null ||
    useradd --uid 1001 --gid 1001 --home-dir /home/runner --no-create-home --shell /bin/bash runner
install -d -o 1001 -g 1001 -m 0755 \
    /home/runner /home/runner/work /home/runner/work/_temp /opt/hostedtoolcache

# Hosted runners let the job write here too, so that `npm install --global` needs no root
# (actions/runner-images, configure-system.sh and install-nodejs.sh); sticky, since regreen's own
# files lie below /opt.
install -d /usr/local/lib/node_modules
chmod 1777 /opt /usr/local/bin /usr/local/lib/node_modules

# Packages are installed without a question there (configure-apt.sh).
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/90assumeyes

# npm's release is a package like any other, with the scripts to start it in bin.
if [ -s "$here/npm.tgz" ]; then
    install -d /usr/local/lib/node_modules/npm
    tar --extract --gzip --no-same-owner --strip-components=1 \
        --directory=/usr/local/lib/node_modules/npm --file="$here/npm.tgz"
    for name in npm npx; do
        chmod a+x "/usr/local/lib/node_modules/npm/bin/$name-cli.js"
        ln -sf "../lib/node_modules/npm/bin/$name-cli.js" "/usr/local/bin/$name"
    done
fi

# The real sudo is set aside. It needs a container without no-new-privileges; the stand-in tells.
dpkg-divert --quiet --local --rename --divert /usr/lib/regreen/sudo --add /usr/bin/sudo
install -m 0755 "$here/sudo.sh" /usr/bin/sudo
user=$(getent passwd 1001 | cut -d: -f1)
cat >/etc/sudoers.d/runner <<END
# As on hosted runners, the job's user may do everything. Kept: what the image and the network set.
$user ALL=(ALL:ALL) NOPASSWD: ALL
Defaults:$user env_keep += "DEBIAN_FRONTEND LANG SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE"
Defaults:$user env_keep += "CURL_CA_BUNDLE GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS"
Defaults:$user env_keep += "PIP_INDEX_URL PIP_DISABLE_PIP_VERSION_CHECK UV_INDEX_URL"
Defaults:$user env_keep += "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy"
END
chmod 0440 /etc/sudoers.d/runner

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
