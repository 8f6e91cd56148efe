import { DeployStrategy, type FargateEnvironmentProps } from '../../src';

/** Strategies that differ in what CloudFormation, ECS and CodeDeploy do. */
export const KINDS: Record<string, FargateEnvironmentProps> = {
  rolling: { deployStrategy: DeployStrategy.rolling() },
  blueGreen: { deployStrategy: DeployStrategy.blueGreen() },
  codeDeploy: { deployStrategy: DeployStrategy.codeDeploy({}) },
};

/** Strategies that differ from blue/green in nothing but the numbers of their deployment configuration. */
export const VARIANTS: Record<string, FargateEnvironmentProps> = {
  linear: { deployStrategy: DeployStrategy.linear() },
  canary: { deployStrategy: DeployStrategy.canary() },
};

export const STRATEGIES = { ...KINDS, ...VARIANTS };
