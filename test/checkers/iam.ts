import { CfnTemplate, flat, list, resources, TemplateFinding } from './findings';
import { identityPolicies, isGuardedBy, Policy, resourcePolicies, resourceTypes, Statement, trustPolicies } from './policies';

/**
 * Services that fill aws:SourceAccount and aws:SourceArn when they assume a role. Not demanded of others: lambda and the ECS
 * infrastructure role document no such support.
 */
const GUARDED_TRUST = ['codebuild', 'codedeploy', 'codepipeline', 'ecs-tasks', 'events', 'scheduler', 'states', 'vpc-flow-logs'];

const SOURCE = /^aws:source(account|arn|orgid|orgpaths)$/;
/** What a service tells a key of the caller or of what it encrypts guards as well as the source does. */
const KEY_SOURCE = /^(aws:source(account|arn|orgid|orgpaths)|kms:calleraccount|kms:encryptioncontext:.+)$/;
const CALLER = /^(aws:principal(account|arn|orgid|orgpaths)|aws:source(account|arn|owner|orgid|orgpaths)|kms:calleraccount)$/;

const TOPIC_POLICIES = ['AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy'];
const KEYS = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey'];

/** The rules on IAM that no tool has; see README.md for what each one means. */
export function iamFindings(template: CfnTemplate): TemplateFinding[] {
  const identity = identityPolicies(template);
  const trust = trustPolicies(template);
  const resource = resourcePolicies(template);
  return [
    ...each(identity, star),
    ...each([...identity, ...resource], wildcardAction),
    ...each(identity, passRole),
    ...each([...identity, ...trust, ...resource], unknownAction),
    ...managedPolicies(template),
    ...each(trust, unguardedTrust),
    ...each(resource, unguardedResource),
    ...each(resource, mutedEvents),
  ];
}

type Offence = [rule: string, detail: string];
type Rule = (statement: Statement, policy: Policy) => Offence[];

/** The same offence twice in one resource is one finding. */
function each(policies: Policy[], rule: Rule): TemplateFinding[] {
  return policies.flatMap((policy) => {
    const offences = policy.statements.filter(({ allows }) => allows).flatMap((statement) => rule(statement, policy));
    return [...new Map(offences)].map(([id, detail]) => ({ rule: id, logicalId: policy.logicalId, detail }));
  });
}

function star(statement: Statement): Offence[] {
  if (!statement.resources.some(isStar)) { return []; }
  return statement.actions
    .map((action): [string, string[]] => [action, resourceTypes(action) ?? []])
    .filter(([, types]) => types.length > 0)
    .map(([action, types]) => [`IAM-STAR[${action}]`, `can be scoped to ${types.join(', ')}`]);
}

/** `*`, or an ARN that names a service and nothing in it. */
function isStar(resource: string): boolean {
  return /^\*+$/.test(resource) || /^arn:[^:]*:[^:]*:[^:]*:[^:]*:\*+$/.test(resource.replace(/<[^>]*>/g, 'x'));
}

function wildcardAction(statement: Statement, policy: Policy): Offence[] {
  // The account's own grant, without which a key cannot be managed at all.
  const ownsKey = KEYS.includes(policy.resourceType) && statement.principals.every((principal) => principal.endsWith(':root'));
  const actions = statement.allBut ? ['NotAction'] : statement.actions.filter((action) => /[*?]/.test(action));
  return actions
    .filter((action) => !(ownsKey && action === 'kms:*' && statement.services.length === 0))
    .map((action) => [`IAM-WILDACTION[${action}]`, 'name the actions']);
}

function passRole(statement: Statement): Offence[] {
  if (!statement.actions.some(passesRoles)) { return []; }
  const anyRole = statement.resources.some((resource) => isStar(resource) || /:role\/\*+$/.test(resource));
  return [
    ...anyRole ? [['IAM-PASSROLE', 'may pass every role of the account'] as Offence] : [],
    ...isGuardedBy(statement, /^iam:passedtoservice$/) ? [] : [['IAM-PASSTO', 'does not say to which service (iam:PassedToService)'] as Offence],
  ];
}

function passesRoles(action: string): boolean {
  const pattern = action.replace(/\*+/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${pattern}$`, 'i').test('iam:PassRole');
}

function unknownAction(statement: Statement): Offence[] {
  return statement.actions
    .filter((action) => !/[*?]/.test(action) && resourceTypes(action) === undefined)
    .map((action) => [`IAM-UNKNOWN[${action}]`, 'no such action']);
}

function managedPolicies(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group').flatMap(([logicalId, { ManagedPolicyArns }]) =>
    list(ManagedPolicyArns).map(flat)
      .filter((arn) => arn.includes(':iam::aws:policy/'))
      .map((arn) => ({ rule: `IAM-MANAGED[${arn.split(':policy/')[1]}]`, logicalId, detail: 'is written for every account: write a scoped copy' })));
}

function unguardedTrust(statement: Statement): Offence[] {
  const services = isGuardedBy(statement, SOURCE) ? [] : statement.services.filter((service) => GUARDED_TRUST.includes(service));
  return [
    ...services.map((service): Offence => [`IAM-TRUST[${service}]`, 'trusted on behalf of every account (aws:SourceAccount, aws:SourceArn)']),
    ...openToAll(statement, 'IAM-TRUST[*]'),
  ];
}

function unguardedResource(statement: Statement, policy: Policy): Offence[] {
  const guard = KEYS.includes(policy.resourceType) ? KEY_SOURCE : SOURCE;
  const services = isGuardedBy(statement, guard) ? [] : statement.services.filter((service) => !mustNotBeGuarded(service, policy));
  return [
    ...services.map((service): Offence => [`IAM-RESPOL[${service}]`, 'admitted on behalf of every account (aws:SourceAccount, aws:SourceArn)']),
    ...openToAll(statement, 'IAM-RESPOL[*]'),
  ];
}

function openToAll(statement: Statement, rule: string): Offence[] {
  return statement.principals.includes('*') && !isGuardedBy(statement, CALLER) ? [[rule, 'admits everybody']] : [];
}

/** EventBridge does not say whose rule it is towards SNS, nor towards the key of an encrypted topic. */
function mustNotBeGuarded(service: string, { resourceType }: Policy): boolean {
  return service === 'events' && [...TOPIC_POLICIES, ...KEYS].includes(resourceType);
}

function mutedEvents(statement: Statement, policy: Policy): Offence[] {
  if (!statement.services.some((service) => mustNotBeGuarded(service, policy))) { return []; }
  // A topic's policy may have no condition at all for EventBridge; a key's may name the encryption context.
  const silencing = statement.conditions.filter(({ key }) => TOPIC_POLICIES.includes(policy.resourceType) || CALLER.test(key) || SOURCE.test(key));
  return silencing.length > 0 ? [['IAM-MUTE', `EventBridge is silenced by ${silencing.map(({ key }) => key).join(', ')}`]] : [];
}
