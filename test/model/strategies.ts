import { DeployStrategy, type FargateEnvironmentProps } from '../../src';

/** The strategies for which the one writer is proved. */
export const STRATEGIES: Record<string, FargateEnvironmentProps> = {
  rolling: { deployStrategy: DeployStrategy.rolling() },
  blueGreen: { deployStrategy: DeployStrategy.blueGreen() },
  linear: { deployStrategy: DeployStrategy.linear() },
  canary: { deployStrategy: DeployStrategy.canary() },
  codeDeploy: { deployStrategy: DeployStrategy.codeDeploy({}) },
};
