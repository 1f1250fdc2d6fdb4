#!/bin/sh
# Installs what Pluggably needs of the system and does not find there; says nothing where nothing is missing.
# PYTHON names the interpreter (default: python3). With the argument `tests`: what the tests need besides.
set -eu

python=${PYTHON:-python3}
missing=

# Debian keeps ensurepip, which makes virtual environments, in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    missing="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi

# The text engine (xllamacpp) is linked against the OpenMP runtime of GCC.
if [ "$(uname -s)" = Linux ] && ! "$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null; then
    missing="${missing:+$missing }libgomp1"
fi

# The web UI is tested in a browser, which needs a font to measure text with.
if [ "${1:-}" = tests ] && ! command -v chromium >/dev/null; then
    missing="${missing:+$missing }chromium fonts-dejavu-core"
fi

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Pluggably needs what Debian calls: $missing. Install it with your system's package manager." >&2
    exit 1
fi

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
else
    echo "Pluggably needs packages that only root can install. Run as root: apt-get install $missing" >&2
    exit 1
fi

echo "Installing $missing"
install() {
    # shellcheck disable=SC2086 # the names are separate words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
}
# A fresh image has no package lists, an old one has lists of packages that are gone.
install 2>/dev/null || { $as_root apt-get update -qq && install; }
