// Prints trust policy and permissions of both release roles, for whoever makes roles in these accounts: `npx ts-node -T -r tsconfig-paths/register bin/policies.ts`.
import { App } from 'aws-cdk-lib';
import { context } from '../cdk.json';
import { createStacks } from '../lib/create-stacks';

const { staging, production } = createStacks(new App({ context }));
for (const { account, releaseRole } of [staging, production]) {
  console.log(`# ${account}: trust policy\n${releaseRole.trustPolicy}\n\n# ${account}: permissions\n${releaseRole.permissions}\n`);
}
