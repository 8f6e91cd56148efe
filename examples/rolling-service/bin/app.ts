import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../lib/configuration';
import { RollingServiceStack } from '../lib/rolling-service-stack';

const app = new App();
const configuration = readConfiguration(app.node);
// No account: the stack goes wherever the credentials of the CDK CLI lead.
new RollingServiceStack(app, `rolling-service-${configuration.environmentSuffix}`, { configuration, env: { region: 'us-east-1' } });
