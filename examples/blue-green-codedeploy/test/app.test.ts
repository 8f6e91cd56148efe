import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';

holdsForEveryExample({ synthesize, name: 'blue-green-codedeploy' });

test('sizes come from the context', () => {
  const { template } = synthesize({ cpu: '1024', memoryMiB: 2048, desiredCount: 4 });
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '1024', Memory: '2048' });
  template.hasResourceProperties('Custom::ServiceSettings', { DesiredCount: '4' });
});
