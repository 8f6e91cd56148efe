import * as fs from 'fs';
import * as path from 'path';
import { Annotations, App, CfnParameter, CfnResource, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { NagRuleCompliance, rules as nagRules } from 'cdk-nag';
import { IConstruct } from 'constructs';
import { flagSets, isNewest, judge, ownFindings, withAndWithoutFeatureFlags } from '.';
import { flat } from './findings';
import { Case, iamCases } from './iam.cases';
import { concerns } from './nag';
import { templateCases } from './template.cases';

/** The built-in validation refuses a stack without resources. */
const harmless: Case['bad'] = { Handle: { type: 'AWS::CloudFormation::WaitConditionHandle' } };
const cases: Array<[string, Case]> = [...iamCases, ...templateCases].map((example) => [[example.rule, example.title].filter(Boolean).join(' '), example]);

describe.each(cases)('%s', (_, { rule, bad, cured }) => {
  test('fires', () => {
    expect(rulesOf(stackOf(bad))).toContain(rule);
  });

  test('is silent once cured', () => {
    expect(rulesOf(stackOf(cured))).not.toContain(rule);
  });

  test('is silenced by a reason on the resource, and by nothing less', () => {
    expect(rulesOf(stackOf(bad, (it) => acknowledge(it, rule, 'known and wanted')))).not.toContain(rule);
    expect(rulesOf(stackOf(bad, (it) => acknowledge(it, rule, ' ')))).toContain(rule);
    expect(rulesOf(stackOf(bad, (it) => acknowledge(it, `${rule}-other`, 'known and wanted')))).toContain(rule);
  });
});

test.each(['iam.ts', 'template.ts'])('every rule of %s has a case', (file) => {
  const source = fs.readFileSync(path.join(__dirname, file), 'utf-8');
  const rules = [...source.matchAll(/['`]([A-Z]+-[A-Z-]+|PRIVILEGED|UNENCRYPTED)\b/g)].map(([, rule]) => rule);
  expect(rules.length).toBeGreaterThan(7);
  expect(cases.map(([, { rule }]) => rule.split('[')[0])).toEqual(expect.arrayContaining(rules));
});

test('source conditions are not demanded of services that know none', () => {
  const trusted = (service: string) => new iam.Role(new Stack(new App(), 'S'), 'R', { assumedBy: new iam.ServicePrincipal(service) });
  expect(rulesOf(Stack.of(trusted('lambda.amazonaws.com')))).toEqual([]);
  expect(rulesOf(Stack.of(trusted('ecs.amazonaws.com')))).toEqual([]);
  expect(rulesOf(Stack.of(trusted('codebuild.amazonaws.com')))).toEqual(['IAM-TRUST[codebuild]']);
});

describe('acknowledgements', () => {
  const openQueue = { type: 'AWS::IAM::ManagedPolicy', properties: { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }] } } };

  test('hold for what is below, and not beside', () => {
    const stack = stackOf({ It: openQueue });
    acknowledge(stack, 'IAM::IAM-STAR[sqs:SendMessage]', 'known');
    const beside = new Stack(stack.node.root as App, 'Beside');
    new CfnResource(beside, 'It', openQueue);

    expect(ownFindings(stack.node.root as App)).toEqual([
      { rule: 'IAM-STAR[sqs:SendMessage]', logicalId: 'It', path: 'Beside/It', detail: 'can be scoped to queue' },
    ]);
  });

  test('may be written with the CDK itself', () => {
    const stack = stackOf({ It: openQueue }, (it) => Validations.of(it).acknowledge({ id: 'IAM::IAM-STAR[sqs:SendMessage]', reason: 'known' }));
    expect(rulesOf(stack)).toEqual([]);
  });

  test('without a reason are findings, whatever they are about', () => {
    const stack = stackOf(harmless);
    acknowledge(stack, 'Annotation::AwsSolutions-VPC7', '');
    expect(judge(stack.node.root as App)).toEqual(['ACK-REASON[AwsSolutions-VPC7] S acknowledged without a reason']);
  });
});

describe('acknowledgements with computed ids, as README.md has them', () => {
  function lazily(scope: IConstruct, reasons: () => Record<string, string>): void {
    const all = (own: object): Record<string, string> => ({ ...own, ...reasons() });
    scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, new Proxy({}, {
      ownKeys: (own) => Object.keys(all(own)),
      getOwnPropertyDescriptor: (own, key) => key in all(own)
        ? { value: all(own)[key as string], enumerable: true, configurable: true, writable: true } : undefined,
      get: (own, key) => all(own)[key as string],
    }));
  }

  test.each([true, false])('hold in nag and in the manifest, beside a user\'s own (user first: %s)', (userFirst) => {
    const app = new App({ context: flagSets[1].context });
    const stack = new Stack(app, 'S');
    const bucket = new s3.Bucket(stack, 'Bucket');
    const policy = new iam.ManagedPolicy(stack, 'Policy', {
      statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')] })],
    }).node.defaultChild as iam.CfnManagedPolicy;

    const user = () => Validations.of(policy).acknowledge({ id: 'AwsSolutions-USER', reason: 'the user\'s' });
    if (userFirst) { user(); }
    lazily(policy, () => Object.fromEntries(
      stack.resolve(policy.policyDocument).Statement
        .flatMap((statement: any) => [statement.Resource].flat())
        .map(flat)
        .filter((resource: string) => resource.includes('*'))
        .map((resource: string) => [`Annotation::AwsSolutions-IAM5[Resource::${resource}]`, 'objects are named by the service'])));
    if (!userFirst) { user(); }
    (bucket.node.defaultChild as s3.CfnBucket).overrideLogicalId('Renamed');

    expect(judge(app).filter((finding) => finding.startsWith('AwsSolutions-IAM5'))).toEqual([]);
    const metadata = app.synth().getStackByName('S').metadata['/S/Policy/Resource'].map(({ data }) => data);
    expect(Object.assign({}, ...metadata.filter((data) => typeof data === 'object'))).toMatchObject({
      'Annotation::AwsSolutions-IAM5[Resource::<Renamed.Arn>/*]': 'objects are named by the service',
    });
    expect(JSON.stringify(metadata)).toContain('AwsSolutions-USER');
  });
});

describe('judge', () => {
  test('hears every pack of cdk-nag', () => {
    const stack = stackOf({});
    new s3.Bucket(stack, 'Bucket');
    new lambda.Function(stack, 'Function', { code: lambda.Code.fromInline('-'), handler: 'x', runtime: lambda.Runtime.NODEJS_24_X });
    expect(judge(stack.node.root as App)).toEqual(expect.arrayContaining([
      'AwsSolutions-S1 S/Bucket/Resource The S3 Bucket has server access logs disabled.',
      expect.stringMatching(/^HIPAA.Security-S3BucketVersioningEnabled S\/Bucket\/Resource /),
      expect.stringMatching(/^NIST.800.53.R5-S3BucketVersioningEnabled S\/Bucket\/Resource /),
      expect.stringMatching(/^PCI.DSS.321-S3BucketVersioningEnabled S\/Bucket\/Resource /),
      expect.stringMatching(/^Serverless-LambdaTracing S\/Function\/Resource /),
    ]));
  });

  test('asks a rule of cdk-nag only about types that it names: it says nothing of others', () => {
    const all = Object.values(nagRules).flatMap((group) => Object.values(group));
    expect(all.length).toBeGreaterThan(200);
    const unknown = new CfnResource(new Stack(new App(), 'S'), 'It', { type: 'AWS::Test::Unknown' });
    expect(all.filter((rule) => concerns(rule, unknown) || rule(unknown) !== NagRuleCompliance.NOT_APPLICABLE)).toEqual([]);
    const misnamed = all.flatMap((rule) => [...String(rule).matchAll(/instanceof (\w+)_1\.(Cfn\w+)/g)].map(([, service, name]) => {
      const { CFN_RESOURCE_TYPE_NAME: cfnResourceType } = jest.requireActual(`aws-cdk-lib/${service.replaceAll('_', '-')}`)[name];
      return concerns(rule, { cfnResourceType } as CfnResource) ? '' : `${rule.name} ${name}`;
    })).filter(Boolean);
    expect(misnamed).toEqual([]);
  });

  test('looks into stages and nested stacks', () => {
    const app = new App();
    const stage = new Stage(app, 'Stage');
    const nested = new NestedStack(new Stack(stage, 'S'), 'Nested');
    new CfnResource(nested, 'Logs', { type: 'AWS::Logs::LogGroup' });
    const expected = expect.stringMatching(/^LOG-RETENTION Stage\/S\/Nested\/Logs /);
    expect(judge(app)).toContainEqual(expected);
    expect(judge(stage)).toContainEqual(expected);
  });

  test('hears warnings until they are acknowledged', () => {
    const stack = stackOf(harmless);
    Annotations.of(stack).addWarningV2('shop:http', 'no certificate');
    expect(judge(stack.node.root as App)).toEqual(['WARNING S no certificate [ack: shop:http]']);

    const calm = stackOf(harmless);
    Annotations.of(calm).addWarningV2('shop:http', 'no certificate');
    Annotations.of(calm).acknowledgeWarning('shop:http', 'internal');
    expect(judge(calm.node.root as App)).toEqual([]);
  });
});

withAndWithoutFeatureFlags((context) => {
  test('changes the template', () => {
    const app = new App({ context });
    const stack = new Stack(app, 'S');
    const policy = new iam.ManagedPolicy(stack, 'P');
    ['a', 'b'].forEach((name) => policy.addStatements(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [`arn:aws:sqs:::${name}`] })));
    const { Statement } = stack.resolve(policy.document);
    expect(Statement).toHaveLength(Object.keys(context).length === 0 ? 2 : 1); // minimizePolicies
  });
});

(isNewest ? describe : describe.skip)('built-in validation of the newest CDK', () => {
  const queue = (DelaySeconds: number) => ({ It: { type: 'AWS::SQS::Queue', properties: { DelaySeconds } } });

  test('turns a bad template into an error', () => {
    expect(() => judge(stackOf(queue(99999)).node.root as App)).toThrow('99999 is greater than the maximum of 900');
    expect(() => judge(stackOf(queue(9)).node.root as App)).not.toThrow();
  });

  test('is answered by a reason', () => {
    const stack = stackOf(queue(99999), (it) => acknowledge(it, 'CloudFormation-Validate::F3034', 'known'));
    expect(judge(stack.node.root as App).filter((finding) => finding.startsWith('F3034'))).toEqual([]);
  });

  test('tells its warnings to the judge', () => {
    const stack = stackOf(harmless);
    new CfnParameter(stack, 'Unused');
    const report = jest.spyOn(console, 'error').mockImplementation();
    expect(judge(stack.node.root as App)).toEqual([expect.stringMatching(/^W2001 S .*Unused/)]);
    report.mockRestore();
  });
});

/** A stack of plain resources, with the feature flags off, so that the template is what the case says. */
function stackOf(resources: Case['bad'], offender?: (it: IConstruct) => void): Stack {
  const stack = new Stack(new App(), 'S');
  for (const [id, props] of Object.entries(resources)) {
    const resource = new CfnResource(stack, id, props);
    if (id === 'It') { offender?.(resource); }
  }
  return stack;
}

/** The rules alone: the resources of the cases are too bare for the newest CDK's own validation. */
function rulesOf(stack: Stack): string[] {
  return withoutValidation(() => ownFindings(stack.node.root as App).map(({ rule }) => rule));
}

function withoutValidation<T>(synth: () => T): T {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'false';
  try {
    return synth();
  } finally {
    if (before === undefined) { delete process.env.CDK_VALIDATION; } else { process.env.CDK_VALIDATION = before; }
  }
}

/** As a library does it: `Validations.acknowledge` of the minimum version refuses ids with more than one `::`. */
function acknowledge(construct: IConstruct, id: string, reason: string): void {
  construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}
