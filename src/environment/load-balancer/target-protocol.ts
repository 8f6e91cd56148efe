import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Choice, Inspection } from '../../private/problems';
import { HealthCheckOptions } from '../task/container';

/** Options of every `TargetProtocol`. */
export interface TargetProtocolOptions {
  /** Whether the container speaks TLS, with a certificate of any kind: the load balancer does not verify it. @default false */
  readonly tls?: boolean;
}

/** Options of `TargetProtocol.grpc`. */
export interface GrpcOptions extends TargetProtocolOptions {
  /**
   * Statuses that are healthy: one, several or a range between 0 and 99. The health check calls the method that `healthCheck.path` of the container names; without one
   * `/AWS.ALB/healthcheck`, which every server answers with 12, not implemented. With `/grpc.health.v1.Health/Check` take '0'.
   * @default '12'
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
   */
  readonly healthyGrpcCodes?: string;
}

type Version = elbv2.ApplicationProtocolVersion;

/**
 * What the load balancer speaks with the containers. Choose it when the place is made: another one means other target groups. All but plain HTTP/1.1 need `container.firstImage`, an image
 * of yours that speaks it; HTTP/2 and gRPC also need a certificate.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-protocol-version
 */
export abstract class TargetProtocol extends Choice {
  /** HTTP/1.1, whatever clients speak. */
  static http1(options: TargetProtocolOptions = {}): TargetProtocol {
    return new Protocol(elbv2.ApplicationProtocolVersion.HTTP1, options);
  }

  /** HTTP/2, for clients that speak HTTP/2 too; others get the status 464. */
  static http2(options: TargetProtocolOptions = {}): TargetProtocol {
    return new Protocol(elbv2.ApplicationProtocolVersion.HTTP2, options);
  }

  /** gRPC. */
  static grpc(options: GrpcOptions = {}): TargetProtocol {
    return new Grpc(options);
  }

  /** @internal */
  abstract readonly _version: Version;
  /** Whether the page that stands in for the image before the first release can answer. @internal */
  abstract readonly _plain: boolean;

  /** @internal */
  abstract _bind(check: HealthCheckOptions): { readonly protocol: elbv2.ApplicationProtocol; readonly protocolVersion: Version; readonly healthCheck: elbv2.HealthCheck };
}

class Protocol extends TargetProtocol {
  readonly _plain: boolean;

  constructor(readonly _version: Version, protected readonly options: TargetProtocolOptions, inspect: (look: Inspection) => void = () => undefined) {
    super();
    this._plain = _version === elbv2.ApplicationProtocolVersion.HTTP1 && !options?.tls;
    this._inspect((look) => {
      look.oneOf('tls', options.tls, [true, false], 'say whether the container speaks TLS');
      inspect(look);
    }, options);
  }

  _bind(check: HealthCheckOptions) {
    const { tls = false } = this.options;
    return {
      protocol: tls ? elbv2.ApplicationProtocol.HTTPS : elbv2.ApplicationProtocol.HTTP,
      protocolVersion: this._version,
      healthCheck: { ...tls ? { protocol: elbv2.Protocol.HTTPS } : {}, ...this.matcher(check) },
    };
  }

  protected matcher(_check: HealthCheckOptions): elbv2.HealthCheck {
    return {};
  }
}

class Grpc extends Protocol {
  private readonly codes?: string;

  constructor(options: GrpcOptions) {
    super(elbv2.ApplicationProtocolVersion.GRPC, options, (look) =>
      look.matches('healthyGrpcCodes', options.healthyGrpcCodes, /^\d{1,2}([,-]\d{1,2})*$/, '0 to 99, as list or range', "write for example '0'"));
    this.codes = options?.healthyGrpcCodes;
  }

  protected matcher({ path }: HealthCheckOptions): elbv2.HealthCheck {
    return { path: path ?? '/AWS.ALB/healthcheck', healthyHttpCodes: undefined, healthyGrpcCodes: this.codes ?? '12' };
  }
}
