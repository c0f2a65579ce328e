# Sourced by the scripts here: makes .venv and installs what a requirements file names, when needed.

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

say() {
    printf '==> %s\n' "$*"
}

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found. On Debian: apt-get install python3 python3-venv"
}

make_venv() {
    if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(find_python) || exit 1
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        install_system_packages python3-venv ||
            fail "Python's venv module is missing. On Debian: apt-get install python3-venv"
    fi
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

install_requirements() {
    file=$1
    stamp=.venv/installed-$(basename "$file")
    wanted=$(cat requirements*.txt | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    say "installing $file"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$file"
    printf '%s\n' "$wanted" >"$stamp"
}

# Installs Debian packages as root; fails, saying nothing, where that is not possible.
install_system_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "installing system packages: $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
