import * as ecs from 'aws-cdk-lib/aws-ecs';
import { AdotCollectorOptions, COLLECTOR_ACTIONS, collectorConfig, collectorRights, inspectAdotCollector } from './adot-collector';
import { FireLensOptions, inspectFireLens, logOptions } from './fire-lens';
import { SIDECAR_IMAGES } from './sidecar-images';
import { ContainerSidecarOptions, inspectContainerSidecar, inspectSidecar, SidecarOptions } from './sidecar-options';
import { nameOfImage } from '../../common/image-name';
import { acknowledge } from '../../private/acknowledge';
import { Choice } from '../../private/problems';
import { BoundTask } from '../task/task-parts';
import { Volume } from '../volume/volume';

/** A further container of each task. It stands in the template; releases leave it as it is. */
export abstract class Sidecar extends Choice {
  /** A container of any image. The application reaches it, and it the application, at `localhost`. */
  static container(name: string, options: ContainerSidecarOptions): Sidecar {
    return new Plain(name, options);
  }

  /**
   * Fluent Bit, which takes the logs of the application and brings them where you say. What the task role needs for it you grant, for example
   * `stream.grantPutRecords(environment)`. Messages about failed releases then hold no lines of the application's log, unless it goes to the log group of the place.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html
   */
  static fireLens(options: FireLensOptions = {}): Sidecar {
    return new FireLens(options);
  }

  /**
   * The collector of AWS Distro for OpenTelemetry. It listens at `localhost:4317` (gRPC) and `localhost:4318` (HTTP), brings traces to X-Ray and metrics to
   * CloudWatch, through the log group of the place.
   * @see https://aws-otel.github.io/docs/setup/ecs
   */
  static adotCollector(options: AdotCollectorOptions = {}): Sidecar {
    return new AdotCollector(options);
  }

  /** @internal */
  abstract readonly _name: string;
  /** Its part of the task. @internal */
  abstract readonly _share: { readonly cpu: number; readonly memoryLimitMiB: number };
  /** @internal */
  readonly _volumes: Volume[] | undefined = undefined;
  /** That ECS hands to it. @internal */
  readonly _secrets: ecs.Secret[] = [];
  /** Names of the endpoints of services that it calls, beside CloudWatch Logs. @internal */
  readonly _calls: string[] = [];
  /** As far as it is known. @internal */
  abstract readonly _imageName?: string;
  /** What the application waits for. @internal */
  readonly _awaited?: ecs.ContainerDependencyCondition;

  /** @internal */
  abstract _bind(task: BoundTask): ecs.ContainerDefinition;

  /** How the application logs, if the sidecar has a say in it. @internal */
  _logging(_task: BoundTask): ecs.LogDriver | undefined {
    return undefined;
  }
}

const shareOf = ({ cpu = 32, memoryLimitMiB = 128 }: SidecarOptions) => ({ cpu, memoryLimitMiB });

class Plain extends Sidecar {
  readonly _share;
  readonly _volumes;
  readonly _awaited;
  readonly _secrets: ecs.Secret[];
  readonly _imageName?: string;

  constructor(readonly _name: string, private readonly options: ContainerSidecarOptions) {
    super();
    this._share = shareOf(options ?? {});
    this._volumes = options?.volumes;
    this._awaited = options?.awaited;
    this._secrets = Object.values(options?.secrets ?? {});
    this._imageName = nameOfImage(options?.image);
    this._inspect((look) => {
      look.matches('name', _name ?? '', /^[A-Za-z0-9_-]{1,255}$/, '1 to 255 of A-Z a-z 0-9 _ -', "write for example 'proxy'");
      inspectContainerSidecar(look, options);
    }, options ?? null);
  }

  _bind({ definition, logging }: BoundTask): ecs.ContainerDefinition {
    const { commandHealthCheck: healthCheck, volumes, awaited, ...container } = this.options;
    return definition.addContainer(this._name, {
      ...container,
      ...this._share,
      containerName: this._name,
      healthCheck,
      logging,
      linuxParameters: volumes?.some(({ _memoryMiB }) => _memoryMiB !== 0) ? new ecs.LinuxParameters(definition, `${this._name} Linux parameters`) : undefined,
    });
  }
}

class FireLens extends Sidecar {
  readonly _name = 'log-router';
  readonly _share;
  readonly _secrets: ecs.Secret[];
  readonly _imageName?: string;

  constructor(private readonly options: FireLensOptions) {
    super();
    this._share = shareOf(options ?? {});
    this._secrets = Object.values(options?.secretOutput ?? {});
    this._imageName = options?.image ? nameOfImage(options.image) : SIDECAR_IMAGES.fluentBit;
    this._inspect((look) => {
      inspectSidecar(look, options);
      inspectFireLens(look, options);
    }, options);
  }

  _bind({ definition, logging, logGroup, taskRole }: BoundTask): ecs.ContainerDefinition {
    const { image = ecs.ContainerImage.fromRegistry(SIDECAR_IMAGES.fluentBit), configFile, essential, output } = this.options;
    if (!output) taskRole.allow({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'], resources: [logGroup.logGroupArn] });
    return definition.addFirelensLogRouter(this._name, {
      ...this._share, image, essential, logging, containerName: this._name,
      firelensConfig: {
        type: ecs.FirelensLogRouterType.FLUENTBIT,
        options: { enableECSLogMetadata: true, ...(configFile ? { configFileType: ecs.FirelensConfigFileType.FILE, configFileValue: configFile } : {}) },
      },
    });
  }

  _logging(task: BoundTask): ecs.LogDriver {
    return ecs.LogDrivers.firelens(logOptions(this.options, task));
  }
}

class AdotCollector extends Sidecar {
  readonly _name = 'otel-collector';
  readonly _share;
  readonly _calls: string[];
  readonly _imageName?: string;

  constructor(private readonly options: AdotCollectorOptions) {
    super();
    this._share = shareOf(options ?? {});
    this._calls = options?.config === undefined ? ['xray'] : [];
    this._imageName = options?.image ? nameOfImage(options.image) : SIDECAR_IMAGES.adotCollector;
    this._inspect((look) => {
      inspectSidecar(look, options);
      inspectAdotCollector(look, options);
    }, options);
  }

  _bind(task: BoundTask): ecs.ContainerDefinition {
    const { definition, logging, taskRole, logGroup } = task;
    const { image = ecs.ContainerImage.fromRegistry(SIDECAR_IMAGES.adotCollector), essential, config } = this.options;
    if (config === undefined) {
      taskRole.allow(...collectorRights(logGroup.logGroupArn));
      acknowledge(taskRole, { ...Object.fromEntries(COLLECTOR_ACTIONS.map((action) => [`IAM-STAR[${action}]`, 'X-Ray has no resource level for what a collector sends'])) });
    }
    acknowledge(definition, { 'AwsSolutions-ECS2': 'the configuration of the collector is no secret' });
    return definition.addContainer(this._name, {
      ...this._share, image, essential, logging, containerName: this._name, readonlyRootFilesystem: true,
      environment: { AOT_CONFIG_CONTENT: config ?? collectorConfig(task, this.options) },
    });
  }
}
