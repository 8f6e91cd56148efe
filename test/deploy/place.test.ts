import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DeployStrategy, FargateCicdPipeline, FargateEnvironment, ReleaseAction, ResourceNames, Source } from '../../src';
import { releaseRoleName } from '../../src/deploy/release-role';

const source = Source.gitHub('acme/shop');

describe('strategy', () => {
  test.each([
    [0, 100, 100, false], [1, 100, 100, true], [1, 100, 200, false], [2, 50, 100, false], [3, 100, 125, true], [4, 100, 125, false], [1, 50, 150, true], [1, 0, 100, false],
  ])('%i tasks, %i to %i percent: deadlock %s', (tasks, minimumHealthyPercent, maximumHealthyPercent, stuck) => {
    expect(DeployStrategy.rolling({ minimumHealthyPercent, maximumHealthyPercent })._deadlock(tasks) !== undefined).toBe(stuck);
  });
});

describe('crossing', () => {
  const made = () => {
    const stack = new Stack(new App(), 'Shop');
    return { stack, pipeline: new FargateCicdPipeline(stack, 'Shop', { source, releaseAction: ReleaseAction.releaseFunction({ releaseTimeout: Duration.minutes(90) }) }) };
  };

  test('road and place compute one name for role and parameter', () => {
    const { stack, pipeline } = made();
    const template = Template.fromStack(stack);
    const { roleArn, parameterName } = pipeline.environment._releaseTarget();
    const roles = Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => JSON.stringify(Properties.RoleName));
    expect(roles).toContain(JSON.stringify(stack.resolve(releaseRoleName(pipeline.environment, ''))));
    template.hasResourceProperties('AWS::SSM::Parameter', { Name: parameterName });
    const [release] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.at(-1).Actions;
    expect(JSON.stringify(release.Configuration.UserParameters)).toContain(parameterName);
    expect(JSON.stringify(stack.resolve(roleArn))).toContain(':role/');
  });

  test('the place trusts roles of release functions in its account, and the function has such a name', () => {
    const template = Template.fromStack(made().stack);
    const [, trusting] = Object.entries(template.findResources('AWS::IAM::Role')).find(([id]) => id.startsWith('ShopEnvironmentReleaseRole'))!;
    const [statement] = trusting.Properties.AssumeRolePolicyDocument.Statement;
    expect(JSON.stringify(statement.Condition.ArnLike['aws:PrincipalArn'])).toContain(':role/release-function-*');
    const [, role] = Object.entries(template.findResources('AWS::IAM::Role')).find(([id]) => id.startsWith('ShopDeliveryReleaseFunctionRole'))!;
    expect(JSON.stringify(role.Properties.RoleName)).toContain('"release-function-');
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { RELEASE_TIMEOUT_MINUTES: '90' } } });
  });

  test('names of role and parameter are apart for two suffixes of one path', () => {
    const names = ['dev', 'prod'].map((suffix) => {
      const place = new FargateEnvironment(new Stack(new App(), 'Shop'), 'Place', { resourceNames: ResourceNames.suffixed({ suffix }) });
      return [place._releaseTarget().parameterName, JSON.stringify(Stack.of(place).resolve(place._releaseTarget().roleArn))];
    });
    expect(names[0][0]).not.toBe(names[1][0]);
    expect(names[0][1]).not.toBe(names[1][1]);
  });
});
