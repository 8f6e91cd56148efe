import { Case } from './iam.cases';

const one = (type: string, properties: any) => ({ It: { type, properties } });
const project = (properties: any) => one('AWS::CodeBuild::Project', { LogsConfig: { CloudWatchLogs: { GroupName: 'builds' } }, ...properties });
const privileged = (BuildSpec?: any) => project({ Environment: { PrivilegedMode: true }, Source: { Type: 'CODEPIPELINE', BuildSpec } });
const func = (properties: any) => one('AWS::Lambda::Function', { LoggingConfig: { LogGroup: 'functions' }, ...properties });
const task = (container: any) => one('AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Name: 'app', LogConfiguration: { LogDriver: 'awslogs' }, ...container }] });
const release = (variables: any) => one('AWS::CodePipeline::Pipeline', { Stages: [{ Actions: [{ Configuration: { EnvironmentVariables: variables } }] }] });
const service = (properties: any) => one('AWS::ECS::Service', properties);
const scalable = { type: 'AWS::ApplicationAutoScaling::ScalableTarget', properties: { ResourceId: { 'Fn::Join': ['/', ['service', 'cluster', { 'Fn::GetAtt': ['It', 'Name'] }]] } } };
const group = (properties: any) => one('AWS::EC2::SecurityGroup', properties);

const BUILD = JSON.stringify({ version: '0.2', phases: { build: { commands: ['docker buildx build .'] } } });
const SECRET = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:x';
const variables = (...names: string[]) => names.map((Name) => ({ Name, Value: 'x' }));

const alarm = { type: 'AWS::CloudWatch::Alarm', properties: { AlarmActions: [{ Ref: 'It' }] } };
const rule = { type: 'AWS::Events::Rule', properties: { Targets: [{ Id: 'T', Arn: { Ref: 'It' }, DeadLetterConfig: { Arn: 'arn' } }] } };
const notification = { type: 'AWS::CodeStarNotifications::NotificationRule', properties: { Targets: [{ TargetType: 'SNS', TargetAddress: { Ref: 'It' } }] } };
const statement = (Action: any, Service: string, Condition?: any) => ({ Effect: 'Allow', Action, Resource: '*', Principal: { Service }, Condition });
const topicPolicy = (...Statement: any[]) => ({ type: 'AWS::SNS::TopicPolicy', properties: { Topics: [{ Ref: 'It' }], PolicyDocument: { Statement } } });
const GUARD = { StringEquals: { 'aws:SourceAccount': '111111111111' } };
const publish = (name: string) => statement('sns:Publish', `${name}.amazonaws.com`, name === 'events' ? undefined : GUARD);
const key = (...Statement: any[]) => ({ type: 'AWS::KMS::Key', properties: { KeyPolicy: { Statement } } });
const encrypted = one('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
const ALL = topicPolicy(...['cloudwatch', 'events', 'codestar-notifications'].map(publish));

export const templateCases: Case[] = [
  { rule: 'ENV-SECRET[DB_PASSWORD]', title: 'of a function', bad: func({ Environment: { Variables: { DB_PASSWORD: 'x' } } }), cured: func({ Environment: { Variables: { DB_PASSWORD_ARN: SECRET } } }) },
  { rule: 'ENV-SECRET[API_KEY]', title: 'of a container', bad: task({ Environment: variables('API_KEY') }), cured: task({ Environment: variables('MONKEY'), Secrets: [{ Name: 'API_KEY', ValueFrom: SECRET }] }) },
  {
    rule: 'ENV-SECRET[NPM_TOKEN]',
    title: 'of a build',
    bad: project({ Environment: { EnvironmentVariables: variables('NPM_TOKEN') } }),
    cured: project({ Environment: { EnvironmentVariables: [{ Name: 'NPM_TOKEN', Type: 'PARAMETER_STORE', Value: '/x' }] } }),
  },
  {
    rule: 'ENV-SECRET[CLIENT_SECRET]',
    title: 'of an action',
    bad: release({ 'Fn::Join': ['', ['[{"name":"CLIENT_SECRET","type":"PLAINTEXT","value":"', { Ref: 'X' }, '"}]']] }),
    cured: release('[{"name":"CLIENT_SECRET","type":"SECRETS_MANAGER","value":"x"},{"name":"URL","value":"x"}]'),
  },
  { rule: 'LITERAL-CREDENTIAL', title: 'of AWS', bad: func({ Description: 'uses AKIAIOSFODNN7EXAMPLE' }), cured: func({ Description: 'uses its role' }) },
  { rule: 'LITERAL-CREDENTIAL', title: 'of GitHub', bad: func({ Tags: [{ Key: 'x', Value: `ghp_${'a1'.repeat(18)}` }] }), cured: func({ Tags: [{ Key: 'x', Value: 'ghp_' }] }) },
  { rule: 'LITERAL-CREDENTIAL', title: 'by the name of the property', bad: one('AWS::SecretsManager::Secret', { SecretString: 'hunter2' }), cured: one('AWS::SecretsManager::Secret', { SecretString: '{{resolve:ssm-secure:x:1}}' }) },
  { rule: 'LOG-RETENTION', bad: one('AWS::Logs::LogGroup', {}), cured: one('AWS::Logs::LogGroup', { RetentionInDays: 365 }) },
  {
    rule: 'LOG-GROUP',
    title: 'of a function',
    bad: one('AWS::Lambda::Function', {}),
    cured: { ...one('AWS::Lambda::Function', {}), Logs: { type: 'AWS::Logs::LogGroup', properties: { RetentionInDays: 1, LogGroupName: { 'Fn::Join': ['', ['/aws/lambda/', { Ref: 'It' }]] } } } },
  },
  { rule: 'LOG-GROUP', title: 'of a build', bad: one('AWS::CodeBuild::Project', {}), cured: project({}) },
  { rule: 'LOG-GROUP', title: 'of a container', bad: task({ LogConfiguration: undefined }), cured: task({}) },
  { rule: 'PRIVILEGED', bad: privileged(JSON.stringify({ phases: { build: { commands: ['npm test'] } } })), cured: privileged(BUILD) },
  { rule: 'INLINE-BUILDSPEC', bad: privileged('ci/buildspec.yml'), cured: privileged(BUILD) },
  { rule: 'INLINE-BUILDSPEC', title: 'by default', bad: privileged(), cured: privileged({ 'Fn::Join': ['', [BUILD, { Ref: 'X' }]] }) },
  { rule: 'TOPIC-ADMITS[cloudwatch]', bad: { ...one('AWS::SNS::Topic', {}), alarm, policy: topicPolicy(publish('events')) }, cured: { ...one('AWS::SNS::Topic', {}), alarm, ALL } },
  { rule: 'TOPIC-ADMITS[events]', bad: { ...one('AWS::SNS::Topic', {}), rule }, cured: { ...one('AWS::SNS::Topic', {}), rule, ALL } },
  { rule: 'TOPIC-ADMITS[codestar-notifications]', bad: { ...one('AWS::SNS::Topic', {}), notification }, cured: { ...one('AWS::SNS::Topic', {}), notification, ALL } },
  {
    rule: 'KEY-ADMITS[cloudwatch]',
    bad: { ...encrypted, alarm, ALL, Key: key(statement(['kms:Decrypt'], 'cloudwatch.amazonaws.com', GUARD)) },
    cured: { ...encrypted, alarm, ALL, Key: key(statement(['kms:Decrypt', 'kms:GenerateDataKey'], 'cloudwatch.amazonaws.com', GUARD)) },
  },
  {
    rule: 'KEY-ADMITS[events]',
    title: 'of AWS',
    bad: { ...one('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::Join': ['', ['alias/', 'aws/sns']] } }), rule, ALL },
    cured: { ...one('AWS::SNS::Topic', {}), rule, ALL },
  },
  {
    rule: 'LAMBDA-PERMISSION[events]',
    bad: one('AWS::Lambda::Permission', { Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' }),
    cured: one('AWS::Lambda::Permission', { Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] } }),
  },
  { rule: 'LAMBDA-PERMISSION[*]', bad: one('AWS::Lambda::Permission', { Principal: '*' }), cured: one('AWS::Lambda::Permission', { Principal: '111111111111' }) },
  { rule: 'EVENT-DLQ[T]', bad: one('AWS::Events::Rule', { Targets: [{ Id: 'T', Arn: 'arn' }] }), cured: one('AWS::Events::Rule', { Targets: [{ Id: 'T', Arn: 'arn', DeadLetterConfig: { Arn: 'arn' } }] }) },
  { rule: 'DESIRED-COUNT', bad: { ...service({ DesiredCount: 2 }), scalable }, cured: { ...service({}), scalable } },
  {
    rule: 'DESIRED-COUNT',
    title: 'of a service that is called by its name',
    bad: { ...service({ DesiredCount: 2, ServiceName: 'shop' }), scalable: { ...scalable, properties: { ResourceId: 'service/cluster/shop' } } },
    cured: { ...service({ DesiredCount: 2, ServiceName: 'shop' }), scalable: { ...scalable, properties: { ResourceId: 'service/cluster/bookshop' } } },
  },
  { rule: 'PUBLIC-TASK', bad: service({ NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } } }), cured: service({ NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } } }) },
  { rule: 'UNENCRYPTED', title: 'bucket', bad: one('AWS::S3::Bucket', {}), cured: one('AWS::S3::Bucket', { BucketEncryption: {} }) },
  { rule: 'UNENCRYPTED', title: 'repository', bad: one('AWS::ECR::Repository', {}), cured: one('AWS::ECR::Repository', { EncryptionConfiguration: { EncryptionType: 'KMS' } }) },
  { rule: 'UNENCRYPTED', title: 'table', bad: one('AWS::DynamoDB::Table', {}), cured: one('AWS::DynamoDB::Table', { SSESpecification: { SSEEnabled: true } }) },
  { rule: 'SG-DESCRIPTION', bad: group({ GroupDescription: 'Stack/Vpc/Group' }), cured: group({ GroupDescription: 'The load balancer' }) },
  { rule: 'SG-RULE-DESCRIPTION', bad: group({ SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0' }] }), cured: group({ SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', Description: 'out' }] }) },
  { rule: 'SG-RULE-DESCRIPTION', title: 'of its own', bad: one('AWS::EC2::SecurityGroupIngress', {}), cured: one('AWS::EC2::SecurityGroupIngress', { Description: 'in' }) },
];
