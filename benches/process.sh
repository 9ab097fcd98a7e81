#!/usr/bin/env bash
# Whole-process figures of the offline check: wall time by hyperfine, peak memory by GNU time.
#   benches/process.sh [DIR]      needs hyperfine and /usr/bin/time
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-$(mktemp -d)}
cargo build --release --locked --quiet
cargo bench --locked --quiet --bench synthetic -- "$dir"
mcpdoc=$PWD/target/release/mcpdoc

measure() { # NAME ARGUMENTS…
  local name=$1; shift
  local ms kib
  ms=$(hyperfine -N -i --warmup 3 --runs 20 --export-json "$dir/out.json" "$mcpdoc $*" >/dev/null 2>&1 &&
    sed -n 's/.*"median": \([0-9.]*\).*/\1/p' "$dir/out.json" | awk '{printf "%.1f", $1 * 1000}')
  kib=$( { /usr/bin/time -f %M "$mcpdoc" "$@" >/dev/null; } 2>&1 | tail -n 1)
  printf '%-28s %9s ms  %7.1f MiB\n' "$name" "$ms" "$(awk "BEGIN { print $kib / 1024 }")"
}

measure '--version' --version
measure 'explain' explain port-mismatch
measure 'checks' checks
measure 'the case' check --offline --fail-on never fixtures/linuxserver.lan/stack
for health in right wrong; do
  for servers in 10 100 1000 10000; do
    measure "$servers servers, $health" check --offline --fail-on never -q "$dir/$health-$servers"
  done
done
