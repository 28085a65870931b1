#!/bin/sh
# Installs what is missing: Debian packages for building (always), for `make demo`, for `make check`
# and for `make check-python`.
#
#   setup.sh [demo] [check] [python]
#
# Only missing packages are installed, as root or through sudo; without either, the command to run is named.
# No service is left running or enabled: the tests start their own servers with their own settings.
set -eu

build="gcc libc6-dev make pkg-config libssl-dev"
demo="curl nginx openssl python3"
check="g++ binutils valgrind libc6-dbg curl nginx openssl python3 postgresql redis-server apache2-bin haproxy socat"
check="$check mosquitto mosquitto-clients mariadb-server mariadb-client swaks ruby3.1 php8.2-cli libio-socket-ssl-perl"
check="$check nodejs lua5.3 lua-sec apache2-utils nghttp2-client siege w3m vsftpd fetchmail"
python="python3 libpython3.11-testsuite"
services="nginx postgresql redis-server haproxy mosquitto mariadb vsftpd"

die() {
    echo "setup: $*" >&2
    exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# pkgconf provides pkg-config on newer releases under another package name.
present() { installed "$1" || { [ "$1" = pkg-config ] && installed pkgconf; }; }

# The packages of this run that are not there, each named once.
missing_packages() {
    wanted=$build
    for part; do
        case $part in
            demo) wanted="$wanted $demo" ;;
            check) wanted="$wanted $check" ;;
            python) wanted="$wanted $python" ;;
            *) die "unknown part '$part' (demo, check, python)" ;;
        esac
    done
    for package in $wanted; do
        present "$package" || echo "$package"
    done | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# sudo may ask for a password only where somebody can type one.
can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }

# Debian starts a service as soon as its package is unpacked, unless this policy says no.
policy=/usr/sbin/policy-rc.d
own_policy=
forbid_starting() {
    [ -e $policy ] && return
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    own_policy=yes
}
allow_starting() {
    [ -z "$own_policy" ] || as_root rm -f $policy
    own_policy=
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null; }

install_packages() {
    trap allow_starting EXIT
    trap 'exit 1' HUP INT TERM
    forbid_starting
    # Old package lists name files that the mirror no longer has; a second try after an update settles that.
    apt install -y --no-install-recommends "$@" || { apt update && apt install -y --no-install-recommends "$@"; } ||
        die "apt-get could not install: $*"
    allow_starting
    command -v systemctl >/dev/null || return 0
    for package; do
        case " $services " in
            *" $package "*) as_root systemctl disable "$package" >/dev/null 2>&1 || true ;;
        esac
    done
}

debian_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "this is not a Debian system; the tests need Debian's packages: $build $*"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    echo "setup: missing packages: $missing"
    can_be_root || die "not root, and sudo does not help. Please run:
    apt-get install $missing"
    # shellcheck disable=SC2086  # a list of words
    install_packages $missing
    left=$(missing_packages "$@")
    [ -z "$left" ] || die "still missing after installation: $left"
}

rust_toolchain() {
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null && cargo --version >/dev/null ||
        die "the Rust toolchain is missing (no working 'cargo'). Install it with rustup, see https://rustup.rs"
    case " $* " in *" check "*) ;; *) return 0 ;; esac
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null && rustup component add rustfmt clippy ||
        die "rustfmt or clippy is missing and could not be added (rustup component add rustfmt clippy)"
}

debian_packages "$@"
rust_toolchain "$@"
echo "setup: everything needed is installed"
