import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseReport, type Report } from './report';
import { CLIENT_SETTINGS } from '../../release/clients';
import type { OneOff } from '../run/one-off';
import type { ReportUploads } from '../run/settings';

/** Variable of the container that decides. */
export const UPLOAD_VARIABLE = 'JUNIT_UPLOAD_URL';

/** Credentials of a role that a role has assumed live no longer than an hour, and with them what they have signed. */
const LIFETIME_SECONDS = 3_600;
const LONGEST_REPORT = 10 * 1024 * 1024;

type Uploading = Pick<OneOff, 'progress' | 'time'>;

const keyOf = ({ prefix }: ReportUploads, { progress }: Pick<Uploading, 'progress'>): string => `${prefix}${progress.job}.xml`;

/** An address that takes the report of this job by one HTTP PUT, and nothing else. */
export async function uploadUrl(run: Uploading, uploads: ReportUploads): Promise<string> {
  const { bucket, region, roleArn } = uploads;
  const { Credentials: signing } = await new STSClient(CLIENT_SETTINGS).send(new AssumeRoleCommand({
    RoleArn: roleArn, RoleSessionName: `report-${run.progress.job}`.slice(0, 64), DurationSeconds: LIFETIME_SECONDS,
  }));
  const { endpointProvider, sha256 } = new S3Client({ ...CLIENT_SETTINGS, region }).config;
  const { url: { host, origin } } = endpointProvider({ Bucket: bucket, Region: region });
  const signer = new SignatureV4({
    credentials: { accessKeyId: signing!.AccessKeyId!, secretAccessKey: signing!.SecretAccessKey!, sessionToken: signing!.SessionToken! },
    region, service: 's3', sha256, uriEscapePath: false,
  });
  const path = `/${keyOf(uploads, run).split('/').map(encodeURIComponent).join('/')}`;
  const { query } = await signer.presign(
    // What will be uploaded is not known yet.
    { method: 'PUT', protocol: 'https:', hostname: host, path, headers: { 'host': host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    { expiresIn: LIFETIME_SECONDS, signingDate: new Date(run.time.now()) },
  );
  return `${origin}${path}?${new URLSearchParams(query as Record<string, string>).toString()}`;
}

/** The report that was uploaded; a text says why there is none. That never hides what the task did. */
export async function uploadedReport(run: Uploading, uploads: ReportUploads): Promise<Report | string> {
  const [Bucket, Key] = [uploads.bucket, keyOf(uploads, run)];
  const s3 = new S3Client({ ...CLIENT_SETTINGS, region: uploads.region });
  try {
    const { Contents: [found] = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    if (!found) return `nothing was uploaded to the address in ${UPLOAD_VARIABLE}`;
    if (found.Size! > LONGEST_REPORT) return `it has ${found.Size} bytes, and at most ${LONGEST_REPORT} are read`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return parseReport(await Body!.transformToString());
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}, ${message}`;
  }
}
