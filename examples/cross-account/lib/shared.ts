import { RemovalPolicy } from 'aws-cdk-lib';
import { Notification, ResourceNames } from 'cdk-fargate-cicd';
import { Configuration } from './configuration';

/** What both accounts have in common: names, tags, who is told, and that everything goes with its stack. */
export const shared = ({ environmentSuffix, emails, tags }: Configuration, topicName: string) => ({
  resourceNames: ResourceNames.suffixed({ suffix: environmentSuffix }),
  tags: { Environment: environmentSuffix, ...tags },
  notifications: [Notification.createTopic({ topicName, displayName: 'Tea Operations', emails })],
  // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
  removalPolicy: RemovalPolicy.DESTROY,
});
