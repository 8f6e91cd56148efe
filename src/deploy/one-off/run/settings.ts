/** What the function is for, as JSON in its variable `SETTINGS`. */
export interface OneOffSettings {
  /** Name of the task in messages; two of one name never run at once in one place. */
  readonly name: string;
  /** Name of the place in messages. */
  readonly place: string;
  readonly home: ServiceHome | ClusterHome;
  /** Command of the container instead of its own. */
  readonly command?: string[];
  /** Further variables of the container. */
  readonly environment?: Record<string, string>;
  readonly tests?: TestContainerSettings;
  /** Where the task uploads its report; absent: it prints it. */
  readonly uploads?: ReportUploads;
}

/** Where reports go, and whose signature lets them in. */
export interface ReportUploads {
  readonly bucket: string;
  /** Of the keys, with the last slash. */
  readonly prefix: string;
  /** Of the bucket. */
  readonly region: string;
  /** Role that signs. */
  readonly roleArn: string;
}

/** A second container, whose exit code then decides. */
export interface TestContainerSettings {
  readonly image: string;
  readonly command?: string[];
  readonly environment?: Record<string, string>;
}

/** Beside a service: in its network, with its roles, modelled on its task definition. */
export interface ServiceHome {
  readonly roleArn: string;
  readonly parameterName: string;
  readonly region: string;
  readonly externalId?: string;
}

/** In a cluster of the function's own account and region, modelled on a task definition of the pipeline's stack. */
export interface ClusterHome {
  readonly clusterArn: string;
  readonly subnets: string[];
  readonly securityGroups: string[];
  readonly assignPublicIp: boolean;
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly containerName: string;
  readonly logGroupName: string;
  readonly logStreamPrefix: string;
  readonly repositoryUri: string;
}

/** Environment of the function, beside what copying an image and the limit of time need of the release function's. */
export interface OneOffEnvironment {
  readonly SETTINGS: string;
  /** `ReportUploads` as JSON. It names a role that trusts the role of the function, so it comes after the rest. */
  readonly REPORT_UPLOADS?: string;
}

/** What the action of the pipeline hands over, as JSON in `UserParameters`. */
export interface OneOffRequest {
  readonly digest: string;
  readonly commit: string;
  readonly executionId: string;
}

export function settingsOf(): OneOffSettings {
  const { SETTINGS, REPORT_UPLOADS } = process.env as unknown as OneOffEnvironment;
  return { ...JSON.parse(SETTINGS) as OneOffSettings, uploads: REPORT_UPLOADS === undefined ? undefined : JSON.parse(REPORT_UPLOADS) as ReportUploads };
}
