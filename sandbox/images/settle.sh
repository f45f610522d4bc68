#!/bin/sh
# Takes out of a root file system what would make two builds of one recipe differ: machine ids, logs,
# caches, and file times after the day of the image. Run as root at the end of each step.
set -eu
dated=$(cat /usr/lib/regreen/dated)
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /var/cache/ldconfig/aux-cache
find /var/log /var/cache/debconf/*-old /var/lib/dpkg/*-old -type f -delete 2>/dev/null || true
# The engine's own mounts (/etc/hosts and its like) are no part of the image.
find / -xdev -mindepth 1 \( -path /proc -o -path /sys -o -path /dev -o -path /etc/hosts \
    -o -path /etc/hostname -o -path /etc/resolv.conf \) -prune -o \
    -newermt "@$dated" -exec touch --no-dereference --date "@$dated" {} +
