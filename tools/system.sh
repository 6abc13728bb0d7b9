#!/bin/sh
# Install the system packages named, by Debian's names: with apt when this is root on Debian or Ubuntu, else say how.
set -eu

if ! command -v apt-get >/dev/null; then
    echo "lossland needs what Debian calls: $*" >&2
    echo "Install your system's packages of these and run make again." >&2
    exit 1
fi

missing=""
for package in "$@"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "lossland needs system packages. Install them and run make again:" >&2
    echo "  sudo apt-get install --yes$missing" >&2
    exit 1
fi

echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
apt-get update --quiet=2
# shellcheck disable=SC2086  # a list of names
apt-get -o Dpkg::Use-Pty=0 install --quiet=2 --yes --no-install-recommends $missing >/dev/null
