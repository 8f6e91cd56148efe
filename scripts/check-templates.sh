#!/bin/sh
# Judges the templates of the examples (or of the cdk.out folders given) by third-party checkers; fails on a finding without a reason.
# The tools live in .cache/checkers; only the first run needs the network.
set -eu
cd "$(dirname "$0")/.."

tools=.cache/checkers
requirements=scripts/check-templates.requirements.txt
guard=0.0.62 # @cdklabs/cdk-validator-cfnguard ships cfn-guard and the Control Tower rules

if [ ! -e "$tools/venv/complete" ] || [ "$requirements" -nt "$tools/venv/complete" ]; then
  python3 -m venv --clear "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  touch "$tools/venv/complete"
fi
if [ ! -e "$tools/guard-$guard/package.json" ]; then
  archive=$(npm pack "@cdklabs/cdk-validator-cfnguard@$guard" --silent --pack-destination "$tools")
  mkdir -p "$tools/guard-$guard"
  tar -xzf "$tools/$archive" -C "$tools/guard-$guard" --strip-components 1
  rm "$tools/$archive"
fi

[ $# -gt 0 ] || set -- examples/*/cdk.out
exec "$tools/venv/bin/python" scripts/check-templates.py "$tools/guard-$guard" "$@"
