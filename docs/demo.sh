#!/bin/sh
# The main job on this clone: index, daemon, a question, status. No key, no model.
# Everything of it is private to the demo and goes away with the commands printed at the end.
set -eu
sleeper=$1
cd "$(dirname "$0")/.."

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n$ %s\n' "$*"; }

step "sleeper init --yes"
"$sleeper" init --yes --no-model
step "sleeper ask --context \"where is a quote checked against the source?\""
"$sleeper" ask --context "where is a quote checked against the source?"
step "sleeper status"
"$sleeper" status

cat <<EOT

That was structure only: index, history and survey notes; nothing left this machine.

Go on:     $sleeper notes list              what was found without a model
           $sleeper think --dry-run         what a model would be sent, and what it would cost
           $sleeper init                    choose a model (a key in the environment, or a local one)
In your own repository:
           cd /path/to/it && $sleeper init
Undo:      $sleeper init --remove           daemon, hook, index and notes of this clone
           make clean                        the environment
EOT
