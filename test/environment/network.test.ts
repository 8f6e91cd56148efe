import { join } from 'node:path';
import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  Cluster, DeployHook, DeployStrategy, Egress, Encryption, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Network, Sidecar, Volume,
} from '../../src';
import { watchIsolatedSubnets } from '../../src/environment/network/isolated-subnets';
import { resolved, synthesized } from '../support/resolved';

function make(props: (scope: Construct) => FargateEnvironmentProps, look = resolved): { stack: Stack; template: Template } {
  const stack = new Stack(new App(), 'Shop');
  new FargateEnvironment(stack, 'Place', props(stack));
  return { stack, template: look(stack) };
}

const created = (egress: Egress, props: (scope: Construct) => FargateEnvironmentProps = () => ({})) =>
  make((scope) => ({ network: Network.create({ egress }), ...props(scope) })).template;

const resources = (template: Template, type: string): [string, any][] => Object.entries(template.findResources(type));

/** What endpoints lead to, by their last words, and of which kind they are. */
const endpoints = (template: Template): string[] => resources(template, 'AWS::EC2::VPCEndpoint')
  .map(([, { Properties }]) => `${Properties.VpcEndpointType} ${Properties.ServiceName['Fn::Join'][1].slice(2).join('').slice(1)}`).sort();

const taskSubnets = (template: Template): string[] => resources(template, 'AWS::ECS::Service')[0][1].Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets
  .map(({ Ref }: any) => /(Public|Private)Subnet\d/.exec(Ref)![0]);
const publicIp = (template: Template): string => resources(template, 'AWS::ECS::Service')[0][1].Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp;
const check = DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] });

describe('VPC endpoints', () => {
  const smallest = make(() => ({ network: Network.create({ egress: Egress.vpcEndpoints() }) }));
  const { template } = smallest;

  test('those for images and logs, in isolated subnets, without NAT', () => {
    expect(endpoints(template)).toEqual(['Gateway s3', 'Interface ecr.api', 'Interface ecr.dkr', 'Interface logs']);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    expect(resources(template, 'AWS::EC2::Route').map(([id]) => /(Public|Private)/.exec(id)![0])).toEqual(['Public', 'Public']);
    expect([taskSubnets(template), publicIp(template)]).toEqual([['PrivateSubnet1', 'PrivateSubnet2'], 'DISABLED']);
    for (const [, { Properties: { VpcEndpointType, ...endpoint } }] of resources(template, 'AWS::EC2::VPCEndpoint')) {
      expect(VpcEndpointType === 'Gateway' ? endpoint.RouteTableIds : endpoint.SubnetIds).toEqual([1, 2].map((zone) => ({ Ref: expect.stringContaining(`PrivateSubnet${zone}`) })));
      expect(endpoint.PrivateDnsEnabled).toBe(VpcEndpointType === 'Gateway' ? undefined : true);
    }
  });

  test('who gets in: the VPC on 443, with credentials of the own account; layers of images are signed by ECR', () => {
    const own = { Effect: 'Allow', Principal: { AWS: '*' }, Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } } };
    const layers = {
      Effect: 'Allow', Principal: { AWS: '*' }, Action: 's3:GetObject',
      Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::prod-', { Ref: 'AWS::Region' }, '-starport-layer-bucket/*']] },
    };
    for (const [id, { Properties }] of resources(template, 'AWS::EC2::VPCEndpoint')) {
      expect(Properties.PolicyDocument.Statement).toEqual(id.includes('S3') ? [own, layers] : [own]);
    }
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Endpoints of Shop/Place/Network: only the VPC gets in',
      SecurityGroupIngress: [{ CidrIp: '10.0.0.0/16', FromPort: 443, ToPort: 443, IpProtocol: 'tcp', Description: 'HTTPS from within the VPC' }],
    });
  });

  test('the service waits for them', () => {
    const ids = resources(template, 'AWS::EC2::VPCEndpoint').map(([id]) => id);
    expect(resources(synthesized(smallest.stack), 'AWS::ECS::Service')[0][1].DependsOn).toEqual(expect.arrayContaining(ids));
  });

  test('what the chosen features call, each once, and what the application calls', () => {
    const full = created(
      Egress.vpcEndpoints({
        interfaceEndpoints: [ec2.InterfaceVpcEndpointAwsService.STS, ec2.InterfaceVpcEndpointAwsService.ECR],
        gatewayEndpoints: [ec2.GatewayVpcEndpointAwsService.DYNAMODB, ec2.GatewayVpcEndpointAwsService.S3],
      }), (scope) => ({
        container: {
          metricNamespace: 'Shop',
          secrets: {
            A: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'A', 'a')),
            B: ecs.Secret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(scope, 'B', { parameterName: '/b' })),
          },
        },
        deployStrategy: check,
      }));
    expect(endpoints(full)).toEqual([
      'Gateway dynamodb', 'Gateway s3', 'Interface ec2', 'Interface ecr.api', 'Interface ecr.dkr', 'Interface logs', 'Interface monitoring', 'Interface secretsmanager', 'Interface ssm', 'Interface sts',
    ]);
  });

  const fromEcr = (scope: Construct) => ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(scope, 'Images', 'images'));

  const named = (name: string) => Sidecar.container('proxy', { image: ecs.ContainerImage.fromRegistry(name) });

  test('what sessions of people and sidecars call, with the secrets of sidecars', () => {
    const secret = (scope: Construct, id: string) => ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, id, id));
    const always = ['Gateway s3', 'Interface ecr.api', 'Interface ecr.dkr'];
    const made = (props: (scope: Construct) => FargateEnvironmentProps) => endpoints(created(Egress.vpcEndpoints(), props)).filter((name) => !always.includes(name));
    expect(made(() => ({ executeCommand: ExecuteCommand.audited() }))).toEqual(['Interface kms', 'Interface logs', 'Interface ssmmessages']);
    expect(made(() => ({ executeCommand: ExecuteCommand.audited(), encryption: Encryption.awsManaged() }))).toEqual(['Interface logs', 'Interface ssmmessages']);
    expect(made(() => ({ executeCommand: ExecuteCommand.none() }))).toEqual(['Interface logs']);
    expect(made((scope) => ({ container: { sidecars: [Sidecar.adotCollector({ image: fromEcr(scope) })] } }))).toEqual(['Interface logs', 'Interface xray']);
    expect(made((scope) => ({ container: { sidecars: [Sidecar.adotCollector({ image: fromEcr(scope), config: 'receivers: {}' })] } }))).toEqual(['Interface logs']);
    expect(made((scope) => ({ container: { sidecars: [Sidecar.fireLens({ image: fromEcr(scope), secretOutput: { token: secret(scope, 'A') } })] } })))
      .toEqual(['Interface logs', 'Interface secretsmanager']);
    expect(made((scope) => ({ container: { sidecars: [Sidecar.container('proxy', { image: fromEcr(scope), secrets: { TOKEN: secret(scope, 'A') } })] } })))
      .toEqual(['Interface logs', 'Interface secretsmanager']);
  });

  test('EFS takes no endpoint: the tasks reach the mount target', () => {
    const withVolume = created(Egress.vpcEndpoints(), (scope) => ({
      container: {
        volumes: [Volume.efs(efs.FileSystem.fromFileSystemAttributes(scope, 'Files', {
          fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, 'FilesGroup', 'sg-11111111'),
        }), '/data')],
      },
    }));
    expect(endpoints(withVolume)).toEqual(['Gateway s3', 'Interface ecr.api', 'Interface ecr.dkr', 'Interface logs']);
  });

  test.each<[string, (scope: Construct) => Sidecar, string | undefined]>([
    ['ADOT', () => Sidecar.adotCollector(), 'public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0'],
    ['FireLens', () => Sidecar.fireLens(), 'public.ecr.aws/aws-observability/aws-for-fluent-bit:3.2.1'],
    ['Docker Hub', () => named('nginx:1.29.1'), 'nginx:1.29.1'],
    ['another registry', () => Sidecar.fireLens({ image: ecs.ContainerImage.fromRegistry('ghcr.io/acme/router:1') }), 'ghcr.io/acme/router:1'],
    ['ECR of another region', () => named('111111111111.dkr.ecr.us-east-1.amazonaws.com/proxy:1'), '111111111111.dkr.ecr.us-east-1.amazonaws.com/proxy:1'],
    ['ECR', () => named('111111111111.dkr.ecr.eu-west-1.amazonaws.com/proxy:1'), undefined],
    ['ECR by FIPS', () => named('111111111111.dkr.ecr-fips.eu-west-1.amazonaws.com/proxy:1'), undefined],
    ['ECR by IPv6', () => named('111111111111.dkr-ecr.eu-west-1.on.aws/proxy:1'), undefined],
    ['a repository of ECR', (scope) => Sidecar.container('proxy', { image: fromEcr(scope) }), undefined],
    ['an image of the app itself', () => Sidecar.container('proxy', { image: ecs.ContainerImage.fromAsset(join(__dirname, '../../examples/blue-green-codedeploy/app')) }), undefined],
    ['a name that is known at deployment', () => named(Lazy.string({ produce: () => 'nginx' })), undefined],
  ])('an image of %s', (_, sidecar, refused) => {
    const place = (egress: Egress) => () => {
      const stack = new Stack(new App(), 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
      return new FargateEnvironment(stack, 'Place', { network: Network.create({ egress }), container: { sidecars: [sidecar(stack)] } });
    };
    expect(place(Egress.publicIp())).not.toThrow();
    if (refused === undefined) expect(place(Egress.vpcEndpoints())).not.toThrow();
    else expect(place(Egress.vpcEndpoints())).toThrow(`container.sidecars[0].image: got '${refused}, beside Egress.vpcEndpoints'; allowed images of a private repository in ECR, in the region of the stack; copy`);
  });

  test('a check under CodeDeploy also tells how it ended', () => {
    const withCheck = created(Egress.vpcEndpoints(), () => ({ deployStrategy: DeployStrategy.codeDeploy({ testListener: {}, hooks: [DeployHook.httpCheck()] }) }));
    expect(endpoints(withCheck)).toEqual(expect.arrayContaining(['Interface codedeploy', 'Interface ec2']));
  });
});

describe('public addresses', () => {
  test('tasks in public subnets, no NAT and no endpoints', () => {
    const template = created(Egress.publicIp());
    expect([taskSubnets(template), publicIp(template), endpoints(template)]).toEqual([['PublicSubnet1', 'PublicSubnet2'], 'ENABLED', []]);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    expect(resources(template, 'AWS::EC2::Subnet').every(([, { Properties }]) => Properties.MapPublicIpOnLaunch !== true)).toBe(true);
  });

  test('a check has no public address: it lies in private subnets and has an endpoint', () => {
    const template = created(Egress.publicIp(), () => ({ deployStrategy: check }));
    expect(endpoints(template)).toEqual(['Interface ec2']);
    const [{ VpcConfig }] = resources(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties).filter((each) => each.VpcConfig);
    expect(VpcConfig.SubnetIds.map(({ Ref }: any) => /(Public|Private)Subnet\d/.exec(Ref)![0])).toEqual(['PrivateSubnet1', 'PrivateSubnet2']);
  });
});

test('NAT gateways: the service waits for the routes to them', () => {
  const template = Template.fromStack(make(() => ({ network: Network.create({ egress: Egress.natGateways(2) }) })).stack);
  template.resourceCountIs('AWS::EC2::NatGateway', 2);
  expect(resources(template, 'AWS::ECS::Service')[0][1].DependsOn).toEqual(expect.arrayContaining([
    expect.stringMatching(/^PlaceNetworkPrivateSubnet1DefaultRoute/), expect.stringMatching(/^PlaceNetworkPrivateSubnet2DefaultRoute/),
  ]));
});

describe('a VPC that exists', () => {
  const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const imported = (scope: Construct) => ec2.Vpc.fromVpcAttributes(scope, 'Theirs', {
    vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-11111112'], isolatedSubnetIds: ['subnet-11111113', 'subnet-11111114'],
  });
  const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('isolated subnets')).map(({ entry }) => entry.data);

  test('tasks in its public subnets have public addresses', () => {
    const { stack, template } = make((scope) => ({ network: Network.fromVpc(imported(scope), { taskSubnets: { subnetType: ec2.SubnetType.PUBLIC } }) }));
    expect(publicIp(template)).toBe('ENABLED');
    expect(warnings(stack)).toEqual([]);
  });

  test('tasks in isolated subnets: a warning names the endpoints that nobody has seen', () => {
    const { stack, template } = make((scope) => ({ network: Network.fromVpc(imported(scope), { taskSubnets: isolated }) }));
    expect(publicIp(template)).toBe('DISABLED');
    expect(warnings(stack)).toEqual([expect.stringContaining('none is seen here: ecr.api, ecr.dkr, logs, s3; add them to the VPC, or acknowledge this if they exist')]);
  });

  test('none where `Vpc.fromLookup` has not looked yet: what stands in for the VPC says that its private subnets are isolated, too', () => {
    const stack = new Stack(new App(), 'Lookup', { env: { account: '111111111111', region: 'eu-west-1' } });
    const vpc = ec2.Vpc.fromLookup(stack, 'Theirs', { vpcId: 'vpc-11111111' });
    new ec2.CfnEIP(stack, 'Something');
    watchIsolatedSubnets(stack, { vpc, taskSubnets: {}, own: false }, ['logs'], []);
    expect(warnings(stack)).toEqual([]);
  });

  test('and the images that no endpoint reaches', () => {
    const { stack } = make((scope) => ({
      network: Network.fromVpc(imported(scope), { taskSubnets: isolated }),
      container: { sidecars: [Sidecar.adotCollector({ config: 'receivers: {}' }), Sidecar.container('proxy', { image: ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(scope, 'Images', 'images')) })] },
    }));
    expect(warnings(stack)).toContainEqual(expect.stringMatching(/isolated subnets pull public\.ecr\.aws\/aws-observability\/aws-otel-collector:v[\d.]+, and endpoints reach private repositories of ECR in their region only/));
  });

  test('so do sessions in an existing cluster, as its key wants', () => {
    const clusterOf = (scope: Construct) => Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(scope, 'Cluster', { clusterName: 'theirs', vpc: imported(scope) }));
    const missing = (key: boolean) => warnings(make((scope) => ({
      network: Network.fromVpc(imported(new Construct(scope, 'Apart')), { taskSubnets: isolated }), cluster: clusterOf(scope),
      executeCommand: ExecuteCommand.ofCluster(key ? { key: kms.Key.fromKeyArn(scope, 'Sessions', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111') } : {}),
    })).stack);
    expect(missing(false)).toEqual([expect.stringContaining('none is seen here: ecr.api, ecr.dkr, logs, ssmmessages, s3;')]);
    expect(missing(true)).toEqual([expect.stringContaining('none is seen here: ecr.api, ecr.dkr, logs, ssmmessages, kms, s3;')]);
  });

  test('one isolated subnet among others is enough', () => {
    const { stack } = make((scope) => {
      const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Mixed', {
        vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], publicSubnetIds: ['subnet-11111111'], privateSubnetIds: ['subnet-11111112'], isolatedSubnetIds: ['subnet-11111113'],
      });
      return { network: Network.fromVpc(vpc, { taskSubnets: { subnets: [...vpc.privateSubnets, ...vpc.isolatedSubnets] } }), loadBalancer: LoadBalancer.internal() };
    });
    expect(warnings(stack)).toHaveLength(1);
  });

  describe('made in this app', () => {
    const SERVICES = ['ecr.api', 'ecr.dkr', 'logs'];
    const own = (change: (vpc: ec2.Vpc, scope: Construct) => void, network: (vpc: ec2.Vpc) => Network = (vpc) => Network.fromVpc(vpc, { taskSubnets: isolated })) => () => {
      const stack = new Stack(new App(), 'Shop');
      const vpc = new ec2.Vpc(stack, 'Own', { natGateways: 0 });
      new FargateEnvironment(stack, 'Place', { network: network(vpc), loadBalancer: LoadBalancer.internal() });
      change(vpc, stack);
      Template.fromStack(stack);
      return warnings(stack);
    };
    const add = (vpc: ec2.Vpc, names: string[]) => names.forEach((name) => vpc.addInterfaceEndpoint(name, { service: new ec2.InterfaceVpcEndpointAwsService(name) }));
    const addS3 = (vpc: ec2.Vpc) => vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });

    test('an error names the endpoints that it has not', () => {
      expect(own((vpc) => add(vpc, ['ecr.api', 'logs']))).toThrow('[Shop/Place] network.taskSubnets: got isolated subnets without VPC endpoints for ecr.dkr, s3; '
        + 'allowed isolated subnets with all endpoints that the place needs; add them to the VPC (where the library made it, by Egress.vpcEndpoints({ interfaceEndpoints })), or select subnets with a way out');
    });

    test('endpoints count that are added after the place, and beside the VPC', () => {
      expect(own((vpc, scope) => {
        addS3(vpc);
        SERVICES.forEach((name) => new ec2.InterfaceVpcEndpoint(scope, name, { vpc, service: new ec2.InterfaceVpcEndpointAwsService(name) }));
      })()).toEqual([]);
    });

    test('endpoints of another VPC do not count', () => {
      expect(own((vpc, scope) => {
        add(vpc, SERVICES);
        addS3(new ec2.Vpc(scope, 'Another', { natGateways: 0 }));
      })).toThrow('without VPC endpoints for s3;');
    });

    test('routes of somebody\'s own lead out, where all subnets have them', () => {
      const route = (subnets: ec2.ISubnet[], scope: Construct) => subnets.forEach(({ routeTable: { routeTableId } }, index) =>
        new ec2.CfnRoute(scope, `Out${index}`, { routeTableId, destinationCidrBlock: '0.0.0.0/0', transitGatewayId: 'tgw-11111111111111111' }));
      expect(own((vpc, scope) => route(vpc.isolatedSubnets, scope))()).toEqual([]);
      expect(own((vpc, scope) => route(vpc.isolatedSubnets.slice(1), scope))).toThrow('without VPC endpoints for ecr.api, ecr.dkr, logs, s3;');
    });
  });

  test.each<[string, object, string]>([
    ['the default', {}, "network.taskSubnets: got 'There are no 'Private' subnet groups in this VPC."],
    ['no subnet', { taskSubnets: { subnets: [] } }, "network.taskSubnets: got 'a selection of no subnet'; allowed at least one subnet; name subnets that the VPC has: Network.fromVpc(vpc, { taskSubnets: {"],
    ['for the load balancer', { taskSubnets: isolated, loadBalancerSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } }, "network.loadBalancerSubnets: got 'There are no 'Private'"],
  ])('subnets that it does not have: %s', (_, options, line) => {
    expect(() => make((scope) => ({ network: Network.fromVpc(imported(scope), options) }))).toThrow(line);
  });

  test('the same where a cluster brings the VPC', () => {
    const place = (scope: Construct) => ({ cluster: Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(scope, 'Cluster', { clusterName: 'theirs', vpc: imported(scope) })) });
    expect(() => make(place)).toThrow("cluster.taskSubnets: got 'There are no 'Private' subnet groups in this VPC.");
    expect(() => make((scope) => ({ ...place(scope), network: Network.fromVpc(imported(new Construct(scope, 'Again')), { taskSubnets: isolated }) }), synthesized)).not.toThrow();
  });
});
