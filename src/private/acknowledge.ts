import { Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Rule id to reason, for example `{ CKV_AWS_18: 'is the log bucket' }`. */
export type Reasons = Record<string, string>;

/**
 * Says on a construct why a checker's rule is not met there. The metadata entry is written by hand: `Validations.acknowledge`
 * refuses ids with more than one `::` at the minimum aws-cdk-lib, and ids such as
 * `AwsSolutions-IAM5[Resource::<Bucket.Arn>/*]` hold logical ids that an `overrideLogicalId` may still change. So the ids
 * are computed whenever they are read, and ids that a user acknowledges later on the same construct stay beside them.
 */
export function acknowledge(scope: IConstruct, reasons: Reasons | (() => Reasons)): void {
  const ours = (): Reasons => qualified(typeof reasons === 'function' ? reasons() : reasons);
  const all = (own: object): Reasons => ({ ...own, ...ours() });
  scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, new Proxy({}, {
    ownKeys: (own) => Object.keys(all(own)),
    // Of a key that is not there: nothing, or what CDK writes here for a user would become invisible.
    getOwnPropertyDescriptor: (own, key) => key in all(own) ? { value: all(own)[key as string], enumerable: true, configurable: true, writable: true } : undefined,
    get: (own, key) => all(own)[key as string],
  }));
}

/** cdk-nag reads ids behind the prefix that aws-cdk-lib gives to annotations; other checkers name themselves. */
const qualified = (reasons: Reasons): Reasons => Object.fromEntries(Object.entries(reasons).map(
  ([id, reason]) => [/^[A-Za-z-]+::/.test(id) && !id.includes('[') ? id : `Annotation::${id}`, reason]));

/** The one id that stands for a rule in the packs NIST 800-53, PCI DSS and HIPAA of cdk-nag. */
export const inPacks = (rule: string, reason: string): Reasons => ({
  [`NIST.800.53.R5-${rule}`]: reason,
  [`PCI.DSS.321-${rule}`]: reason,
  [`HIPAA.Security-${rule}`]: reason,
});

/** A resolved CloudFormation value as the text in which cdk-nag names it: `<Bucket.Arn>/*`. */
export function flatten(value: any): string {
  if (typeof value === 'string') return value.replace(/\${/g, '<').replace(/}/g, '>');
  if (value?.['Fn::Join']) return value['Fn::Join'][1].map(flatten).join(value['Fn::Join'][0]);
  if (value?.['Fn::GetAtt']) return `<${value['Fn::GetAtt'].map(flatten).join('.')}>`;
  if (value?.Ref) return `<${value.Ref}>`;
  return JSON.stringify(value);
}
