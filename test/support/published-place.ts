import { Construct } from 'constructs';
import { FargateEnvironment, IReleaseTarget, PublishedEnvironmentAttributes } from '../../src';

/** A place of another app, of which nothing stands in the template: a pipeline to it costs half of what one costs together with its place. */
export const publishedPlace = (scope: Construct, id = 'Web', attributes: Partial<PublishedEnvironmentAttributes> = {}): IReleaseTarget =>
  FargateEnvironment.fromPublished(scope, id, {
    releaseRoleArn: `arn:aws:iam::111111111111:role/cdk-fargate-cicd-${id}-of-a-stack-with-a-long-name-eu-west-1`,
    parameterName: `/cdk-fargate-cicd/place-${id}-of-a-stack-with-a-long-name`, region: 'eu-west-1', ...attributes,
  });
