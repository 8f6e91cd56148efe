// What synthesized templates say, in words. Reads CloudFormation only, so it works for any stack of the library.

const pipelinesOf = (template) => Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::CodePipeline::Pipeline');

/** A value whose intrinsics are shown as what they point at. */
export function plain(value) {
  if (value === undefined || typeof value === 'string') return value ?? '';
  if (value['Fn::Join']) return value['Fn::Join'][1].map(plain).join(value['Fn::Join'][0]);
  if (value.Ref) return `<${value.Ref}>`;
  if (value['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  return JSON.stringify(value);
}

/** Commands that say by themselves what a build does, as somebody would type them. */
const TOLD = [/docker (?:buildx )?build\b/, /docker push\b/, /^npm (?:ci|run|audit|install)\b.*/, /^npx .*/, /trivy image\b/];

function describeBuild(template, { Configuration }) {
  const project = template.Resources[Configuration.ProjectName?.Ref]?.Properties;
  const { phases = {} } = project ? JSON.parse(plain(project.Source.BuildSpec)) : {};
  const commands = Object.values(phases).flatMap(({ commands: list = [] }) => list);
  const told = new Set(commands.flatMap((command) => TOLD.flatMap((form) => command.match(form)?.[0].replace('buildx ', '') ?? [])));
  return [...told].join(', ') || project?.Description || 'runs a build';
}

const fetches = (repository, branch) => `fetches ${plain(repository)}, branch ${plain(branch)}`;

const WORDS = {
  CodeStarSourceConnection: (_, { Configuration }) => fetches(Configuration.FullRepositoryId, Configuration.BranchName),
  GitHub: (_, { Configuration: { Owner, Repo, Branch } }) => fetches(`${plain(Owner)}/${plain(Repo)}`, Branch),
  CodeCommit: (_, { Configuration }) => fetches(Configuration.RepositoryName, Configuration.BranchName),
  CodeBuild: describeBuild,
  Manual: (_, { Configuration }) => `waits for a person${Configuration?.CustomData ? `: "${plain(Configuration.CustomData)}"` : ''}`,
  Lambda: (template, { Configuration }) => ({
    release: 'copies the image, updates the service, follows the deployment, proves it, moves the tag',
    prepare: "copies the image to the place's repository",
    verify: 'proves that the new image runs, moves the tag',
  })[JSON.parse(plain(Configuration.UserParameters) || '{}').task] ?? template.Resources[Configuration.FunctionName?.Ref]?.Properties.Description,
  ECS: () => "CodePipeline's ECS action updates the service",
  CodeDeployToECS: () => 'CodeDeploy starts the new tasks and moves the traffic',
};

/** Stages of every pipeline with their steps; actions that run side by side stand in one step. */
export const stages = (templates) => templates.flatMap((template) => pipelinesOf(template).flatMap((pipeline) => stagesOf(template, pipeline)));

function stagesOf(template, { Properties }) {
  return Properties.Stages.map(({ Name, Actions }) => {
    const orders = [...new Set(Actions.map(({ RunOrder }) => RunOrder))].sort((a, b) => a - b);
    return {
      name: Name,
      steps: orders.map((order) => Actions.filter(({ RunOrder }) => RunOrder === order)
        .map((action) => `${action.Name} (${WORDS[action.ActionTypeId.Provider]?.(template, action) ?? action.ActionTypeId.Provider})`)),
    };
  });
}

/** Names that AWS gives its services, where those of CloudFormation differ. */
const SERVICES = {
  CertificateManager: 'ACM', EC2: 'VPC (EC2)', ElasticLoadBalancingV2: 'Elastic Load Balancing', Events: 'EventBridge', Logs: 'CloudWatch Logs', SSM: 'Systems Manager',
};

const serviceOf = (type) => {
  const [, service] = type.split('::');
  // CloudFormation asks a function of the stack for these.
  return /^(Custom::|AWS::CloudFormation::CustomResource$)/.test(type) ? 'custom resources' : SERVICES[service] ?? service;
};

/** How many resources of each service, most first. */
export function services(templates) {
  const counts = {};
  for (const { Type } of templates.flatMap(({ Resources }) => Object.values(Resources))) {
    if (Type === 'AWS::CDK::Metadata') continue;
    counts[serviceOf(Type)] = (counts[serviceOf(Type)] ?? 0) + 1;
  }
  return Object.entries(counts).sort(([, a], [, b]) => b - a);
}
