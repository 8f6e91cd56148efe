import { Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { areApart } from '../private/problems';

/** `<account>.dkr.ecr.<region>.<suffix>/`, also with FIPS and with IPv6. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html */
const IN_ECR = /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z.]+\//;

/** What is known of an image by its name; the types of aws-cdk-lib keep it to themselves. @internal */
export const nameOfImage = (image: ecs.ContainerImage | undefined): string | undefined => (image as { imageName?: string } | undefined)?.imageName;

/**
 * Whether an image certainly lies outside of the private repositories of ECR in a region, which are all that the endpoints of a VPC reach.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
 * @internal
 */
export function isOutsideEcr(imageName: string | undefined, region: string): boolean {
  if (typeof imageName !== 'string' || Token.isUnresolved(imageName)) return false;
  const [, itsRegion] = IN_ECR.exec(imageName) ?? [];
  return itsRegion === undefined || areApart(region, itsRegion);
}
