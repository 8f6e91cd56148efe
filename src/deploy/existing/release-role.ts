import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  addressOf, CodeDeployAddress, codeDeployNames, inspectGroupAddress, inspectHome, inspectReleasable, inspectSites, isArn, listed, ReleasableService,
  ROLE_ARN, ServiceAddress, Site,
} from './existing-service';
import { explicitName } from '../../private/naming';
import { Inspection } from '../../private/problems';
import { openRoles } from '../../private/scoped-role';
import { CodeDeployArns, createReleaseRole, releaseRights, releaseRoleArn, ReleaseRoleParts, trusted } from '../release-role';
import { ReleaseTrust } from '../release-trust';

/** A deployment group that releases may use. */
export interface ReleaseRoleCodeDeploy extends CodeDeployAddress {
  /** Name of the deployment configuration of the group. @default 'CodeDeployDefault.ECSAllAtOnce' */
  readonly deploymentConfigName?: string;
}

/** What a release to a service that this library has not made needs, and nothing else. */
export interface ReleaseRoleRights extends ReleasableService {
  /** Family of the task definitions of the service; releases register revisions of no other. */
  readonly taskFamily: string;
  /** Roles that the task definition names, the task role and the execution role, by ARN; at least one. */
  readonly passableRoleArns: string[];
  /** Log group of the container, whose last lines tell why a release failed. @default - the log cannot be read, and a failed release says so */
  readonly logGroupName?: string;
  /** The deployment group, when CodeDeploy deploys to the service. @default - ECS does */
  readonly codeDeploy?: ReleaseRoleCodeDeploy;
  /** Whose pipelines may release. @default - pipelines of the account of the service */
  readonly releaseTrust?: ReleaseTrust;
}

/** Props of `ReleaseRole`. */
export interface ReleaseRoleProps extends ReleaseRoleRights {
  /** Name of the role, 1 to 64 of A-Z a-z 0-9 + = , . @ _ -. @default - made from the path of the construct */
  readonly roleName?: string;
}

/** The two documents of a release role, as JSON. */
export interface ReleaseRolePolicies {
  /** Who may take the role on: its trust policy. */
  readonly trustPolicy: string;
  /** What it may do: the content of a managed policy. */
  readonly permissions: string;
}

/**
 * The role that releases to a service which this library has not made take on, for `FargateEnvironment.fromAttributes`. It stands in a stack of the account of the service, or is
 * only printed for whoever makes roles there. Its rights are those of a `FargateEnvironment`.
 */
export class ReleaseRole extends Construct {
  /**
   * The documents of the role, for a ticket or a README. Account and region must be known: `cluster` or `service` is an ARN.
   */
  static policies(rights: ReleaseRoleRights): ReleaseRolePolicies {
    const look = inspectRights(rights);
    if (look.problems.length === 0) {
      look.that([rights.cluster, rights.service].some((text) => isArn(text) && !Token.isUnresolved(text)), 'cluster', rights.cluster, 'an ARN, since no stack tells account and region',
        'write the ARN of the cluster');
    }
    look.throwAs('ReleaseRole.policies');
    const site = addressOf(rights, { partition: '', account: '', region: '' });
    const trust = trusted(site.partition, trustOf(rights, site)).map(({ account, conditions }) => ({
      Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:${site.partition}:iam::${account}:root` }, Condition: conditions,
    }));
    const allowed = Object.values(releaseRights(site, partsOf(rights, site))).flat().map(({ actions, resources, conditions }) => ({
      Effect: 'Allow', Action: actions, Resource: resources, Condition: conditions,
    }));
    return { trustPolicy: documentOf(trust), permissions: documentOf(allowed) };
  }

  /** The role. */
  readonly role: iam.IRole;
  /** Its ARN, for `FargateEnvironment.fromAttributes`. Made of its name, so that no stack exports anything. */
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: ReleaseRoleProps) {
    super(scope, id);
    inspectProps(props).throwFor(this);
    const address = addressOf(props, Stack.of(this));
    const roleName = props.roleName ?? explicitName(this, 'release', 64, { perRegion: true });
    this.role = createReleaseRole(this, roleName, partsOf(props, address));
    this.roleArn = releaseRoleArn(this);
    new CfnOutput(this, 'ReleaseRoleArn', { value: this.roleArn, description: 'releaseRoleArn of FargateEnvironment.fromAttributes' });
    openRoles(this);
  }
}

const documentOf = (statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);

const trustOf = ({ releaseTrust }: ReleaseRoleRights, { account }: Site) => (releaseTrust ?? ReleaseTrust.account(account))._bind();

function partsOf(rights: ReleaseRoleRights, address: ServiceAddress): ReleaseRoleParts {
  const { alarmNames = [], codeDeploy, logGroupName, passableRoleArns, repositoryArn, taskFamily } = rights;
  const { account, partition, region } = address;
  return {
    ...address, alarmNames, passableRoleArns, repositoryArn, taskFamily,
    logGroupArn: logGroupName && `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}:*`,
    trust: trustOf(rights, address),
    codeDeploy: codeDeploy && codeDeployArns(codeDeploy, address),
  };
}

function codeDeployArns(codeDeploy: ReleaseRoleCodeDeploy, { account, partition, region }: Site): CodeDeployArns {
  const { applicationName, deploymentGroupName } = codeDeployNames(codeDeploy);
  const arn = (resource: string) => `arn:${partition}:codedeploy:${region}:${account}:${resource}`;
  return {
    applicationArn: arn(`application:${applicationName}`),
    deploymentGroupArn: arn(`deploymentgroup:${applicationName}/${deploymentGroupName}`),
    deploymentConfigArn: arn(`deploymentconfig:${codeDeploy.deploymentConfigName ?? 'CodeDeployDefault.ECSAllAtOnce'}`),
  };
}

function inspectProps(props: ReleaseRoleProps): Inspection {
  const look = inspectRights(props);
  if (look.problems.length > 0) return look;
  look.matches('roleName', props.roleName, /^[\w+=,.@-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 + = , . @ _ -', 'shorten it');
  inspectHome(look, [['cluster', props.cluster], ['service', props.service]], ['account']);
  return look;
}

function inspectRights(rights: ReleaseRoleRights): Inspection {
  const look = new Inspection();
  if (!look.struct('props', rights, 'cluster, service, taskFamily and passableRoleArns', 'write them in braces')) return look;
  const { cluster, codeDeploy, logGroupName, passableRoleArns, releaseTrust, repositoryArn, service, taskFamily } = rights;
  inspectReleasable(look, rights);
  look.matches('taskFamily', taskFamily ?? null, /^[A-Za-z0-9_-]{1,255}$/, '1 to 255 of A-Z a-z 0-9 _ -', 'take the family of the task definition, without its revision');
  look.notEmpty('passableRoleArns', passableRoleArns ?? [], 'name the task role and the execution role of the task definition');
  if (Array.isArray(passableRoleArns)) look.each('passableRoleArns', passableRoleArns, (path, arn) => look.matches(path, arn ?? null, ...ROLE_ARN));
  look.matches('logGroupName', logGroupName, /^[\w./#-]{1,512}$/, '1 to 512 of A-Z a-z 0-9 _ . / # -', 'write its name, not its ARN');
  look.choice('releaseTrust', releaseTrust, ReleaseTrust);
  if (codeDeploy !== undefined) {
    inspectGroupAddress(look, 'codeDeploy', codeDeploy);
    look.matches('codeDeploy.deploymentConfigName', codeDeploy?.deploymentConfigName, /^[\w+=,.@-]{1,100}$/, '1 to 100 of A-Z a-z 0-9 . _ + = , @ -', 'write its name, not its ARN');
  }
  inspectSites(look, [
    ['cluster', cluster], ['service', service], ['repositoryArn', repositoryArn], ['codeDeploy.application', codeDeploy?.application],
    ['codeDeploy.deploymentGroup', codeDeploy?.deploymentGroup], ...listed('passableRoleArns', passableRoleArns),
  ]);
  return look;
}
