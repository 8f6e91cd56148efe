import { DescribeImageScanFindingsCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CLIENT_SETTINGS } from '../clients';
import { parseRepositoryArn } from '../image/repository';
import type { ReleaseEnvironment } from '../release-request';

/** What ECR knows about an image. */
export interface ImageFacts {
  readonly imageTags?: string[];
  /** COMPLETE, ACTIVE, UNSUPPORTED_IMAGE ...; `NONE` when there was no scan, `UNKNOWN` when ECR did not say. */
  readonly scanStatus: string;
  /** Findings by severity; empty: none. */
  readonly scanFindings?: Record<string, number>;
}

/**
 * Tags and scan findings of the built image, basic or enhanced. A record without them is still one: what ECR does not tell is said, not thrown.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
export async function describeImage(imageDigest: string): Promise<ImageFacts> {
  const { region, registryId, repositoryName } = parseRepositoryArn((process.env as unknown as ReleaseEnvironment).ECR_REPOSITORY);
  const client = new ECRClient({ ...CLIENT_SETTINGS, region });
  const [image, scan] = await Promise.allSettled([
    client.send(new DescribeImagesCommand({ registryId, repositoryName, imageIds: [{ imageDigest }] })),
    client.send(new DescribeImageScanFindingsCommand({ registryId, repositoryName, imageId: { imageDigest }, maxResults: 1 })),
  ]);
  const imageTags = image.status === 'fulfilled' ? image.value.imageDetails![0].imageTags : undefined;
  if (scan.status === 'rejected') return { imageTags, scanStatus: (scan.reason as Error).name === 'ScanNotFoundException' ? 'NONE' : `UNKNOWN: ${scan.reason as Error}` };
  const { imageScanFindings, imageScanStatus } = scan.value;
  return { imageTags, scanStatus: imageScanStatus!.status!, scanFindings: imageScanFindings?.findingSeverityCounts };
}
