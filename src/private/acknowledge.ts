import { Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Rule id to reason, for example `{ CKV_AWS_18: 'is the log bucket' }`. */
export type Reasons = Record<string, string>;

/**
 * Says on a construct why a checker's rule is not met there. The metadata entry is written by hand: `Validations.acknowledge`
 * refuses ids with more than one `::` at the minimum aws-cdk-lib, and ids such as
 * `AwsSolutions-IAM5[Resource::<Bucket.Arn>/*]` hold logical ids that an `overrideLogicalId` may still change: those come as a function.
 */
export function acknowledge(scope: IConstruct, reasons: Reasons | (() => Reasons)): void {
  scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, typeof reasons === 'function' ? listedAnew(reasons) : qualified(reasons));
}

/** Computes the reasons whenever their ids are listed, as every reader does first. What CDK writes into it for a user stays beside them. */
function listedAnew(reasons: () => Reasons): Reasons {
  let ours: Reasons = {};
  return new Proxy<Reasons>({}, {
    ownKeys: (all) => {
      Object.keys(ours).forEach((id) => delete all[id]);
      ours = qualified(reasons());
      return Reflect.ownKeys(Object.assign(all, ours));
    },
  });
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
  // cdk-nag reads any other function as its bare argument.
  if (typeof value?.['Fn::ImportValue'] === 'string') return value['Fn::ImportValue'];
  if (value?.['Fn::GetAtt']) return `<${value['Fn::GetAtt'].map(flatten).join('.')}>`;
  if (value?.Ref) return `<${value.Ref}>`;
  return JSON.stringify(value);
}
