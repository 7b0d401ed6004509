# For the other scripts: where uv is. Source it from the project's folder.

uv() {
    if [ -x .venv-boot/bin/uv ]; then
        .venv-boot/bin/uv "$@"
    else
        command uv "$@"
    fi
}

say() { echo "$*" >&2; }

die() {
    say "$@"
    exit 1
}
