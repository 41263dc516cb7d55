#!/bin/sh
# Installs Debian packages, or prints the command: apt-install.sh PACKAGE...
# Status 4: this machine is not Debian or Ubuntu, or we are not root.
set -eu
if ! command -v apt-get >/dev/null; then
    echo "apt-install: $* needed, but there is no apt-get here: this is not Debian or Ubuntu" >&2
    exit 4
fi
if [ "$(id -u)" != 0 ]; then
    echo "apt-install: $* needed; as root: apt-get install $*" >&2
    exit 4
fi
export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}
# Package lists may be missing (as in container images) or old; other sources may be broken.
install "$@" 2>/dev/null || {
    apt-get update -qq -o DPkg::Lock::Timeout=300 >/dev/null || true
    install "$@"
}
