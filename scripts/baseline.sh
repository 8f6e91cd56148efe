#!/usr/bin/env bash
# Renews what compatibility is judged by. Do it on purpose, together with a line in CHANGELOG.md.
set -euo pipefail
cd "$(dirname "$0")/.."
npx projen compile
mkdir -p test/baseline/assembly test/baseline/templates
cp .jsii package.json test/baseline/assembly/
for template in examples/*/cdk.out/*.template.json; do
  cp "$template" "test/baseline/templates/$(basename "$(dirname "$(dirname "$template")")").template.json"
done
