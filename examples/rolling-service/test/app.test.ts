import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';

holdsForEveryExample({ synthesize, name: 'rolling-service', region: 'us-east-1' });

test('sizes come from the context, as numbers or as texts of the command line', () => {
  const { template } = synthesize({ cpu: '512', memoryMiB: 1024, desiredCount: '3', branch: 'release' });
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '512', Memory: '1024' });
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 3 });
});
