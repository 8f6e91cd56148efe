import type { Physical, Properties, Provider } from './cloudformation';
import { CustomResources } from './custom-resources';
import { handler as emptyBucket } from '../../../src/common/empty-bucket/empty-bucket.lambda';
import { handler as firstImage } from '../../../src/deploy/first-image/first-image.lambda';
import { handler as livingService } from '../../../src/deploy/living-service/living-service.lambda';
import type { FakeEcr, FakeRepository } from '../../support/doubles/fake-ecr';
import type { FakeEcs } from '../../support/doubles/fake-ecs';

export const ACCOUNT = '222222222222';
export const REGION = 'eu-west-1';

/**
 * Properties whose change replaces a resource (`createOnlyProperties` of CloudFormation's schemas), of those types where it matters
 * here; and the property that is the name.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const CREATE_ONLY: Record<string, { readonly properties: string[]; readonly name?: string }> = {
  'AWS::CloudWatch::Alarm': { properties: ['AlarmName'], name: 'AlarmName' },
  'AWS::EC2::SecurityGroup': { properties: ['GroupDescription', 'GroupName', 'VpcId'] },
  'AWS::EC2::Subnet': { properties: ['VpcId', 'AvailabilityZone', 'CidrBlock'] },
  'AWS::EC2::VPC': { properties: ['CidrBlock'] },
  'AWS::ECS::Cluster': { properties: ['ClusterName'], name: 'ClusterName' },
  'AWS::ElasticLoadBalancingV2::Listener': { properties: ['LoadBalancerArn'] },
  'AWS::ElasticLoadBalancingV2::ListenerRule': { properties: ['ListenerArn'] },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': { properties: ['Name', 'Type', 'Scheme'], name: 'Name' },
  'AWS::ElasticLoadBalancingV2::TargetGroup': { properties: ['TargetType', 'ProtocolVersion', 'Port', 'Name', 'VpcId', 'Protocol'], name: 'Name' },
  'AWS::IAM::Role': { properties: ['Path', 'RoleName'], name: 'RoleName' },
  'AWS::Logs::LogGroup': { properties: ['LogGroupName'], name: 'LogGroupName' },
  'AWS::S3::Bucket': { properties: ['BucketName'], name: 'BucketName' },
  'AWS::SSM::Parameter': { properties: ['Name'], name: 'Name' },
};

/** Resources that exist, also those that no stack has any more: physical id to type. */
export type Account = Map<string, string>;

/** A resource that only has to be there: its name is taken, references to it are its id, its ARN has the usual shape. */
export class PlainProvider implements Provider {
  readonly createOnly: string[];
  private made = 0;

  constructor(private readonly type: string, private readonly account: Account) {
    this.createOnly = CREATE_ONLY[type]?.properties ?? [];
  }

  create(properties: Properties, logicalId: string): Physical {
    const name = properties[CREATE_ONLY[this.type]?.name ?? ''] ?? `${logicalId.toLowerCase()}-${++this.made}`;
    // Load balancing refers to things by their ARNs.
    const id = this.type.startsWith('AWS::ElasticLoadBalancingV2::') ? this.arn(name) : name;
    if (this.account.has(this.key(id))) throw new Error(`${this.type} ${id} exists already`);
    this.account.set(this.key(id), this.type);
    return { id, attributes: { Arn: this.arn(name) } };
  }

  update(id: string): Physical {
    return { id, attributes: { Arn: this.arn(id) } };
  }

  delete(id: string): void {
    if (!this.account.delete(this.key(id))) throw new Error(`${this.type} ${id} does not exist`);
  }

  private arn(name: string): string {
    // Roles are of no region, and what is in a log group is meant with it.
    if (this.type === 'AWS::IAM::Role') return `arn:aws:iam::${ACCOUNT}:role/${name}`;
    if (this.type === 'AWS::Logs::LogGroup') return `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*`;
    const [, service, kind] = this.type.toLowerCase().split('::');
    return `arn:aws:${service}:${REGION}:${ACCOUNT}:${kind}/${name}`;
  }

  private key(id: string): string {
    return `${this.type} ${id}`;
  }
}

/** A provider that does something besides. */
function withEffect(plain: Provider, effect: Partial<Record<'create' | 'update' | 'delete', (id: string, properties: Properties) => Physical | void>>): Provider {
  const apply = (kind: 'create' | 'update' | 'delete', made: Physical, properties: Properties) => effect[kind]?.(made.id, properties) ?? made;
  return {
    createOnly: plain.createOnly,
    create: async (properties, name) => apply('create', await plain.create(properties, name), properties),
    update: async (id, properties, former) => apply('update', await plain.update(id, properties, former), properties),
    delete: async (id, properties) => {
      apply('delete', { id }, properties);
      await plain.delete(id, properties);
    },
  };
}

/** ECR deletes a repository with images in it only when the template says so (`EmptyOnDelete`). */
export function repositories(account: Account, ecr: FakeEcr): Provider {
  const made = new Map<string, FakeRepository>();
  const mutableTags = ({ ImageTagMutabilityExclusionFilters: filters = [] }: Properties): string[] =>
    filters.map((filter: Properties) => filter.ImageTagMutabilityExclusionFilterValue);
  return withEffect({ ...bound(new PlainProvider('AWS::ECR::Repository', account)), createOnly: ['RepositoryName', 'EncryptionConfiguration'] }, {
    create: (name, properties) => {
      const repository = ecr.repository({ account: ACCOUNT, region: REGION, name, mutableTags: mutableTags(properties) });
      made.set(name, repository);
      return { id: name, attributes: { Arn: repository.arn, RepositoryUri: repository.uri } };
    },
    update: name => ({ id: name, attributes: { Arn: made.get(name)!.arn, RepositoryUri: made.get(name)!.uri } }),
    delete: (name, { EmptyOnDelete }) => {
      if (made.get(name)!.manifests.size > 0 && !EmptyOnDelete) throw new Error(`the repository ${name} is not empty`);
      ecr.remove(made.get(name)!);
    },
  });
}

/** S3 never deletes a bucket that is not empty; what is in it stands in `contents`. */
export function buckets(account: Account, contents: Map<string, Set<string>>, tags: Map<string, Properties[]>): Provider {
  return withEffect(bound(new PlainProvider('AWS::S3::Bucket', account)), {
    create: (name, { Tags = [] }) => {
      contents.set(name, new Set());
      tags.set(name, Tags);
    },
    update: (name, { Tags = [] }) => void tags.set(name, Tags),
    delete: name => {
      if (contents.get(name)!.size > 0) throw new Error(`the bucket ${name} is not empty`);
      contents.delete(name);
    },
  });
}

/** A load balancer that is protected is not deleted. */
export function loadBalancers(account: Account): Provider {
  return withEffect(bound(new PlainProvider('AWS::ElasticLoadBalancingV2::LoadBalancer', account)), {
    delete: (id, { LoadBalancerAttributes = [] }) => {
      const isProtected = ({ Key, Value }: Properties) => Key === 'deletion_protection.enabled' && String(Value) === 'true';
      if (LoadBalancerAttributes.some(isProtected)) throw new Error(`the load balancer ${id} is protected against deletion`);
    },
  });
}

/** A table that is protected is not deleted. */
export function tables(account: Account): Provider {
  return withEffect(bound(new PlainProvider('AWS::DynamoDB::Table', account)), {
    delete: (id, { DeletionProtectionEnabled }) => {
      if (DeletionProtectionEnabled) throw new Error(`the table ${id} is protected against deletion`);
    },
  });
}

/** Task definitions never change: every change but one of their tags is another revision, and the former one becomes inactive. */
export function taskDefinitions(ecs: FakeEcs): Provider {
  return {
    createOnly: ['Family', 'ContainerDefinitions', 'Cpu', 'Memory', 'ExecutionRoleArn', 'TaskRoleArn', 'RuntimePlatform', 'Volumes', 'EphemeralStorage', 'NetworkMode'],
    create: ({ Tags, ...properties }) => ({ id: ecs.define({ ...asApi(properties), compatibilities: ['FARGATE'] }) }),
    update: id => ({ id }),
    delete: id => void Object.assign(ecs.definitions.get(id)!.definition, { status: 'INACTIVE' }),
  };
}

/** The custom resources of this library, by the real code of their functions. */
export function customResources(requests: CustomResources): Record<string, Provider> {
  return {
    'Custom::FirstImage': requests.provider('Custom::FirstImage', firstImage),
    'Custom::EmptyBucket': requests.provider('Custom::EmptyBucket', emptyBucket),
    'Custom::ServiceSettings': requests.provider('Custom::ServiceSettings', livingService),
    'Custom::TrafficGuard': requests.provider('Custom::TrafficGuard', livingService),
  };
}

/** Names of properties as the API has them: with a small first letter. */
function asApi(value: unknown): any {
  if (Array.isArray(value)) return value.map(asApi);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name[0].toLowerCase() + name.slice(1), name === 'Options' ? item : asApi(item)]));
}

function bound(plain: PlainProvider): Provider {
  return {
    createOnly: plain.createOnly,
    create: (properties, name) => plain.create(properties, name),
    update: id => plain.update(id),
    delete: id => plain.delete(id),
  };
}

/** The one cluster that the double of ECS has. */
export function clusters(ecs: FakeEcs): Provider {
  const physical = { id: 'shop', attributes: { Arn: ecs.clusterArn } };
  return { create: () => physical, update: () => physical, delete: () => {} };
}
