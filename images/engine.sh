#!/bin/sh
# Finds a container engine, or installs and starts one: engine.sh PYTHON
#
# PYTHON must have this package installed. An engine that answers is not changed. Otherwise, as
# root on Debian or Ubuntu, docker.io is installed and dockerd started, detached.
# Status 3: there is no engine; the remedy has been printed.
set -eu
python=$1
here=$(cd "$(dirname "$0")" && pwd)
log=/var/log/sandbox-runner-dockerd.log
no_engine=3

main() {
    if answer=$(ask 2>/dev/null); then
        echo "engine: $answer"
        exit 0
    fi
    reason=$(ask 2>&1 || true)
    # An engine that was chosen explicitly must not be replaced by another one.
    ask --explicit || give_up "$reason"
    ours_to_start || give_up "$reason"
    install
    start || give_up "dockerd does not start, see $log:
$(tail -n 5 "$log" 2>/dev/null)"
    echo "engine: $(ask)"
}

# Prints the engine that answers. Not by `python -m runner.engine`: the package imports that module
# before Python runs it, and Python warns of that.
ask() {
    "$python" -c 'import sys; from runner import engine; sys.exit(engine.main(sys.argv[1:]))' "$@"
}

ours_to_start() {
    [ "$(id -u)" = 0 ] && [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null
}

install() {
    command -v dockerd >/dev/null && return
    packages=docker.io
    # A kernel with AppArmor makes dockerd load its profile with a tool that is only recommended.
    grep -qs Y /sys/module/apparmor/parameters/enabled && packages="docker.io apparmor"
    echo "engine: none answers; installing $packages from the distribution's packages, about a minute"
    failed=0
    tick &
    ticker=$!
    # shellcheck disable=SC2086  # one word for each package
    "$here/apt-install.sh" $packages || failed=$?
    kill "$ticker"
    [ "$failed" = 0 ] || exit "$failed"
    echo "engine: installed"
}

# Prints the elapsed time until this program ends.
tick() {
    elapsed=0
    while sleep 10 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        elapsed=$((elapsed + 10))
        echo "engine: still installing, $elapsed s"
    done
}

start() {
    if [ -d /run/systemd/system ]; then
        systemctl start docker 2>/dev/null || true
        wait_for_answer 20 && return
    fi
    # Alive but silent: wait, and never start a second one beside it.
    if pidof dockerd >/dev/null; then
        wait_for_answer 60
        return
    fi
    echo "engine: starting dockerd, up to a minute; its log is $log"
    launch && return
    # Sandboxes have no network, so an engine that cannot create networks is sufficient.
    launch --iptables=false --ip6tables=false --bridge=none
}

# Detached from make: own session, no terminal, and none of make's descriptors.
launch() {
    setsid nohup dockerd "$@" >>"$log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- &
    daemon=$!
    wait_for_answer 60 "$daemon"
}

# wait_for_answer SECONDS [PID]: until the engine answers, or the process is gone.
wait_for_answer() {
    tries=$(($1 * 5))
    while [ "$tries" -gt 0 ]; do
        ask >/dev/null 2>&1 && return 0
        [ -z "${2:-}" ] || kill -0 "$2" 2>/dev/null || return 1
        sleep 0.2
        tries=$((tries - 1))
    done
    return 1
}

give_up() {
    cat >&2 <<END
==================================================================================================
NO CONTAINER ENGINE
$1

Sandboxes are containers; without an engine only the backend "local" works, which puts no container
around untrusted code. To get an engine, one of these:
  - Debian, Ubuntu:  run "make engine" as root; it installs docker.io and starts dockerd
  - macOS, Windows:  install Docker Desktop and start it
  - elsewhere:       install Docker, or point DOCKER_HOST at an engine: DOCKER_HOST=unix:///...
==================================================================================================
END
    exit $no_engine
}

main
