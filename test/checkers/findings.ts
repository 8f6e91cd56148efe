import { Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** A synthesized template, as far as the judges look into it. */
export interface CfnTemplate {
  readonly Resources?: Record<string, CfnEntry>;
}

export interface CfnEntry {
  readonly Type: string;
  readonly Properties?: any;
}

/** What a rule says of one resource of a template. The rule names the offender in brackets, so that one acknowledgement covers one offence. */
export interface TemplateFinding {
  readonly rule: string;
  readonly logicalId: string;
  readonly detail: string;
}

/** The same, told by the construct that the user knows. */
export interface Finding extends TemplateFinding {
  readonly path: string;
}

/** All resources of one type (or types), with their logical ids. */
export function resources(template: CfnTemplate, ...types: string[]): Array<[string, any]> {
  return Object.entries(template.Resources ?? {})
    .filter(([, { Type }]) => types.includes(Type))
    .map(([logicalId, { Properties }]) => [logicalId, Properties ?? {}]);
}

/** A value, a list of values or a condition between them, as a plain list. */
export function list(value: any): any[] {
  if (value === undefined || value === null || value.Ref === 'AWS::NoValue') { return []; }
  if (Array.isArray(value)) { return value.flatMap(list); }
  return value['Fn::If'] ? value['Fn::If'].slice(1).flatMap(list) : [value];
}

/** An intrinsic as text, the way that cdk-nag writes it: `<Bucket.Arn>/*`. */
export function flat(value: any): string {
  if (value === undefined || value === null) { return ''; }
  if (typeof value !== 'object') { return String(value).replace(/\$\{([^}]*)\}/g, '<$1>'); }
  if (value.Ref) { return `<${value.Ref}>`; }
  if (value['Fn::GetAtt']) { return `<${list(value['Fn::GetAtt']).map(flat).join('.')}>`; }
  if (value['Fn::Join']) { return list(value['Fn::Join'][1]).map(flat).join(value['Fn::Join'][0]); }
  if (value['Fn::Sub']) { return substitute(value['Fn::Sub']); }
  if (value['Fn::ImportValue']) { return flat(value['Fn::ImportValue']); }
  return JSON.stringify(value);
}

function substitute(sub: string | [string, Record<string, any>]): string {
  const [text, variables] = typeof sub === 'string' ? [sub, {} as Record<string, any>] : sub;
  return flat(text.replace(/\$\{([^}]+)\}/g, (all, name) => name in variables ? flat(variables[name]) : all));
}

/** Whether a value refers to this resource, by `Ref` or `Fn::GetAtt`, at any depth. */
export function refersTo(value: any, logicalId: string): boolean {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' && new RegExp(`\\$\\{${logicalId}[.}]`).test(value);
  }
  return value.Ref === logicalId || [value['Fn::GetAtt']].flat()[0] === logicalId
    || Object.values(value).some((inner) => refersTo(inner, logicalId));
}

/** The acknowledgements on a construct itself, as `[id, reason]`. Ids are unique across tools, so the tool's prefix does not count. */
export function acknowledgements(construct: IConstruct): Array<[string, string]> {
  return construct.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries<string>(data))
    .map(([id, reason]) => [id.replace(/^[\w-]+::/, ''), reason]);
}

/** Whether the construct or an ancestor gives a reason for this rule. */
export function isAcknowledged(construct: IConstruct, rule: string): boolean {
  return construct.node.scopes.some((scope) =>
    acknowledgements(scope).some(([id, reason]) => id === rule && hasReason(reason)));
}

/** cdk-nag and the CDK take an acknowledgement without a reason; we do not. */
export function unreasoned(scope: IConstruct): string[] {
  return scope.node.findAll().flatMap((construct) => {
    const ids = acknowledgements(construct).filter(([, reason]) => !hasReason(reason)).map(([id]) => id);
    return [...new Set(ids)].map((id) => `ACK-REASON[${id}] ${construct.node.path} acknowledged without a reason`);
  });
}

function hasReason(reason: unknown): boolean {
  return typeof reason === 'string' && reason.trim() !== '';
}
