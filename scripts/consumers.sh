#!/usr/bin/env bash
# Installs the built packages into fresh apps, as a user would, with the minimum and the newest aws-cdk-lib of each language, and
# synthesizes examples/smallest in each, and what docs/languages.md shows. Needs dist/js, dist/python and dist/java.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

minimum=2.257.0
newest_npm=2.276.0
newest_pypi=2.275.0
newest_maven=2.263.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0

# A template that has the pipeline, the service and the code of the functions beside it.
check() { # assembly, stack
  node - "$1" "$2" <<'JS'
const { readFileSync, readdirSync } = require('node:fs');
const [out, stack] = process.argv.slice(2);
const { Resources } = JSON.parse(readFileSync(`${out}/${stack}.template.json`, 'utf8'));
const types = Object.values(Resources).map(({ Type }) => Type);
for (const type of ['AWS::CodePipeline::Pipeline', 'AWS::ECS::Service', 'AWS::Lambda::Function', 'Custom::FirstImage']) {
  if (!types.includes(type)) throw new Error(`${out}: no ${type}`);
}
const code = readdirSync(out).filter((name) => name.startsWith('asset.')).flatMap((name) => readdirSync(`${out}/${name}`));
if (!code.includes('index.js')) throw new Error(`${out}: the functions have no code`);
JS
}

sample() { # language
  awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; next } /^```/ { inside = 0 } inside' docs/languages.md
}

run() { # language, version, command...
  local start=$SECONDS language=$1 version=$2
  shift 2
  "$@" "$version"
  passed=$((passed + 1))
  printf '%s with aws-cdk-lib %s: %s s\n' "$language" "$version" $((SECONDS - start))
}

typescript() {
  local app=$work/typescript-$1
  mkdir -p "$app"
  cp examples/smallest/bin/app.ts "$app/app.ts"
  (
    cd "$app"
    npm init --yes >/dev/null 2>&1
    npm install --no-audit --no-fund --silent "$root"/dist/js/*.tgz "aws-cdk-lib@$1" constructs@10 typescript@5 @types/node@20
    npx tsc --strict --target es2022 --module commonjs --skipLibCheck false --types node app.ts
    echo "require('./app').app.synth();" > synth.js
    CDK_OUTDIR=$app/cdk.out node synth.js
    # Nobody pays for modules of aws-cdk-lib that are not used.
    node -e "require('cdk-fargate-cicd'); process.exit(Object.keys(require.cache).some((file) => file.includes('aws-efs')) ? 1 : 0)"
    # ES modules import by name, and messages name classes as users know them.
    node --input-type=module -e "import { FargateCicdPipeline, ServiceAlarm } from 'cdk-fargate-cicd'; process.exit(FargateCicdPipeline && ServiceAlarm.name === 'ServiceAlarm' ? 0 : 1)"
  )
  check "$app/cdk.out" Smallest
}

python() {
  local app=$work/python-$1
  mkdir -p "$app"
  cp examples/smallest-python/app.py "$app/"
  sample python > "$app/shop.py"
  python3 -m venv "$app/.venv"
  "$app/.venv/bin/pip" install --quiet --disable-pip-version-check "$root"/dist/python/*.whl "aws-cdk-lib==$1"
  (cd "$app" && CDK_OUTDIR=$app/cdk.out "$app/.venv/bin/python" app.py && CDK_OUTDIR=$app/shop.out "$app/.venv/bin/python" shop.py)
  check "$app/cdk.out" Smallest
  check "$app/shop.out" Shop
}

java() {
  local app=$work/java-$1 pom
  cp -r examples/smallest-java "$app"
  rm -rf "$app/cdk.out" "$app/target"
  pom=$(find "$root/dist/java" -name 'cdk-fargate-cicd-*.pom' | head -1)
  mvn -q -B org.apache.maven.plugins:maven-install-plugin:3.1.2:install-file -Dfile="${pom%.pom}.jar" -DpomFile="$pom"
  sample java > "$app/src/main/java/com/example/ShopApp.java"
  (cd "$app" && CDK_OUTDIR=$app/cdk.out mvn -q -B compile exec:java -Daws.cdk.version="$1")
  sed -i 's/com.example.SmallestApp/com.example.ShopApp/' "$app/pom.xml"
  (cd "$app" && CDK_OUTDIR=$app/shop.out mvn -q -B exec:java -Daws.cdk.version="$1")
  check "$app/cdk.out" Smallest
  check "$app/shop.out" Shop
}

run TypeScript "$minimum" typescript
run TypeScript "$newest_npm" typescript
run Python "$minimum" python
run Python "$newest_pypi" python
run Java "$minimum" java
run Java "$newest_maven" java
echo "consumers: $passed passed, 0 failed"
