#!/usr/bin/env bash
# Renews what compatibility is judged by: the API and the templates of the examples. Do it on purpose, with a line in CHANGELOG.md.
set -euo pipefail
cd "$(dirname "$0")/.."
npx projen bundle
npx projen compile
mkdir -p test/baseline/assembly
cp .jsii test/baseline/assembly/jsii.json
cp package.json test/baseline/assembly/
node scripts/examples.mjs --languages typescript
node scripts/baseline.mjs --renew
