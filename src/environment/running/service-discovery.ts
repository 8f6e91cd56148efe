import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { Choice, Inspection } from '../../private/problems';

/** Options of `ServiceDiscovery.privateDns` and `ServiceDiscovery.fromNamespace`. */
export interface ServiceDiscoveryOptions {
  /** Name of the service before that of the namespace, 1 to 63 of a-z 0-9 -. @default 'app' */
  readonly name?: string;
  /** How long callers may remember the addresses, 0 seconds to 1 day. @default Duration.seconds(10) */
  readonly recordTtl?: Duration;
}

/** @internal */
export interface DiscoveryParts {
  readonly vpc: cloudmap.PrivateDnsNamespaceProps['vpc'];
}

/**
 * A name under which other services find the tasks, past the load balancer. All running tasks stand under it, also those of a release that is not proven yet:
 * it goes with rolling releases only.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
 */
export abstract class ServiceDiscovery extends Choice {
  /** In a new private zone of the VPC, for example `shop.internal`: `app.shop.internal` is then an address of a task. */
  static privateDns(namespaceName: string, options: ServiceDiscoveryOptions = {}): ServiceDiscovery {
    return new InZone(options, (look) => look.matches('namespaceName', namespaceName ?? '', /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'a domain name', "write for example 'shop.internal'"),
    (scope, { vpc }) => new cloudmap.PrivateDnsNamespace(scope, 'Namespace', { name: namespaceName, vpc, description: `Services of ${scope.node.path}` }));
  }

  /** In a namespace that exists, with a private zone. */
  static fromNamespace(namespace: cloudmap.INamespace, options: ServiceDiscoveryOptions = {}): ServiceDiscovery {
    return new InZone(options, (look) => look.that(namespace?.type === cloudmap.NamespaceType.DNS_PRIVATE, 'namespace', namespace?.type ?? null, cloudmap.NamespaceType.DNS_PRIVATE,
      'hand over a cloudmap.PrivateDnsNamespace'), () => namespace);
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: DiscoveryParts): ecs.CloudMapOptions;
}

class InZone extends ServiceDiscovery {
  constructor(private readonly options: ServiceDiscoveryOptions, inspect: (look: Inspection) => void,
    private readonly namespaceIn: (scope: Construct, parts: DiscoveryParts) => cloudmap.INamespace) {
    super();
    this._inspect((look) => {
      inspect(look);
      look.matches('name', options.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, '1 to 63 of a-z 0-9 -', "write for example 'app'");
      look.seconds('recordTtl', options.recordTtl, 0, 86400, 'take for example Duration.seconds(10)');
    }, options);
  }

  _bind(scope: Construct, parts: DiscoveryParts): ecs.CloudMapOptions {
    const { name = 'app', recordTtl = Duration.seconds(10) } = this.options;
    return { cloudMapNamespace: this.namespaceIn(scope, parts), name, dnsRecordType: cloudmap.DnsRecordType.A, dnsTtl: recordTtl };
  }
}
