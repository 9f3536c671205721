#!/usr/bin/env bash
# Runs a notebook many times; the second half of the runs with every core kept busy by something else. A run that is not
# green, or whose records differ from the snapshots in anything, ends it. Usage: [NBSNAP_ENGINE=evcxr] soak.sh [RUNS] [NOTEBOOK]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-20}
notebook=${2:-04-execute-and-monitor}
export NBSNAP_ENGINE=${NBSNAP_ENGINE:-evcxr} NBSNAP_FRESH=true
cargo build --quiet
busy=()
trap 'kill "${busy[@]}" 2>/dev/null || true' EXIT
for ((run = 1; run <= runs; run++)); do
  if ((run == runs / 2 + 1)); then
    for ((core = 0; core < $(nproc); core++)); do
      (while :; do :; done) &
      busy+=($!)
    done
  fi
  started=$SECONDS
  target/debug/nbsnap test "$notebook" --update never > target/soak.log 2>&1 || { cat target/soak.log; exit 1; }
  printf 'run %2d of %d: green, %3d s%s\n' "$run" "$runs" $((SECONDS - started)) "${busy:+, cores busy}"
done
[ -z "$(git status --porcelain -- snapshots notebooks)" ] || { git status --short -- snapshots notebooks; exit 1; }
printf '%d runs, %d green, in %d s\n' "$runs" "$runs" "$SECONDS"
