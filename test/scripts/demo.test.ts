import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DeployStrategy, FargateCicdPipeline, Scaling, Source } from '../../src';

const root = join(__dirname, '../..');

/** The scripts are ES modules, which the test runner does not load: Node does. */
function explain(expression: string, given: object = template): unknown {
  const [explaining, costs, words] = ['explain', 'costs', 'words'].map((name) => JSON.stringify(join(root, `scripts/lib/${name}.mjs`)));
  const code = `import * as explain from ${explaining}; import { costs } from ${costs}; import { wrap } from ${words}; import { readFileSync } from 'node:fs';
    const template = JSON.parse(readFileSync(0, 'utf8')); console.log(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', input: JSON.stringify(given) }));
}

const priced = (expression: string, given?: object) => (explain(expression, given) as [string, number][]).map(([what, usd]) => [what, usd.toFixed(2)]);

const action = (Name: string, RunOrder: number, Provider: string, Configuration: object) => ({ Name, RunOrder, ActionTypeId: { Provider }, Configuration });
const template = {
  Resources: {
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        Stages: [
          { Name: 'Check', Actions: [action('B', 2, 'Manual', { CustomData: 'Go?' }), action('A', 1, 'CodeBuild', { ProjectName: { Ref: 'Project' } }), action('C', 1, 'Other', {})] },
        ],
      },
    },
    Project: { Type: 'AWS::CodeBuild::Project', Properties: { Source: { BuildSpec: JSON.stringify({ phases: { build: { commands: ['npm ci', 'npm run "test"'] } } }) } } },
    Definition: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '512', Memory: '1024' } },
    Service: { Type: 'AWS::ECS::Service', Properties: { DesiredCount: 2, TaskDefinition: { Ref: 'Definition' } } },
    Nat: { Type: 'AWS::EC2::NatGateway' },
    Balancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Scheme: 'internet-facing', Subnets: ['a', 'b'] } },
  },
};

test('actions of one run order stand side by side, in words', () => {
  expect(explain('explain.stages([template])')).toEqual([
    { name: 'Check', steps: [['A (npm ci, npm run "test")', 'C (Other)'], ['B (waits for a person: "Go?")']] },
  ]);
});

test('every action has words: what it runs, fetches or asks; of a function that is no release what its description says', () => {
  const source = (Provider: string, Configuration: object) => action('Source', 1, Provider, Configuration);
  const told = (explain('explain.stages([template])', {
    Resources: {
      Pipeline: {
        Type: 'AWS::CodePipeline::Pipeline',
        Properties: {
          Stages: [{
            Name: 'All',
            Actions: [
              source('CodeCommit', { RepositoryName: { 'Fn::GetAtt': ['Code', 'Name'] }, BranchName: 'main' }),
              source('GitHub', { Owner: 'acme', Repo: 'shop', Branch: 'main' }),
              action('Build', 1, 'CodeBuild', { ProjectName: { Ref: 'Project' } }),
              action('Deploy', 1, 'CodeDeployToECS', {}),
              action('Migrate', 1, 'Lambda', { FunctionName: { Ref: 'Migrate' }, UserParameters: '{}' }),
              action('Ask', 1, 'Lambda', { FunctionName: 'theirs' }),
              action('Release', 1, 'Lambda', { UserParameters: '{"task":"prepare"}' }),
            ],
          }],
        },
      },
      Migrate: { Type: 'AWS::Lambda::Function', Properties: { Description: 'Runs the one-off task Migrate' } },
      Project: {
        Type: 'AWS::CodeBuild::Project',
        Properties: {
          Source: { BuildSpec: JSON.stringify({ phases: { build: { commands: ['set -e\ndocker buildx build . ||\ndocker build .', 'docker push x', "npx eslint '.'", 'trivy image --exit-code 1 x'] } } }) },
        },
      },
    },
  }) as { steps: string[][] }[])[0].steps[0];
  expect(told).toEqual([
    'Source (fetches <Code.Name>, branch main)', 'Source (fetches acme/shop, branch main)', "Build (docker build, docker push, npx eslint '.', trivy image)",
    'Deploy (CodeDeploy starts the new tasks and moves the traffic)', 'Migrate (Runs the one-off task Migrate)', 'Ask (Lambda)', "Release (copies the image to the place's repository)",
  ]);
});

test('long lines go on under their text where a terminal is narrow, and nowhere else', () => {
  expect(explain("wrap('one two three four', 4, 12)")).toBe('one two\n    three\n    four');
  expect(explain("wrap('one two three four', 4)")).toBe('one two three four');
});

test('stages and resources of every template, by the names that AWS gives its services', () => {
  expect(explain('explain.stages([template, { Resources: {} }, template]).map(({ name }) => name)')).toEqual(['Check', 'Check']);
  expect(explain(`explain.services([template, { Resources: {
    A: { Type: 'Custom::FirstImage' }, B: { Type: 'Custom::EmptyBucket' }, C: { Type: 'AWS::Logs::LogGroup' }, D: { Type: 'AWS::CDK::Metadata' },
  } }])`)).toEqual([
    ['ECS', 2], ['custom resources', 2], ['CodePipeline', 1], ['CodeBuild', 1], ['VPC (EC2)', 1], ['Elastic Load Balancing', 1], ['CloudWatch Logs', 1],
  ]);
});

test('the fixed cost is that of the price lists', () => {
  expect(priced('costs([template])')).toEqual([
    ['2 tasks of 0.5 vCPU and 1 GB', '36.04'], ['1 NAT gateway', '32.85'], ['1 load balancer', '16.43'], ['3 public IPv4 addresses', '10.95'],
  ]);
});

test('every service of every template is priced: by architecture, by the least that scaling leaves, alarms by their metrics', () => {
  const arm = {
    Resources: {
      Definition: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '1024', Memory: '2048', RuntimePlatform: { CpuArchitecture: 'ARM64' } } },
      Web: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'Definition' } } },
      Target: { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', Properties: { MinCapacity: 3, ResourceId: { 'Fn::Join': ['/', ['service', { 'Fn::GetAtt': ['Web', 'Name'] }]] } } },
      One: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'Definition' } } },
      Inside: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Scheme: 'internal', Subnets: ['a', 'b'] } },
      Ratio: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a/b' }] } },
      Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
    },
  };
  expect(priced('costs([template, template])', arm)).toEqual([
    ['3 tasks of 1 vCPU and 2 GB, ARM', '86.50'], ['1 task of 1 vCPU and 2 GB, ARM', '28.84'], ['3 tasks of 1 vCPU and 2 GB, ARM', '86.50'], ['1 task of 1 vCPU and 2 GB, ARM', '28.84'],
    ['2 load balancers', '32.85'], ['4 alarms on 6 metrics', '0.60'],
  ]);
});

test('a service of CodeDeploy names the family of its tasks, and a custom resource how many', () => {
  const stack = new Stack(new App(), 'Smallest');
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop'), scaling: Scaling.fixed(3), deployStrategy: DeployStrategy.codeDeploy() });
  expect(priced('costs([template])', Template.fromStack(stack).toJSON())[0]).toEqual(['3 tasks of 0.5 vCPU and 1 GB', '54.06']);
});

test('what else costs something by itself has a row: disk, web ACLs, secrets, DNS zones; tasks on Spot cost less', () => {
  expect(priced('costs([template])', {
    Resources: {
      Definition: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '512', Memory: '1024', EphemeralStorage: { SizeInGiB: 120 } } },
      Service: { Type: 'AWS::ECS::Service', Properties: { DesiredCount: 1, TaskDefinition: { Ref: 'Definition' }, CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT' }] } },
      Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}, {}] } },
      Webhook: { Type: 'AWS::SecretsManager::Secret' },
      Names: { Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace' },
    },
  })).toEqual([['1 task of 0.5 vCPU and 1 GB, 100 GiB of disk more, less on Spot', '26.12'], ['1 web ACL of 3 rules', '8.00'], ['1 secret', '0.40'], ['1 DNS zone', '0.50']]);
});

test('the README says what the default costs', () => {
  const stack = new Stack(new App(), 'Smallest');
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop') });
  const rows = priced('costs([template])', Template.fromStack(stack).toJSON());
  const together = (explain('costs([template])', Template.fromStack(stack).toJSON()) as [string, number][]).reduce((sum, [, usd]) => sum + usd, 0);
  const [, section] = readFileSync(join(root, 'README.md'), 'utf8').split('\n## What it costs\n');
  const said = [...section.split('\n## ')[0].matchAll(/^\| (.+) \| ([\d.*]+) \|$/gm)].map(([, what, usd]) => [what, usd]);
  expect(said).toEqual([...rows, ['**together**', `**${together.toFixed(2)}**`]]);
});
