// What a synthesized template says, in words. Reads CloudFormation only, so it works for any stack of the library.

const HOURS = 730;

/** USD in us-east-1. https://aws.amazon.com/fargate/pricing, /elasticloadbalancing/pricing, /vpc/pricing, /kms/pricing, /cloudwatch/pricing */
const PRICE = {
  vcpuHour: { X86_64: 0.04048, ARM64: 0.03238 },
  gbHour: { X86_64: 0.004445, ARM64: 0.00356 },
  loadBalancerHour: 0.0225,
  natHour: 0.045,
  ipv4Hour: 0.005,
  key: 1,
  alarm: 0.1,
};

const resources = (template, type) => Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** A value whose intrinsics are shown as what they point at. */
export function plain(value) {
  if (value === undefined || typeof value === 'string') return value ?? '';
  if (value['Fn::Join']) return value['Fn::Join'][1].map(plain).join(value['Fn::Join'][0]);
  if (value.Ref) return `<${value.Ref}>`;
  if (value['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  return JSON.stringify(value);
}

function describeBuild(template, { Configuration }) {
  const project = template.Resources[Configuration.ProjectName?.Ref]?.Properties;
  const { phases = {} } = project ? JSON.parse(plain(project.Source.BuildSpec)) : {};
  const commands = Object.values(phases).flatMap(({ commands: list = [] }) => list);
  const known = ['docker build', 'docker buildx build', 'docker push', 'npm ci', 'npm run', 'npm audit', 'npx eslint', 'trivy image'];
  const told = known.filter((start) => commands.some((command) => command.includes(start)));
  return told.length > 0 ? told.join(', ') : project?.Description ?? 'runs a build';
}

const WORDS = {
  CodeStarSourceConnection: (_, { Configuration }) => `fetches ${plain(Configuration.FullRepositoryId)}, branch ${plain(Configuration.BranchName)}`,
  CodeBuild: describeBuild,
  Manual: (_, { Configuration }) => `waits for a person${Configuration?.CustomData ? `: "${plain(Configuration.CustomData)}"` : ''}`,
  Lambda: (_, { Configuration }) => ({
    release: 'copies the image, updates the service, follows the deployment, proves it, moves the tag',
    prepare: "copies the image to the place's repository",
    verify: 'proves that the new image runs, moves the tag',
  })[JSON.parse(plain(Configuration.UserParameters)).task],
  ECS: () => "CodePipeline's ECS action updates the service",
};

/** Stages with their steps; actions that run side by side stand in one step. */
export function stages(template) {
  const [[, pipeline]] = resources(template, 'AWS::CodePipeline::Pipeline');
  return pipeline.Properties.Stages.map(({ Name, Actions }) => {
    const orders = [...new Set(Actions.map(({ RunOrder }) => RunOrder))].sort((a, b) => a - b);
    return {
      name: Name,
      steps: orders.map((order) => Actions.filter(({ RunOrder }) => RunOrder === order)
        .map((action) => `${action.Name} (${WORDS[action.ActionTypeId.Provider]?.(template, action) ?? action.ActionTypeId.Provider})`)),
    };
  });
}

/** How many resources of each service. */
export function services(template) {
  const counts = {};
  for (const { Type } of Object.values(template.Resources)) {
    const [, service] = Type.split('::');
    counts[service] = (counts[service] ?? 0) + 1;
  }
  return Object.entries(counts).sort(([, a], [, b]) => b - a);
}

/** Fixed cost a month: before traffic, logs and builds. */
export function costs(template) {
  const [, definition] = resources(template, 'AWS::ECS::TaskDefinition')[0];
  const [, service] = resources(template, 'AWS::ECS::Service')[0];
  const scaling = resources(template, 'AWS::ApplicationAutoScaling::ScalableTarget')[0]?.[1].Properties.MinCapacity;
  const { Cpu, Memory, RuntimePlatform } = definition.Properties;
  const architecture = RuntimePlatform?.CpuArchitecture ?? 'X86_64';
  const tasks = service.Properties.DesiredCount ?? scaling ?? 1;
  const task = Cpu / 1024 * PRICE.vcpuHour[architecture] + Memory / 1024 * PRICE.gbHour[architecture];
  const balancers = resources(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').map(([, { Properties }]) => Properties);
  const nats = resources(template, 'AWS::EC2::NatGateway').length;
  const addresses = nats + balancers.filter(({ Scheme }) => Scheme === 'internet-facing').reduce((sum, { Subnets }) => sum + Subnets.length, 0);
  return [
    [`${tasks} tasks of ${Cpu / 1024} vCPU and ${Memory / 1024} GB`, tasks * task * HOURS],
    [`${nats} NAT gateways`, nats * PRICE.natHour * HOURS],
    [`${balancers.length} load balancers`, balancers.length * PRICE.loadBalancerHour * HOURS],
    [`${addresses} public IPv4 addresses`, addresses * PRICE.ipv4Hour * HOURS],
    [`${resources(template, 'AWS::KMS::Key').length} keys`, resources(template, 'AWS::KMS::Key').length * PRICE.key],
    [`${resources(template, 'AWS::CloudWatch::Alarm').length} alarms`, resources(template, 'AWS::CloudWatch::Alarm').length * PRICE.alarm],
  ].filter(([, usd]) => usd > 0);
}
