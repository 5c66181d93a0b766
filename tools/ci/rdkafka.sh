#!/usr/bin/env bash
# Builds node-rdkafka, an optional peer, into our cache, against the system's librdkafka and the headers of the Node that runs our scripts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

VERSION=3.6.1
node=$PWD/node_modules/.bin/node
# Outside node_modules, where npm removes what the lock does not name; src/drivers/librdkafka/client.ts looks here.
home=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}/kafka-gauntlet/node-rdkafka
module=$home/node_modules/node-rdkafka

loads() { [[ -d $module ]] && "$node" -e "require('$module')" 2>/dev/null; }

if loads; then
  echo 'node-rdkafka loads'
  exit 0
fi
[[ -e /usr/include/librdkafka/rdkafkacpp.h ]] || { echo 'missing: librdkafka-dev' >&2; exit 4; }

mkdir -p "$home"
# The package that brings Node for this platform carries its headers, so that nothing is fetched from elsewhere.
platform=node-$("$node" -p 'process.platform + "-" + process.arch')
headers="$platform@$("$node" -p 'process.versions.node')"
npm install --prefix "$home" --no-audit --no-fund --ignore-scripts "node-rdkafka@$VERSION" "$headers" >/dev/null

# Beside npm itself: its global root would be that of whichever Node stands first on the PATH.
gyp=$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cd "$module"
if ! PATH=$(dirname "$node"):$PATH BUILD_LIBRDKAFKA=0 node "$gyp" rebuild --nodedir="$home/node_modules/$platform" >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  exit 1
fi
loads || { echo 'node-rdkafka was built and does not load' >&2; exit 1; }
echo 'node-rdkafka was built'
