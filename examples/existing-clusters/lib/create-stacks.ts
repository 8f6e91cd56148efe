import { App, Tags } from 'aws-cdk-lib';
import { Configuration, ExistingService, readConfiguration } from './configuration';
import { PipelineStack } from './pipeline-stack';
import { PlaceStack } from './place-stack';

export interface Stacks {
  readonly pipeline: PipelineStack;
  readonly staging: PlaceStack;
  readonly production: PlaceStack;
}

/** The pipeline in the tools account, and a small stack in each account that has a service. */
export function createStacks(app: App): Stacks {
  const configuration = readConfiguration(app.node);
  const { environmentSuffix, toolsAccount, region, tags, staging, production } = configuration;
  Object.entries({ Environment: environmentSuffix, ...tags }).forEach(([key, value]) => Tags.of(app).add(key, value));
  const places = { staging: createPlace(app, 'Staging', staging, configuration), production: createPlace(app, 'Production', production, configuration) };
  const pipeline = new PipelineStack(app, `existing-clusters-pipeline-${environmentSuffix}`, {
    configuration,
    staging: { service: staging, codeDeploy: places.staging.codeDeploy },
    production: { service: production, codeDeploy: places.production.codeDeploy },
    env: { account: toolsAccount, region },
  });
  // Nothing is exported; a new pipeline starts at once, and should find where to release.
  Object.values(places).forEach((place) => pipeline.addDependency(place, 'it releases there'));
  return { pipeline, ...places };
}

function createPlace(app: App, placeName: string, service: ExistingService, configuration: Configuration): PlaceStack {
  const account = service.clusterArn.split(':')[4];
  const id = `existing-clusters-${placeName.toLowerCase()}-${configuration.environmentSuffix}`;
  return new PlaceStack(app, id, { configuration, service, placeName, env: { account, region: configuration.region } });
}
