import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { rightsOf, text } from './pipeline-world';
import { Check, FargateCicdPipeline, FargateCicdPipelineProps, Source } from '../../src';
import { givenRecipe } from '../../src/pipeline/checks/actions/given-action';
import { PipelineParts } from '../../src/pipeline/parts';

function shop(props: (scope: Stack) => Partial<FargateCicdPipelineProps>) {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop'), ...props(stack) });
  const template = Template.fromStack(stack);
  const [{ Properties: { Stages } }] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
  return { template, stages: Stages as any[], action: (name: string) => Stages.flatMap(({ Actions }: any) => Actions).find(({ Name }: any) => Name === name) };
}

const aFunction = (scope: Stack) => new lambda.Function(scope, 'Ask', {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
});

describe('http', () => {
  test('asks the service after its release, by a function that may only reply', () => {
    const { template, action } = shop(() => ({ releaseChecks: [Check.http({ path: '/health', contains: 'ok' })] }));
    expect(action('Http')).toMatchObject({ RunOrder: 2, Configuration: { UserParameters: '{"url":"#{Deploy-Shop-release.ServiceUrl}"}' }, ActionTypeId: { Provider: 'Lambda' } });
    const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Asks the service over HTTP for Shop/Shop/Delivery/Stages/Deploy/Http' } }));
    expect(JSON.parse(Properties.Environment.Variables.REQUEST)).toEqual({ path: '/health', verifyName: true, healthyCodes: '200', contains: 'ok', successes: 3, timeoutSeconds: 120 });
    expect(Properties.Timeout).toBe(180);
    expect(rightsOf(template, 'ShopDeliveryStagesDeployHttpFunctionRole').filter((right) => right.startsWith('codepipeline'))).toEqual([
      'codepipeline:PutJobFailureResult *', 'codepipeline:PutJobSuccessResult *',
    ]);
    expect(rightsOf(template, 'ShopDeliveryStagesDeployHttpActionRole')).toEqual([expect.stringMatching(/^lambda:InvokeFunction <ShopDeliveryStagesDeployHttpFunction\w+\.Arn>$/)]);
  });

  test('asks whatever it is told, in a stage of its own', () => {
    const { stages } = shop(() => ({ checks: [Check.http({ actionName: 'Partner', url: 'https://partner.example.com', stage: 'Partners' })] }));
    const { Actions: [{ Name, Configuration }] } = stages.find(({ Name: name }) => name === 'Partners');
    expect([Name, Configuration.UserParameters]).toEqual(['Partner', '{"url":"https://partner.example.com"}']);
  });
});

describe('a function', () => {
  test('gets the image before a release and the service after it, and may reply', () => {
    const { template, action } = shop((scope) => {
      const asks = aFunction(scope);
      return { checks: [Check.invokeFunction('Sign', asks, { userParameters: { level: 'high' } })], releaseChecks: [Check.invokeFunction('Smoke', asks)] };
    });
    expect(text(action('Sign').Configuration.UserParameters)).toMatch(/^\{"level":"high","IMAGE_URI":".*@#\{Build\.IMAGE_DIGEST\}"\}$/);
    expect(action('Smoke')).toMatchObject({ RunOrder: 2, Configuration: { UserParameters: '{"SERVICE_URL":"#{Deploy-Shop-release.ServiceUrl}"}' } });
    expect(rightsOf(template, 'ShopDeliveryChecksSignActionRole')).toEqual([expect.stringMatching(/^lambda:InvokeFunction <Ask\w+\.Arn>$/)]);
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'], Resource: '*' }] } });
  });
});

test('a function of another account is refused', () => {
  const stack = new Stack(new App(), 'Shop', { env: { account: '111111111111', region: 'us-east-1' } });
  const handler = lambda.Function.fromFunctionArn(stack, 'Ask', 'arn:aws:lambda:us-east-1:222222222222:function:ask');
  expect(() => new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop'), checks: [Check.invokeFunction('Ask', handler)] }))
    .toThrow("checks[0].handler: got 'a function of 222222222222'; allowed a function of 111111111111, the account of the stack");
});

describe('an action', () => {
  const approval = (actionName: string) => new actions.ManualApprovalAction({ actionName });

  test('stands where it is told to, behind the release after it', () => {
    const { action, stages } = shop(() => ({ checks: [Check.action(approval('Legal'), { stage: 'Legal' })], beforeRelease: [Check.action(approval('Window'))], releaseChecks: [Check.action(approval('Look'))] }));
    expect(stages.map(({ Name }) => Name)).toEqual(['Source', 'Build', 'Legal', 'Deploy']);
    expect(['Legal', 'Window', 'Release-Shop', 'Look'].map((name) => action(name).RunOrder)).toEqual([1, 1, 2, 3]);
  });

  test('still tells of its changes', () => {
    const rule = {} as events.Rule;
    const inner = { actionProperties: { actionName: 'Look' }, onStateChange: jest.fn(() => rule) } as unknown as codepipeline.IAction;
    const placed = givenRecipe(inner, {}).bind(new Stack(), {} as PipelineParts, { runOrder: 3 } as any);
    expect(placed.onStateChange('Changed')).toBe(rule);
    expect(inner.onStateChange).toHaveBeenCalledWith('Changed', undefined, undefined);
  });
});
