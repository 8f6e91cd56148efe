import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../lib/configuration';
import { ValidatedReleaseStack } from '../lib/validated-release-stack';

const app = new App();
const configuration = readConfiguration(app.node);
// Neither account nor region: the stack goes wherever the credentials of the CDK CLI lead.
new ValidatedReleaseStack(app, `validated-release-${configuration.environmentSuffix}`, { configuration });
