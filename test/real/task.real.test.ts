import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { ContainerOptions, FargateEnvironment, Sidecar, Volume } from '../../src';
import { firstImage } from '../../src/deploy/first-image/image';
import { Registry } from '../../src/deploy/first-image/registry';
import { makeBaseImage } from '../support/base-image';
import { describeWithDocker, type Docker, type Registry as RealRegistry, startDocker, startRegistry } from '../support/docker';
import { inspect, reached, type RunningTask, runTask } from '../support/doubles/ecs-task';
import { only } from '../support/template';

const { HEALTHY, START, SUCCESS } = ecs.ContainerDependencyCondition;
/** An image of this machine's programs, in place of those that cannot be pulled here. */
const SIDECAR = 'sidecar:1';
const image = ecs.ContainerImage.fromRegistry(SIDECAR);
/** Answers as long as it runs, on the port that it is told. */
const serve = (port: number) => ['node', '-e', `require('http').createServer((_, response) => response.end('sidecar')).listen(${port})`];
const ask = (port: number) => `node -e "require('http').get('http://127.0.0.1:${port}', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"`;

describeWithDocker('the first task of a service, as its template describes it', () => {
  jest.setTimeout(120_000);

  let docker: Docker;
  let store: RealRegistry;
  const tasks: RunningTask[] = [];

  beforeAll(async () => {
    [docker, store] = await Promise.all([startDocker(), startRegistry()]);
    const folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${SIDECAR}\n`);
    await makeBaseImage(docker, join(folder, 'Dockerfile'));
    rmSync(folder, { recursive: true });
  });
  afterAll(async () => {
    const ids = tasks.flatMap((task) => Object.values(task.ids));
    if (ids.length > 0) await docker.run('rm', '--force', ...ids);
    await Promise.all([docker?.stop(), store?.stop()]);
  });

  /** Synthesizes a place, makes its first image as its custom resource would, and runs its task. */
  async function start(name: string, options: (stack: Stack) => ContainerOptions): Promise<RunningTask> {
    const stack = new Stack(new App(), 'Shop');
    new FargateEnvironment(stack, 'Place', { container: options(stack) });
    const template = Template.fromStack(stack);
    const { Ports, Status, Commands, Users } = only(template, 'Custom::FirstImage');
    const made = firstImage({ ports: Ports, status: Status, commands: Commands, users: Users });
    const registry = new Registry({ repositoryUri: `${store.address}/${name}`, token: '', scheme: 'http' });
    await Promise.all(made.blobs.map(async (blob) => registry.putBlob(blob)));
    await Promise.all(made.manifests.map(async (manifest) => registry.putManifest(manifest)));
    await registry.putManifest(made.index, 'released');
    const task = await runTask(docker, only(template, 'AWS::ECS::TaskDefinition'), (container) => container === 'app' ? `${store.address}/${name}:released` : SIDECAR);
    tasks.push(task);
    return task;
  }

  test('starts after the sidecars that it waits for, hardened and with every kind of volume, and is healthy', async () => {
    const [port, beside] = [await freePort(24_000), await freePort(25_000)];
    const work = Volume.disk('/work');
    const task = await start('whole', (stack) => ({
      port, user: '65534', command: ['node', 'main.js'], commandHealthCheck: { command: ['CMD', 'node', 'check.js'] }, readonlyRootFilesystem: true,
      ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 512, hardLimit: 1024 }],
      volumes: [Volume.memory('/tmp', { sizeMiB: 32 }), work, Volume.efs(efs.FileSystem.fromFileSystemAttributes(stack, 'Files', {
        fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-11111111'),
      }), '/uploads')],
      sidecars: [
        Sidecar.container('proxy', { image, command: serve(beside), commandHealthCheck: { command: ['CMD-SHELL', ask(beside)] }, awaited: HEALTHY }),
        Sidecar.container('setup', { image, command: ['sh', '-c', 'echo ready >/work/state'], essential: false, awaited: SUCCESS, volumes: [work] }),
      ],
    }));
    expect([task.order.at(-1), [...task.order].sort()]).toEqual(['app', ['app', 'proxy', 'setup']]);
    await reached(docker, task.ids.app, HEALTHY);
    expect(await (await fetch(`http://127.0.0.1:${port}/any`)).text()).toContain('The pipeline has not released to this service yet.');
    expect(await (await fetch(`http://127.0.0.1:${beside}`)).text()).toBe('sidecar');
    const mounts: any[] = JSON.parse(await inspect(docker, task.ids.app, 'json .Mounts'));
    expect(mounts.map(({ Destination }) => Destination).sort()).toEqual(['/uploads', '/work']);
    expect(await inspect(docker, task.ids.app, 'json .HostConfig.Tmpfs')).toBe('{"/tmp":"size=32m,nosuid,nodev,noexec"}');
    const [{ Name: shared }] = mounts.filter(({ Destination }) => Destination === '/work');
    expect(await docker.run('run', '--rm', '--network', 'host', '--volume', `${shared}:/work`, SIDECAR, 'sh', '-c', 'read state </work/state; echo $state')).toBe('ready');
    const before = Date.now();
    await docker.run('stop', task.ids.app);
    expect([Date.now() - before < 5_000, await inspect(docker, task.ids.app, '.State.ExitCode')]).toEqual([true, '0']);
  });

  test('reads of EFS only what it may not write', async () => {
    const port = await freePort(26_000);
    const task = await start('readonly', (stack) => ({
      port,
      volumes: [Volume.fromAccessPoint(efs.AccessPoint.fromAccessPointAttributes(stack, 'Point', {
        accessPointId: 'fsap-11111111', fileSystem: efs.FileSystem.fromFileSystemAttributes(stack, 'Files', {
          fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-11111111'),
        }),
      }), '/shared', { readOnly: true })],
      sidecars: [Sidecar.container('agent', { image, command: ['sh', '-c', 'exit 0'], essential: false, awaited: START })],
    }));
    expect(task.order).toEqual(['agent', 'app']);
    expect(JSON.parse(await inspect(docker, task.ids.app, 'json .Mounts'))).toMatchObject([{ Destination: '/shared', RW: false }]);
    expect((await until200(port)).status).toBe(200);
  });

  test('does not start when a sidecar that must succeed fails', async () => {
    await expect(start('failing', () => ({ sidecars: [Sidecar.container('setup', { image, command: ['sh', '-c', 'exit 3'], essential: false, awaited: SUCCESS })] }))).rejects.toThrow('it exited with code 3');
  });
});

async function until200(port: number): Promise<Response> {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(`http://127.0.0.1:${port}/`);
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((wake) => { setTimeout(wake, 50); });
    }
  }
}

/** The first free port from here on; containers use the network of the machine. */
async function freePort(from: number): Promise<number> {
  const isFree = await new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(from, () => server.close(() => resolve(true)));
  });
  return isFree ? from : freePort(from + 1);
}
