import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { NeededServices } from './egress';
import { FargateEnvironmentProps } from '../fargate-environment-props';

/**
 * What a place calls from within its network, by what was chosen. Keys are used by the services themselves, except by sessions of people. A file system of EFS is reached
 * at its mount target, without a call to AWS.
 * @see https://docs.aws.amazon.com/efs/latest/ug/efs-mount-helper.html
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
 */
export function neededServices({ container = {}, deployStrategy, executeCommand }: FargateEnvironmentProps, key: kms.IKey | undefined): NeededServices {
  const { sidecars = [] } = container;
  const secrets = [...Object.values(container.secrets ?? {}), ...sidecars.flatMap(({ _secrets }) => _secrets)];
  const checks = deployStrategy?._hooks.some(({ _needsTestListener }) => _needsTestListener);
  return {
    byTasks: [
      'ecr.api', 'ecr.dkr', 'logs',
      ...(secrets.some(isOfSecretsManager) ? ['secretsmanager'] : []),
      ...(secrets.some((secret) => !isOfSecretsManager(secret)) ? ['ssm'] : []),
      ...(container.metricNamespace === undefined ? [] : ['monitoring']),
      ...sidecars.flatMap(({ _calls }) => _calls),
      ...executeCommand?._calls(key) ?? [],
    ],
    images: sidecars.flatMap(({ _imageName }) => _imageName ?? []),
    // The check finds the addresses of the load balancer, and tells CodeDeploy how it ended.
    byFunctions: checks ? ['ec2', ...(deployStrategy!._codeDeploy ? ['codedeploy'] : [])] : [],
  };
}

/** Only secrets of Secrets Manager have fields. */
const isOfSecretsManager = ({ hasField }: ecs.Secret): boolean => hasField !== undefined;
