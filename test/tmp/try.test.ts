import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FargateEnvironment } from '/work/main/src';
import { judge } from '/work/main/test/checkers';
test('x', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  new FargateEnvironment(stack, 'Env');
  const t = Template.fromStack(stack).toJSON();
  require('fs').writeFileSync('/tmp/env.json', JSON.stringify(t, null, 1));
  const found = judge(app);
  require('fs').writeFileSync('/tmp/judge.txt', found.join('\n'));
});
