#!/bin/sh
# Runs the tests that use the CDK with the newest one (test/newest/package.json) instead of the minimum that package.json pins.
# Findings of the CDK's built-in template validation are errors here. Arguments go to jest: scripts/test-newest.sh test/checkers
set -eu
cd "$(dirname "$0")/.."

newest=test/newest/node_modules
if [ ! -e "$newest/.package-lock.json" ] || [ test/newest/package-lock.json -nt "$newest/.package-lock.json" ]; then
  npm ci --prefix test/newest --no-audit --no-fund
fi

# cdk-nag must come from the same folder, or it would ask `instanceof` of the other CDK's classes.
config=$(node -e '
  const { jest } = require("./package.json");
  const newest = "<rootDir>/test/newest/node_modules";
  console.log(JSON.stringify({
    ...jest,
    rootDir: process.cwd(),
    collectCoverage: false,
    // What runs in functions, its doubles, and scripts know no CDK.
    testPathIgnorePatterns: [...jest.testPathIgnorePatterns, ...["deploy/release", "scripts", "support"].map((folder) => `<rootDir>/test/${folder}/`)],
    reporters: ["default"],
    moduleNameMapper: {
      ...jest.moduleNameMapper,
      "^(aws-cdk-lib|cdk-nag|constructs)(/.*)?$": `${newest}/$1$2`,
    },
  }));
')

export NEWEST=1
# Every App reads this, whatever context its test gives it.
export CDK_CONTEXT_JSON='{"@aws-cdk/core:validateAgainstDefaultRules":true}'
unset CDK_VALIDATION
exec node --single-threaded-gc node_modules/jest/bin/jest.js --ci --config "$config" "$@"
