# shellcheck shell=bash
# Sourced by the scripts: runs commands as named steps and says how many minutes each took.

step_name=start

# step NAME COMMAND…
step() {
    local begun=$SECONDS
    step_name=$1
    shift
    printf '== %s\n' "$step_name"
    "$@"
    printf '== %s: %s\n' "$step_name" "$(minutes $((SECONDS - begun)))"
}

# minutes SECONDS
minutes() {
    printf '%d.%d min' $(($1 / 60)) $(($1 % 60 / 6))
}

report() {
    local status=$?
    if ((status == 0)); then
        printf '== %s passed in %s\n' "$0" "$(minutes "$SECONDS")"
    else
        printf '== %s failed at: %s (%s)\n' "$0" "$step_name" "$(minutes "$SECONDS")" >&2
    fi
}
trap report EXIT
