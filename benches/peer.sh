#!/usr/bin/env bash
# A probe side by side with mcp-doctor 0.4.2, each as a whole process, on the same server: wall time by hyperfine, peak
# memory by GNU time.
#   benches/peer.sh [MCP_DOCTOR]      needs hyperfine, /usr/bin/time and tests/servers/install;
#                                     cargo install mcp-doctor --version 0.4.2 --locked
set -euo pipefail
cd "$(dirname "$0")/.."
peer=${1:-mcp-doctor}
cargo build --release --locked --quiet
mcpdoc=$PWD/target/release/mcpdoc

said=$(mktemp)
trap 'rm -f "$said"' EXIT
# The server ends when its standard input does.
exec 3> >(tests/servers/start everything-http >"$said" 2>/dev/null)
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$said")
  [ -n "$url" ] && break
  sleep 0.1
done
[ -n "$url" ] || { echo "benches/peer.sh: the server does not start" >&2; exit 2; }

hyperfine -N -i --warmup 3 --runs 40 \
  -n 'mcpdoc probe' "$mcpdoc probe $url" \
  -n 'mcp-doctor inspect' "$peer inspect --allow-private-network $url --allow-cleartext-http $url $url"
for command in "$mcpdoc probe $url" "$peer inspect --allow-private-network $url --allow-cleartext-http $url $url"; do
  # shellcheck disable=SC2086
  kib=$({ /usr/bin/time -f %M $command >/dev/null; } 2>&1 | tail -n 1)
  printf '%-20s %5.1f MiB\n' "$(basename "${command%% *}")" "$(awk "BEGIN { print $kib / 1024 }")"
done
