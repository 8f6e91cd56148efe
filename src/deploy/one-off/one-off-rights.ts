import { FAMILY_TAG } from './tags';
import { Right } from '../../private/scoped-role';

/** @internal */
export interface OneOffTasks {
  readonly clusterArn: string;
  readonly clusterName: string;
  /** Family of their task definitions. */
  readonly family: string;
  /** Family of a service, whose revisions are registered as well. @default - none */
  readonly serviceFamily?: string;
}

/** What it takes to run one-off tasks of one family in one cluster, and to stop them; no other task. In few words: IAM counts the letters of a policy. */
export function oneOffRights({ account, partition, region }: Record<'account' | 'partition' | 'region', string>, { clusterArn, clusterName, family, serviceFamily }: OneOffTasks): Right[] {
  const arn = (resource: string) => `arn:${partition}:ecs:${region}:${account}:${resource}`;
  const revisions = arn(`task-definition/${family}:*`);
  const all = [...serviceFamily ? [arn(`task-definition/${serviceFamily}:*`)] : [], revisions];
  const tasks = arn(`task/${clusterName}/*`);
  const wildcard = 'ECS numbers the revisions of the family, and names the tasks';
  return [
    { actions: ['ecs:RegisterTaskDefinition'], resources: all, wildcard },
    { actions: ['ecs:RunTask'], resources: [revisions], conditions: { ArnEquals: { 'ecs:cluster': clusterArn } }, wildcard },
    {
      actions: ['ecs:TagResource'],
      resources: [...all, tasks],
      conditions: { StringEquals: { 'ecs:CreateAction': ['RegisterTaskDefinition', 'RunTask'] } },
      wildcard,
    },
    { actions: ['ecs:StopTask'], resources: [tasks], conditions: { StringEquals: { [`aws:ResourceTag/${FAMILY_TAG}`]: family } }, wildcard },
  ];
}
