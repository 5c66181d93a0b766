#!/usr/bin/env bash
# Entry point of the GitHub Action: inputs come as INPUT_* variables, the exit code is that of the command line.
set -uo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
(cd "$home" && node tools/bootstrap.mjs) || exit 4
export PATH="$home/node_modules/.bin:$PATH"
arguments=("${INPUT_COMMAND:-run}" "${INPUT_SCENARIO:?a scenario is required}")
[ -z "${INPUT_CANDIDATE:-}" ] || arguments+=("$INPUT_CANDIDATE")
# One argument a line, so that none of them is ever split or expanded by a shell.
while IFS= read -r line; do
  [ -z "$line" ] || arguments+=("$line")
done <<<"${INPUT_ARGUMENTS:-}"
out=${INPUT_OUT:-reports}
mkdir -p "$out"
before=$(mktemp)
node "$home/bin/gauntlet.js" "${arguments[@]}" --out "$out" --github
code=$?
recording=$(find "$out" -mindepth 3 -maxdepth 3 -name manifest.json -newer "$before" -exec dirname {} \; | sort | tail -1)
rm -f "$before"
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'recording=%s\n' "$recording" >>"$GITHUB_OUTPUT"
exit "$code"
