import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** What a hook of ours needs of the place. @internal */
export interface HookParts {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly loadBalancer: { readonly connections: ec2.Connections; readonly fullName: string };
  /** How the test listener is reached; `named` when the certificate has that name. */
  readonly testUrl: { readonly protocol: string; readonly host: string; readonly port: number; readonly named: boolean };
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly owner: Construct;
}
