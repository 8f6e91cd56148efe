import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FargateCicdPipeline, Source, Approval, ReleaseAction, BuildCache, ImageBuild } from '../../src';
import { judge } from '../checkers';
test.each([['min', {}], ['big', { approval: Approval.manual(), releaseAction: ReleaseAction.codePipelineAction(), imageBuild: ImageBuild.dockerfile({cache: BuildCache.s3()}), removalPolicy: 'destroy' }]])('%s', (name, props) => {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop'), ...props as any });
  const t = Template.fromStack(stack).toJSON();
  require('fs').writeFileSync(`/tmp/${name}.json`, JSON.stringify(t, null, 1));
  require('fs').writeFileSync(`/tmp/judge-${name}.txt`, judge(app).join('\n'));
});
