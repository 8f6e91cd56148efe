import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Registry } from '../docker';
import { awsProgram, type Call, FakePrograms, type Program, withoutBuildx } from './fake-program';

describe('programs on the PATH', () => {
  let programs: FakePrograms;
  afterEach(async () => programs.stop());

  const sh = async (script: string) => promisify(execFile)('/bin/sh', ['-c', script], { env: { PATH: programs.path, GIVEN: 'x' } })
    .catch(({ code, stdout, stderr }) => ({ code, stdout, stderr }));

  const start = async (answer: Program) => { programs = await FakePrograms.start({ greet: answer, other: () => ({}) }); };

  test('are answered by functions, which see how they were called', async () => {
    await start(async ({ args, directory, env }) => ({ stdout: `${args.length} ${directory} ${(await env()).GIVEN}` }));
    expect(await sh('cd /; greet a "b c"')).toMatchObject({ stdout: '2 / x' });
    expect(programs.commandLines('greet')).toEqual(['a b c']);
    expect(programs.log()).toBe('["greet","a","b c"]\n');
  });

  test('are noted in order, each under its name', async () => {
    await start(() => ({}));
    await sh('greet 1; other 2; greet 3');
    expect(programs.calls.map(call => [call.program, ...call.args])).toEqual([['greet', '1'], ['other', '2'], ['greet', '3']]);
    expect(programs.commandLines('greet')).toEqual(['1', '3']);
  });

  test('end with the status and the words of the answer', async () => {
    await start(() => ({ exitCode: 3, stdout: ' out\\n\n', stderr: 'err\n%s' }));
    expect(await sh('greet')).toEqual({ code: 3, stdout: ' out\\n\n', stderr: 'err\n%s' });
  });

  test('end with an error when their function does', async () => {
    await start(() => { throw new Error('no'); });
    expect(await sh('greet')).toEqual({ code: 70, stdout: '', stderr: 'fake greet: Error: no\n' });
  });

  test('read their input when they are asked to, and only then', async () => {
    await start(async ({ args, stdin }: Call) => args.includes('--password-stdin') ? { stdout: (await stdin()).toUpperCase() } : {});
    expect(await sh('printf "one\ntwo" | greet --password-stdin')).toMatchObject({ stdout: 'ONE\nTWO' });
    expect(await sh('printf "one\ntwo\n" | while read -r line; do greet; printf "$line "; done')).toMatchObject({ stdout: 'one two ' });
  });

  test('say so when the test cannot hear them', async () => {
    programs = await FakePrograms.start({ greet: () => ({}) }, { patience: 200 });
    expect(spawnSync('greet', { env: { PATH: programs.path }, encoding: 'utf8' }).stderr).toContain('is it within a synchronous call?');
  });
});

describe('aws', () => {
  const server = createServer(({ url, headers }, response) => {
    const known = headers.authorization === `Basic ${Buffer.from('AWS:secret').toString('base64')}` && url === '/v2/app/manifests/one';
    response.writeHead(known ? 200 : 404, { 'docker-content-digest': 'sha256:1' }).end();
  });
  let aws: (line: string) => ReturnType<Program>;
  beforeAll(done => void server.listen(0, '127.0.0.1', done));
  beforeAll(() => {
    const registry: Registry = {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { username: 'AWS', password: 'secret' },
      stop: async () => { /* nothing */ },
    };
    const program = awsProgram({ registry });
    aws = line => program({ program: 'aws', args: line.split(' '), directory: '/', env: async () => ({}), stdin: async () => '' });
  });
  afterAll(done => void server.close(done));

  test('gives the password of the registry and the account', async () => {
    expect(await aws('ecr get-login-password --region us-east-1')).toEqual({ stdout: 'secret\n' });
    expect(await aws('sts get-caller-identity --query Account --output text')).toEqual({ stdout: '111111111111\n' });
  });

  test('describes what the registry holds', async () => {
    const describeImages = 'ecr describe-images --repository-name app --image-ids imageTag=one';
    expect(JSON.parse((await aws(describeImages)).stdout!)).toEqual({ imageDetails: [{ repositoryName: 'app', imageDigest: 'sha256:1' }] });
    expect(await aws(`${describeImages} --query imageDetails[0].imageDigest --output text`)).toEqual({ stdout: 'sha256:1\n' });
    expect(await aws(`${describeImages} --query imageDetails[1].imageDigest --output text`)).toEqual({ stdout: 'None\n' });
  });

  test('fails for what the registry does not hold', async () => {
    expect(await aws('ecr describe-images --repository-name app --image-ids imageTag=two')).toMatchObject({
      exitCode: 254, stderr: expect.stringContaining('ImageNotFoundException'),
    });
  });

  test('fails by name for what it cannot do', async () => {
    expect(await aws('s3 ls')).toMatchObject({ exitCode: 252, stderr: 'fake aws: no answer to: s3 ls\n' });
  });
});

describe('docker without buildx', () => {
  test.each([
    ['push a', ['push a'], []],
    ['build -t a .', ['build -t a .'], []],
    ['buildx build -t a .', ['build -t a .'], []],
    ['buildx create --use --name b', [], ['buildx create --use --name b']],
    ['build --builder b --cache-to type=registry,ref=c --provenance=false --load -t a .', ['build -t a .'],
      ['--builder b', '--cache-to type=registry,ref=c', '--provenance=false', '--load']],
    ['build --cache-from type=registry,ref=c --cache-from=type=gha --cache-from a:cache --cache-from=b:cache .',
      ['build --cache-from a:cache --cache-from=b:cache .'], ['--cache-from type=registry,ref=c', '--cache-from=type=gha']],
    ['buildx build --push -t a --tag=b .', ['build -t a --tag=b .', 'push a', 'push b'], []],
    ['run --load a', ['run --load a'], []],
  ])('%s', (line, commands, notRun) => {
    expect(withoutBuildx(line.split(' '))).toEqual({ commands: commands.map(command => command.split(' ')), notRun });
  });

  test('refuses what it could only pretend', () => {
    expect(() => withoutBuildx(['buildx', 'imagetools', 'inspect', 'a'])).toThrow('docker buildx imagetools inspect a cannot be run without buildx');
  });
});
