import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { uploadedReport, uploadUrl } from '../../src/deploy/one-off/result/upload';
import { motoDescribe, startMoto, stopMoto } from '../support/moto';

/** What the AWS SDK for Python makes of the same request, at the same second and with the same credentials. */
const SIGN = `
import datetime, sys
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
url, date, *credentials = sys.argv[1:]
now = datetime.datetime.strptime(date, '%Y%m%dT%H%M%SZ')
botocore.auth.get_current_datetime = lambda *args, **kwargs: now
request = AWSRequest(method='PUT', url=url)
botocore.auth.S3SigV4QueryAuth(Credentials(*credentials), 's3', 'us-east-1', expires=3600).add_auth(request)
print(request.url)
`;

motoDescribe('a report that is uploaded', () => {
  const uploads = { bucket: 'artifacts', prefix: 'junit/Before-Deploy/a@b/', region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:role/signer' };
  const run = { progress: { job: '11111111-2222-3333-4444-555555555555', startedAt: 0 }, time: { now: Date.now, sleep, left: () => 60_000 } };
  let server: ChildProcess;
  let directory: string;

  beforeAll(async () => {
    server = await startMoto();
    directory = mkdtempSync(join(tmpdir(), 'report-'));
    await new S3Client({}).send(new CreateBucketCommand({ Bucket: 'artifacts' }));
  }, 60_000);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await stopMoto(server);
  });

  test('curl brings it there, and it is found', async () => {
    expect(await uploadedReport(run, uploads)).toBe('nothing was uploaded to the address in JUNIT_UPLOAD_URL');
    writeFileSync(join(directory, 'results.xml'), '<testsuite><testcase name="a"/></testsuite>');
    const { host } = new URL(process.env.AWS_ENDPOINT_URL!);
    const url = (await uploadUrl(run, uploads)).replace(/^https:/, 'http:');
    const { status, stderr } = spawnSync('curl', ['--fail', '--silent', '--show-error', '--connect-to', `::${host}`, '--upload-file', join(directory, 'results.xml'), url], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(await uploadedReport(run, uploads)).toMatchObject({ cases: 1, failed: [] });
  });

  test('the signature is the one that another SDK makes', async () => {
    const [id, secret, token] = ['ASIA', 'secret', 'token+/='];
    const assume = jest.spyOn(STSClient.prototype, 'send').mockImplementation(async () => ({ Credentials: { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token } }));
    const { origin, pathname, searchParams } = new URL(await uploadUrl(run, uploads));
    assume.mockRestore();
    const unsigned = `${origin}${pathname}?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD`;
    const { stdout, stderr } = spawnSync('python3', ['-c', SIGN, unsigned, searchParams.get('X-Amz-Date')!, id, secret, token], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(new URL(stdout.trim()).searchParams.get('X-Amz-Signature')).toBe(searchParams.get('X-Amz-Signature'));
  });
});
