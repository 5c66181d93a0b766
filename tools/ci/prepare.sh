#!/usr/bin/env bash
# Brings a bare Debian machine to the point where every suite can run; what is there already is left alone, so it can be repeated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

DOCKER_DEADLINE_SECONDS=60
# What Toxiproxy's module asks for; Debian 12 has it among its backports only.
GO_VERSION=1.23

# One program of each package stands for it, whoever installed it.
declare -A package_of=(
  [dockerd]=docker.io
  [iptables]=iptables
  [docker-compose]=docker-compose
  [debootstrap]=debootstrap
  [javac]=openjdk-17-jdk-headless
  [mvn]=maven
  [kcat]=kcat
  [chromium]=chromium
  [tmux]=tmux
  [g++]=g++
  [make]=make
  [python3]=python3
)

say() { printf '%6ds  %s\n' "$SECONDS" "$*"; }

go_suffices() {
  command -v go >/dev/null && printf 'go%s\n%s\n' "$GO_VERSION" "$(go env GOVERSION)" | sort --check=quiet --version-sort
}

codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

go_package() { if [[ $(codename) == bookworm ]]; then echo golang-go/bookworm-backports; else echo golang-go; fi; }

install_packages() {
  local missing=() program
  for program in "${!package_of[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
  done
  [[ -e /usr/include/librdkafka/rdkafkacpp.h ]] || missing+=(librdkafka-dev)
  go_suffices || missing+=("$(go_package)")
  if [[ ${#missing[@]} -eq 0 ]]; then
    say 'all programs are there'
    return
  fi
  if [[ $EUID -ne 0 ]]; then
    echo "missing: ${missing[*]}; run this as root, or install them" >&2
    return 4
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  if [[ ${missing[*]} == *bookworm-backports* ]]; then
    # The mirror this machine already uses.
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
    echo "deb $mirror bookworm-backports main" >/etc/apt/sources.list.d/gauntlet-backports.list
    missing+=(golang-src/bookworm-backports)
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends ca-certificates "${missing[@]}" >/dev/null
  say 'installed'
}

docker_answers() { timeout 10 docker info >/dev/null 2>&1; }

start_docker() {
  if docker_answers; then
    say 'docker answers'
    return
  fi
  local log='' daemon='' waited
  # A daemon that is just coming up is waited for; a second one would only fight with it.
  if ! pidof dockerd >/dev/null; then
    log=$(mktemp -t dockerd-XXXXXX.log)
    say "starting dockerd, log in $log"
    rm -f /var/run/docker.pid
    nohup setsid dockerd >"$log" 2>&1 </dev/null &
    daemon=$!
  fi
  for ((waited = 0; waited < DOCKER_DEADLINE_SECONDS; waited++)); do
    if docker_answers; then
      say 'docker answers'
      return
    fi
    if [[ -n $daemon ]] && ! kill -0 "$daemon" 2>/dev/null; then break; fi
    sleep 1
  done
  echo "docker did not answer after $waited s" >&2
  [[ -n $log ]] && tail -n 30 "$log" >&2
  return 4
}

install_packages
start_docker
node tools/bootstrap.mjs
say 'dependencies are installed'
rdkafka=$(./tools/ci/rdkafka.sh)
say "$rdkafka"
npm run --silent gauntlet -- images build
say 'prepared'
