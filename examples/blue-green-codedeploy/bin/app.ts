import { App } from 'aws-cdk-lib';
import { BlueGreenCodeDeployStack } from '../lib/blue-green-codedeploy-stack';
import { readConfiguration } from '../lib/configuration';

const app = new App();
const configuration = readConfiguration(app.node);
// Neither account nor region: the stack goes wherever the credentials of the CDK CLI lead.
new BlueGreenCodeDeployStack(app, `blue-green-codedeploy-${configuration.environmentSuffix}`, { configuration });
