import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import { Choice, Inspection } from '../../private/problems';

/** Options of `ServiceConnect.server`. */
export interface ServiceConnectServerOptions {
  /** Name that others call, 1 to 127 of a-z 0-9 . -. @default 'app' */
  readonly dnsName?: string;
  /** Port that others call, 1 to 65535. @default - that of the container */
  readonly port?: number;
  /** Time after which a request fails, 0 to 2147483647 seconds; 0: never. @default Duration.seconds(15) */
  readonly perRequestTimeout?: Duration;
}

/** Name of the port in the task definition. @internal */
export const CONNECTED_PORT = 'service';

/**
 * Whether the service takes part in ECS Service Connect: a proxy in each task, which finds other services of a namespace by short names, retries and measures. It takes
 * CPU and memory of the task beside its containers: add 256 units and 64 MiB. Goes with all strategies of ECS itself, not with CodeDeploy.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html
 */
export abstract class ServiceConnect extends Choice {
  /** Others of the namespace may call the service, and it them. */
  static server(namespace: cloudmap.INamespace, options: ServiceConnectServerOptions = {}): ServiceConnect {
    return new Member(namespace, options, ({ dnsName, port, perRequestTimeout }) => [{ portMappingName: CONNECTED_PORT, dnsName: dnsName ?? 'app', port, perRequestTimeout }]);
  }

  /** The service may call others of the namespace. */
  static client(namespace: cloudmap.INamespace): ServiceConnect {
    return new Member(namespace, {}, () => []);
  }

  /** @internal */
  abstract _bind(logGroup: logs.ILogGroup, port: number): ecs.ServiceConnectProps;
}

class Member extends ServiceConnect {
  constructor(private readonly namespace: cloudmap.INamespace, private readonly options: ServiceConnectServerOptions,
    private readonly services: (options: ServiceConnectServerOptions) => ecs.ServiceConnectService[]) {
    super();
    this._inspect((look: Inspection) => {
      look.kind('namespace', namespace ?? null, 'namespaceArn', 'a namespace', 'hand over a cloudmap.INamespace, for example a cloudmap.HttpNamespace');
      look.matches('dnsName', options.dnsName, /^[a-z0-9]([a-z0-9.-]{0,125}[a-z0-9])?$/, '1 to 127 of a-z 0-9 . -', "write for example 'app'");
      look.integer('port', options.port, 1, 65535, 'take the port that others call');
      look.seconds('perRequestTimeout', options.perRequestTimeout, 0, 2147483647, 'take for example Duration.seconds(15)');
    }, options);
  }

  _bind(logGroup: logs.ILogGroup, port: number): ecs.ServiceConnectProps {
    return {
      namespace: this.namespace.namespaceArn,
      services: this.services({ ...this.options, port: this.options.port ?? port }),
      logDriver: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: 'service-connect' }),
    };
  }
}
