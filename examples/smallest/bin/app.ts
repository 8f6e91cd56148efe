import { Annotations, App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { FargateCicdPipeline, Source } from 'cdk-fargate-cicd';

export const app = new App();
const stack = new Stack(app, 'Smallest');

new FargateCicdPipeline(stack, 'Shop', {
  source: Source.gitHub(app.node.tryGetContext('repository') ?? 'example-org/shop'),
  removalPolicy: RemovalPolicy.DESTROY,
});

const warnings = Annotations.of(stack);
warnings.acknowledgeWarning('cdk-fargate-cicd:plain-http', 'to try it out; no passwords are sent');
warnings.acknowledgeWarning('cdk-fargate-cicd:nobody-listens', 'to try it out; somebody looks at the pipeline');
