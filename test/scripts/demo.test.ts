import { execFileSync } from 'child_process';
import { join } from 'path';

/** The scripts are ES modules, which the test runner does not load: Node does. */
function explain(expression: string): unknown {
  const module = join(__dirname, '../../scripts/lib/explain.mjs');
  const code = `import * as explain from ${JSON.stringify(module)}; const template = ${JSON.stringify(template)}; console.log(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}

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
    Service: { Type: 'AWS::ECS::Service', Properties: { DesiredCount: 2 } },
    Nat: { Type: 'AWS::EC2::NatGateway' },
    Balancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Scheme: 'internet-facing', Subnets: ['a', 'b'] } },
  },
};

test('actions of one run order stand side by side, in words', () => {
  expect(explain('explain.stages(template)')).toEqual([
    { name: 'Check', steps: [['A (npm ci, npm run)', 'C (Other)'], ['B (waits for a person: "Go?")']] },
  ]);
});

test('resources are counted by service, most first', () => {
  expect(explain('explain.services(template)')).toEqual([['ECS', 2], ['CodePipeline', 1], ['CodeBuild', 1], ['EC2', 1], ['ElasticLoadBalancingV2', 1]]);
});

test('the fixed cost is that of the price lists', () => {
  const rows = explain('explain.costs(template)') as [string, number][];
  expect(rows.map(([what, usd]) => [what, usd.toFixed(2)])).toEqual([
    ['2 tasks of 0.5 vCPU and 1 GB', '36.04'], ['1 NAT gateways', '32.85'], ['1 load balancers', '16.43'], ['3 public IPv4 addresses', '10.95'],
  ]);
});
