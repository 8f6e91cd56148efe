import { Annotations, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { flatten } from '../private/acknowledge';

/** A policy in JSON, for people: what CloudFormation will know stands there by its name, as in `<Repository.Arn>`. */
export function printed(scope: Construct, statements: iam.PolicyStatement[]): string {
  const document = Stack.of(scope).resolve(new iam.PolicyDocument({ statements }).toJSON());
  return JSON.stringify(document, (_, value) => isFunction(value) ? flatten(value) : value);
}

const isFunction = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 1 && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0]);

/** Something with a policy, and what is said of it when its policy cannot be changed. */
export interface Owned {
  /** Of the warning. */
  readonly id: string;
  readonly prop: string;
  readonly arn: string;
  readonly add: (statement: iam.PolicyStatement) => iam.AddToResourcePolicyResult;
  /** What its policy must hold besides, if we may not change it. */
  readonly asked?: iam.PolicyStatement[];
}

/** Adds statements to the policy of a resource. That of one which was imported cannot be changed, and the CDK drops them without a word: then a warning says what it must hold. */
export function addOrAsk(scope: Construct, { id, prop, arn, add, asked = [] }: Owned, statements: iam.PolicyStatement[]): void {
  const missing = statements.filter((statement) => !add(statement).statementAdded && statement.effect === iam.Effect.ALLOW);
  if (missing.length === 0) return;
  Annotations.of(scope).addWarningV2(`cdk-fargate-cicd:${id}`,
    `${prop}: nothing can be added to the policy of ${flatten(Stack.of(scope).resolve(arn))}, so it must hold this by itself: ${printed(scope, [...missing, ...asked])}`);
}
