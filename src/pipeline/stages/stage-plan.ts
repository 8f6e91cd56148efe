import { DeployStage } from './deploy-stage';
import { Check } from '../checks/check';
import { CheckOrder } from '../checks/check-options';

/** A stage before any release: the image build, checks, or both. @internal */
export interface BuildStage {
  readonly name: string;
  readonly builds: boolean;
  readonly checks: Check[];
}

/** Names of stages for checks that name none. */
const UNNAMED = { [CheckOrder.BEFORE_BUILD]: 'Precheck', [CheckOrder.WITH_BUILD]: 'Build', [CheckOrder.AFTER_BUILD]: 'Check' };

/** Which checks stand in which stage: stages stand in the order of first mention, around the build. @internal */
export function planBuildStages(checks: Check[] = [Check.imageScan()]): BuildStage[] {
  const before = group(checks.filter(({ _order }) => _order === CheckOrder.BEFORE_BUILD));
  const after = group(checks.filter(({ _order }) => _order === CheckOrder.AFTER_BUILD));
  const beside = checks.filter(({ _order }) => _order === CheckOrder.WITH_BUILD);
  return [...before, { name: 'Build', builds: true, checks: beside }, ...after];
}

function group(checks: Check[]): BuildStage[] {
  const stages = new Map<string, Check[]>();
  for (const check of checks) {
    const name = check._stage ?? UNNAMED[check._order];
    stages.set(name, [...stages.get(name) ?? [], check]);
  }
  return [...stages].map(([name, members]) => ({ name, builds: false, checks: members }));
}

/** @internal */
export const deployStageName = ({ stageName, releases }: DeployStage): string => stageName ?? `Deploy-${releases[0].target._releaseTarget().placeName}`;

/** @internal */
export const approvalStageName = (stage: DeployStage): string => stage.approval?._stage ?? `Approve-${deployStageName(stage)}`;
