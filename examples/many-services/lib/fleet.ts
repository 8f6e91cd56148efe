import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import {
  Approval, BuildCache, DeliveryPipeline, FargateEnvironment, FargatePlatform, ImageBuild, LoadBalancer, Notification, ResourceNames, Source,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';

/** One platform, a stack for each service, one pipeline: three kinds of stacks that change for different reasons and at different times. */
export class Fleet {
  readonly platform: FargatePlatform;
  readonly places: FargateEnvironment[];
  readonly delivery: DeliveryPipeline;

  constructor(scope: Construct, private readonly configuration: Configuration) {
    const { services } = configuration;
    this.platform = this.createPlatform(this.stackFor(scope, 'platform'));
    this.places = services.map((service, index) => this.createPlace(this.stackFor(scope, service), service, 10 * (index + 1)));
    this.delivery = this.createDelivery(this.stackFor(scope, 'pipeline'));
  }

  private stackFor(scope: Construct, purpose: string): Stack {
    return new Stack(scope, `many-services-${purpose}-${this.configuration.environmentSuffix}`);
  }

  private createPlatform(stack: Stack): FargatePlatform {
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', this.configuration.certificateArn);
    return new FargatePlatform(stack, 'Platform', {
      ...this.shared('platform'),
      loadBalancer: LoadBalancer.internetFacing({ certificate }),
    });
  }

  private createPlace(stack: Stack, service: string, priority: number): FargateEnvironment {
    const { network, cluster, encryption } = this.platform;
    return new FargateEnvironment(stack, service, {
      ...this.shared(service),
      notifications: this.notifications(),
      network,
      cluster,
      encryption,
      loadBalancer: this.platform.route({ host: this.configuration.domain, path: `/${service}*`, priority }),
    });
  }

  private createDelivery(stack: Stack): DeliveryPipeline {
    const { repository, branch, connectionArn, services } = this.configuration;
    return new DeliveryPipeline(stack, 'Delivery', {
      ...this.shared('pipeline'),
      notifications: this.notifications(),
      encryption: this.platform.encryption,
      source: Source.gitHub(repository, { branch, connectionArn }),
      stages: [{
        stageName: 'Production',
        approval: Approval.manual(),
        releases: services.map((service, index) => ({ target: this.places[index], imageBuild: imageOf(service) })),
      }],
    });
  }

  private notifications(): Notification[] {
    return [Notification.createTopic({ emails: this.configuration.emails })];
  }

  private shared(purpose: string) {
    const { environmentSuffix, tags } = this.configuration;
    return {
      resourceNames: ResourceNames.suffixed({ suffix: environmentSuffix, pattern: `{type}-${purpose}-{purpose}-{suffix}` }),
      tags: { Environment: environmentSuffix, Project: 'many-services', Service: purpose, ...tags },
      // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }
}

/** Built anew only when the service or what all share has changed. */
const imageOf = (service: string): ImageBuild => ImageBuild.dockerfile({
  imageName: service,
  dockerfile: `services/${service}/Dockerfile`,
  inputs: [`services/${service}`, 'lib'],
  cache: BuildCache.registry(),
});
