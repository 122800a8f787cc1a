# shellcheck shell=bash
# Sourced by the scripts: installs Debian's packages, which takes root.

policy=/usr/sbin/policy-rc.d

# install_packages PACKAGE…
# Ends the script with 2 where only the user can install them.
install_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "$0 needs $* (Debian's names): install them, then run it again." >&2
        exit 2
    fi
    if ((EUID != 0)); then
        echo "$0 needs $*. Run this as root, then $0 again:" >&2
        echo "  apt-get update && apt-get install --yes $*" >&2
        exit 2
    fi
    echo "Installing $* with apt-get."
    get_packages "$@"
}

# A subshell, for a trap of its own.
get_packages() (
    # The scripts start servers of their own: a package must not start one for the whole system.
    if [[ ! -e $policy ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install --yes --no-install-recommends "$@"
    # Nor may it start at the next boot.
    if [[ " $* " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
        systemctl disable redis-server
    fi
)
