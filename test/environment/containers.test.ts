import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Cluster, DeployStrategy, Encryption, FargateEnvironment, FargateEnvironmentProps, Sidecar, Volume } from '../../src';
import { bare } from '../support/bare-place';
import { all, flat, idOf, only, rightsOf } from '../support/template';

const image = ecs.ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29.1');

function unsynthesized(props: FargateEnvironmentProps) {
  const stack = new Stack(new App(), 'Shop');
  return { stack, place: new FargateEnvironment(stack, 'Place', { ...bare(stack), ...props }) };
}

function make(props: (stack: Stack) => FargateEnvironmentProps) {
  const stack = new Stack(new App(), 'Shop');
  const place = new FargateEnvironment(stack, 'Place', { ...bare(stack), ...props(stack) });
  const template = Template.fromStack(stack);
  const definition = only(template, 'AWS::ECS::TaskDefinition');
  const containers = Object.fromEntries(definition.ContainerDefinitions.map((container: any) => [container.Name, container]));
  const taskRights = () => rightsOf(template, idOf(template, 'AWS::IAM::Role', { Description: 'What the application may do (Shop/Place)' }));
  return { stack, place, template, definition, containers, taskRights };
}

const fileSystem = (stack: Stack) => efs.FileSystem.fromFileSystemAttributes(stack, 'Files', {
  fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'FilesGroup', 'sg-11111111'),
});

describe('sidecars', () => {
  test('share CPU and memory with the application, which stands first', () => {
    const { definition, containers } = make(() => ({
      container: { sidecars: [Sidecar.container('proxy', { image, cpu: 64, memoryLimitMiB: 200, awaited: ecs.ContainerDependencyCondition.START }), Sidecar.container('once', { image, essential: false })] },
    }));
    expect(definition.ContainerDefinitions.map(({ Name, Cpu, Memory, Essential }: any) => [Name, Cpu, Memory, Essential])).toEqual([
      ['app', 512 - 64 - 32, 1024 - 200 - 128, true], ['proxy', 64, 200, true], ['once', 32, 128, false],
    ]);
    expect(containers.app.DependsOn).toEqual([{ ContainerName: 'proxy', Condition: 'START' }]);
    expect(containers.proxy.LogConfiguration).toEqual(containers.app.LogConfiguration);
  });

  test('without one the application has the whole task and no share', () => {
    const { containers: { app } } = make(() => ({}));
    expect(app).toMatchObject({ Memory: 1024 });
    ['Cpu', 'DependsOn', 'LinuxParameters', 'MountPoints', 'Ulimits'].forEach((property) => expect(app).not.toHaveProperty(property));
  });

  test('everything a container can be told', () => {
    const { containers } = make(() => ({
      container: {
        sidecars: [Sidecar.container('proxy', {
          image, environment: { A: 'b' }, command: ['run'], entryPoint: ['sh'], user: '1000', readonlyRootFilesystem: true, commandHealthCheck: { command: ['CMD', 'true'] },
          awaited: ecs.ContainerDependencyCondition.HEALTHY, volumes: [Volume.memory('/tmp')],
        })],
      },
    }));
    expect(containers.proxy).toMatchObject({
      Image: 'public.ecr.aws/nginx/nginx:1.29.1', Environment: [{ Name: 'A', Value: 'b' }], Command: ['run'], EntryPoint: ['sh'], User: '1000', ReadonlyRootFilesystem: true,
      HealthCheck: { Command: ['CMD', 'true'] }, LinuxParameters: { Tmpfs: [{ ContainerPath: '/tmp', Size: 64 }] },
    });
    expect(containers.app.DependsOn).toEqual([{ ContainerName: 'proxy', Condition: 'HEALTHY' }]);
  });

  test('FireLens takes the logs of the application alone, by default to the log group of the place', () => {
    const { containers, taskRights } = make(() => ({ container: { sidecars: [Sidecar.fireLens(), Sidecar.container('proxy', { image })] } }));
    expect(containers.app.LogConfiguration).toMatchObject({ LogDriver: 'awsfirelens', Options: { Name: 'cloudwatch_logs', log_stream_prefix: 'fire-lens/', log_group_name: { Ref: expect.any(String) } } });
    expect(containers['log-router']).toMatchObject({
      Image: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:3.2.1', FirelensConfiguration: { Type: 'fluentbit', Options: { 'enable-ecs-log-metadata': 'true' } },
      LogConfiguration: { LogDriver: 'awslogs' },
    });
    expect(containers.proxy.LogConfiguration.LogDriver).toBe('awslogs');
    expect(taskRights()).toContainEqual(expect.stringMatching(/^logs:PutLogEvents on <PlaceLogs/));
  });

  test('FireLens with an output, a configuration file and an image of yours', () => {
    const { containers, template } = make(() => ({
      container: { sidecars: [Sidecar.fireLens({ output: { Name: 'firehose', delivery_stream: 'logs' }, configFile: '/extra.conf', image, essential: false })] },
    }));
    expect(containers.app.LogConfiguration).toEqual({ LogDriver: 'awsfirelens', Options: { Name: 'firehose', delivery_stream: 'logs' } });
    expect(containers['log-router']).toMatchObject({
      Essential: false, Image: 'public.ecr.aws/nginx/nginx:1.29.1', FirelensConfiguration: { Options: { 'config-file-type': 'file', 'config-file-value': '/extra.conf' } },
    });
    expect(all(template, 'AWS::IAM::ManagedPolicy').filter(([id]) => id.startsWith('PlaceTaskRole'))).toEqual([]);
  });

  test('the ADOT collector brings traces to X-Ray and metrics through the log group of the place', () => {
    const { containers, taskRights } = make(() => ({ container: { sidecars: [Sidecar.adotCollector({ metricNamespace: 'Shop' })] } }));
    expect(containers['otel-collector']).toMatchObject({ Image: 'public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0', ReadonlyRootFilesystem: true });
    const [{ Name, Value }] = containers['otel-collector'].Environment;
    expect(Name).toBe('AOT_CONFIG_CONTENT');
    expect(flat(Value)).toMatch(/"awsemf":\{"region":"<AWS::Region>","namespace":"Shop","log_group_name":"<PlaceLogs/);
    expect(taskRights()).toEqual(expect.arrayContaining(['xray:PutTraceSegments on *', expect.stringMatching(/^logs:PutLogEvents on <PlaceLogs/)]));
  });

  test('the ADOT collector with a configuration and an image of yours has no rights', () => {
    const { containers, template } = make(() => ({ container: { sidecars: [Sidecar.adotCollector({ config: 'receivers: {}', image })] } }));
    expect(containers['otel-collector']).toMatchObject({ Image: 'public.ecr.aws/nginx/nginx:1.29.1', Environment: [{ Value: 'receivers: {}' }] });
    expect(all(template, 'AWS::IAM::ManagedPolicy').filter(([id]) => id.startsWith('PlaceTaskRole'))).toEqual([]);
  });
});

describe('what is let wait on the definition itself', () => {
  const { HEALTHY, START, COMPLETE } = ecs.ContainerDependencyCondition;
  const errorsOf = (condition: ecs.ContainerDependencyCondition, container: FargateEnvironmentProps['container'] = {}) => {
    const { place, stack } = unsynthesized({ container: { ...container, sidecars: [Sidecar.container('proxy', { image })] } });
    const definition = place.service.taskDefinition;
    definition.findContainer('proxy')!.addContainerDependencies({ container: definition.findContainer('app')!, condition });
    return () => Template.fromStack(stack);
  };

  test('the health of an application without a check is an error', () => {
    expect(errorsOf(HEALTHY)).toThrow('containers: got proxy, which waits until app is HEALTHY; allowed with a health check of app; add commandHealthCheck, or wait for START');
  });

  test('so is the end of an essential one', () => {
    expect(errorsOf(COMPLETE)).toThrow('containers: got proxy, which waits until app is COMPLETE; allowed with one that may end; make app essential: false, or wait for START');
  });

  test.each<[string, () => void]>([['its start', errorsOf(START)], ['the health of one with a check', errorsOf(HEALTHY, { commandHealthCheck: { command: ['CMD', 'true'] } })]])('%s is none', (_, synthesize) => {
    expect(synthesize).not.toThrow();
  });
});

describe('volumes', () => {
  test('a volume in memory whose size is known at deployment', () => {
    const { containers } = make(() => ({ container: { volumes: [Volume.memory('/tmp', { sizeMiB: Lazy.number({ produce: () => 128 }) })] } }));
    expect(containers.app.LinuxParameters.Tmpfs).toEqual([expect.objectContaining({ ContainerPath: '/tmp', Size: 128 })]);
  });

  test('a read-only root with a writable /tmp in memory, and a path for programs', () => {
    const { containers: { app } } = make(() => ({
      container: { readonlyRootFilesystem: true, volumes: [Volume.memory('/tmp', { sizeMiB: 128 }), Volume.memory('/native', { executable: true })] },
    }));
    expect(app.ReadonlyRootFilesystem).toBe(true);
    expect(app.LinuxParameters.Tmpfs).toEqual([
      { ContainerPath: '/tmp', Size: 128, MountOptions: ['nosuid', 'nodev', 'noexec'] }, { ContainerPath: '/native', Size: 64, MountOptions: ['nosuid', 'nodev', 'exec'] },
    ]);
  });

  test('a directory on disk, shared by those that are given the same volume', () => {
    const sockets = Volume.disk('/var/run/agent');
    const { definition, containers } = make(() => ({ container: { volumes: [sockets, Volume.disk('/cache')], sidecars: [Sidecar.container('agent', { image, volumes: [sockets] })] } }));
    expect(definition.Volumes).toEqual([{ Name: 'app-var-run-agent' }, { Name: 'app-cache' }]);
    const mount = { ContainerPath: '/var/run/agent', ReadOnly: false, SourceVolume: 'app-var-run-agent' };
    expect(containers.app.MountPoints[0]).toEqual(mount);
    expect(containers.agent.MountPoints).toEqual([mount]);
  });

  test('EFS: an access point of its own, encrypted on the way, with rights on it and a way to it', () => {
    const { template, definition, taskRights } = make((stack) => ({ container: { volumes: [Volume.efs(fileSystem(stack), '/uploads', { directory: '/shop/uploads', uid: 33, gid: 34 })] } }));
    expect(only(template, 'AWS::EFS::AccessPoint')).toMatchObject({
      FileSystemId: 'fs-11111111', PosixUser: { Uid: '33', Gid: '34' }, RootDirectory: { Path: '/shop/uploads', CreationInfo: { OwnerUid: '33', OwnerGid: '34', Permissions: '750' } },
    });
    expect(definition.Volumes).toEqual([{
      Name: 'app-uploads',
      EFSVolumeConfiguration: { FilesystemId: 'fs-11111111', TransitEncryption: 'ENABLED', AuthorizationConfig: { AccessPointId: { Ref: expect.any(String) }, IAM: 'ENABLED' } },
    }]);
    expect(taskRights().map((right) => right.split(' ')[0])).toEqual(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']);
    expect(taskRights()[0]).toMatch(/file-system\/fs-11111111 if .*elasticfilesystem:AccessPointArn/);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-11111111', FromPort: 2049, ToPort: 2049 });
  });

  test('EFS through an access point that exists, only to read', () => {
    const { template, definition, taskRights } = make((stack) => {
      const accessPoint = efs.AccessPoint.fromAccessPointAttributes(stack, 'Point', { accessPointId: 'fsap-11111111', fileSystem: fileSystem(stack) });
      return { container: { volumes: [Volume.fromAccessPoint(accessPoint, '/uploads', { readOnly: true })] } };
    });
    template.resourceCountIs('AWS::EFS::AccessPoint', 0);
    expect(definition.ContainerDefinitions[0].MountPoints).toEqual([{ ContainerPath: '/uploads', ReadOnly: true, SourceVolume: 'app-uploads' }]);
    expect(taskRights().map((right) => right.split(' ')[0])).toEqual(['elasticfilesystem:ClientMount']);
  });

  test('EFS of another stack: the rule stands on our side', () => {
    const app = new App();
    const theirs = new Stack(app, 'Theirs');
    const files = new efs.FileSystem(theirs, 'Files', { vpc: new ec2.Vpc(theirs, 'Vpc') });
    const ours = new Stack(app, 'Shop');
    new FargateEnvironment(ours, 'Place', { container: { volumes: [Volume.efs(files, '/uploads')] } });
    Template.fromStack(ours).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, ToPort: 2049 });
    Template.fromStack(theirs).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    expect(only(Template.fromStack(ours), 'AWS::EFS::AccessPoint').RootDirectory.Path).toBe('/uploads');
  });
});

test('disk and limits of the operating system', () => {
  const { definition, containers: { app } } = make(() => ({
    container: { ephemeralStorageGiB: 50, ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 1000, hardLimit: 2000 }] }, deployStrategy: DeployStrategy.rolling(),
  }));
  expect(definition.EphemeralStorage).toEqual({ SizeInGiB: 50 });
  expect(app.Ulimits).toEqual([{ Name: 'nofile', SoftLimit: 1000, HardLimit: 2000 }]);
});

test('a key for the disks of tasks, which Fargate may use for clusters of this account', () => {
  const { template } = make((stack) => ({ cluster: Cluster.create({ storageKey: new kms.Key(stack, 'Disks') }), clusterName: 'shop', encryption: Encryption.awsManaged() }));
  expect(only(template, 'AWS::ECS::Cluster').Configuration).toEqual({ ManagedStorageConfiguration: { FargateEphemeralStorageKmsKeyId: { Ref: idOf(template, 'AWS::KMS::Key') } } });
  const statements = only(template, 'AWS::KMS::Key').KeyPolicy.Statement.filter(({ Principal }: any) => Principal.Service === 'fargate.amazonaws.com');
  const StringEquals = { 'kms:EncryptionContext:aws:ecs:clusterAccount': [{ Ref: 'AWS::AccountId' }], 'kms:EncryptionContext:aws:ecs:clusterName': ['shop'] };
  expect(statements.map(({ Action, Condition }: any) => [Action, Condition])).toEqual([
    ['kms:GenerateDataKeyWithoutPlaintext', { StringEquals }], ['kms:CreateGrant', { StringEquals, 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } }],
  ]);
});

test('without one Fargate takes a key of its own, also where everything else has a key', () => {
  expect(only(make(() => ({ encryption: Encryption.customerManaged() })).template, 'AWS::ECS::Cluster')).not.toHaveProperty('Configuration');
});
