import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../lib/configuration';
import { Fleet } from '../lib/fleet';

const app = new App();
// Neither account nor region: the stacks go wherever the credentials of the CDK CLI lead.
new Fleet(app, readConfiguration(app.node));
