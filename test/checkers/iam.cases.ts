/** A rule, resources that break it and resources that keep it. The offender is always called `It`. */
export interface Case {
  readonly rule: string;
  readonly title?: string;
  readonly bad: Record<string, CfnResourceProps>;
  readonly cured: Record<string, CfnResourceProps>;
}
interface CfnResourceProps {
  readonly type: string;
  readonly properties?: any;
}

const ACCOUNT = { Ref: 'AWS::AccountId' };
const SOURCE_ACCOUNT = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };
const LOGS = { 'Fn::Sub': 'logs.${AWS::Region}.${AWS::URLSuffix}' };

function document(...statements: any[]) {
  return { Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) };
}
const may = (Action: any, Resource: any, Condition?: any) =>
  ({ It: { type: 'AWS::IAM::ManagedPolicy', properties: { PolicyDocument: document({ Action, Resource, ...Condition && { Condition } }) } } });
const inline = (Action: any, Resource: any) => ({
  It: { type: 'AWS::IAM::Role', properties: { ...role('lambda.amazonaws.com'), Policies: [{ PolicyName: 'p', PolicyDocument: document({ Action, Resource }) }] } },
});
const role = (Service: any, Condition?: any) =>
  ({ AssumeRolePolicyDocument: document({ Action: 'sts:AssumeRole', Principal: { Service }, ...Condition && { Condition } }) });
const trusts = (Service: any, Condition?: any) => ({ It: { type: 'AWS::IAM::Role', properties: role(Service, Condition) } });
const managed = (ManagedPolicyArns: any[]) =>
  ({ It: { type: 'AWS::IAM::Role', properties: { ...role('lambda.amazonaws.com'), ManagedPolicyArns } } });
const admits = (type: string, property: string, statement: any) => ({ It: { type, properties: { [property]: document(statement) } } });
const topic = (Principal: any, Condition?: any) =>
  admits('AWS::SNS::TopicPolicy', 'PolicyDocument', { Action: 'sns:Publish', Resource: '*', Principal, ...Condition && { Condition } });
const key = (Action: any, Principal: any, Condition?: any) =>
  admits('AWS::KMS::Key', 'KeyPolicy', { Action, Resource: '*', Principal, ...Condition && { Condition } });

const BUCKET_OBJECTS = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::bucket/*']] };
const RELEASE_ROLE = { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/release' };
const TO_ECS = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };

export const iamCases: Case[] = [
  { rule: 'IAM-STAR[s3:GetObject]', bad: may('s3:GetObject', '*'), cured: may('s3:GetObject', BUCKET_OBJECTS) },
  { rule: 'IAM-STAR[ecs:UpdateService]', title: 'in an inline policy of a role', bad: inline('ecs:UpdateService', ['*']), cured: inline('ecs:DescribeTaskDefinition', '*') },
  { rule: 'IAM-STAR[kms:Decrypt]', title: 'beside an action that has no resources', bad: may(['xray:PutTraceSegments', 'kms:Decrypt'], '*'), cured: may('xray:PutTraceSegments', '*') },
  {
    rule: 'IAM-STAR[s3:PutObject]',
    title: 'behind tokens that say no more than a star',
    bad: may('s3:PutObject', { 'Fn::Sub': ['arn:${P}:s3:::${Name}', { P: { Ref: 'AWS::Partition' }, Name: '*' }] }),
    cured: may('s3:PutObject', { 'Fn::Sub': ['arn:${P}:s3:::${Name}/*', { P: { Ref: 'AWS::Partition' }, Name: 'bucket' }] }),
  },
  {
    rule: 'IAM-STAR[ecr:PutImage]',
    title: 'in one branch of a condition',
    bad: may('ecr:PutImage', { 'Fn::If': ['Any', '*', { 'Fn::GetAtt': ['Repository', 'Arn'] }] }),
    cured: may('ecr:PutImage', { 'Fn::If': ['Any', { Ref: 'AWS::NoValue' }, { 'Fn::GetAtt': ['Repository', 'Arn'] }] }),
  },
  { rule: 'IAM-WILDACTION[s3:Get*]', bad: may('s3:Get*', BUCKET_OBJECTS), cured: may('s3:GetObject', BUCKET_OBJECTS) },
  { rule: 'IAM-WILDACTION[NotAction]', bad: { It: { type: 'AWS::IAM::Policy', properties: { PolicyDocument: document({ NotAction: 's3:GetObject', Resource: BUCKET_OBJECTS }) } } }, cured: may('s3:GetObject', BUCKET_OBJECTS) },
  {
    rule: 'IAM-WILDACTION[kms:*]',
    title: 'for anybody but the account that owns the key',
    bad: key('kms:*', { AWS: 'arn:aws:iam::111111111111:role/admin' }),
    cured: key('kms:*', { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', ACCOUNT, ':root']] } }),
  },
  { rule: 'IAM-PASSROLE', bad: may('iam:PassRole', '*', TO_ECS), cured: may('iam:PassRole', RELEASE_ROLE, TO_ECS) },
  { rule: 'IAM-PASSROLE', title: 'of every name', bad: may('iam:Pass*', { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:role/*' }, TO_ECS), cured: may('iam:PassRole', RELEASE_ROLE, TO_ECS) },
  { rule: 'IAM-PASSTO', bad: may('iam:PassRole', RELEASE_ROLE), cured: may('iam:PassRole', RELEASE_ROLE, TO_ECS) },
  { rule: 'IAM-PASSTO', title: 'by a condition that a missing key passes', bad: may('iam:PassRole', RELEASE_ROLE, { StringEqualsIfExists: TO_ECS.StringEquals }), cured: may('iam:PassRole', RELEASE_ROLE, TO_ECS) },
  { rule: 'IAM-UNKNOWN[ecs:ReleaseService]', bad: may('ecs:ReleaseService', RELEASE_ROLE), cured: may('ecs:UpdateService', RELEASE_ROLE) },
  { rule: 'IAM-UNKNOWN[ec:<Action>]', title: 'by a token', bad: may({ 'Fn::Sub': 'ec:${Action}' }, RELEASE_ROLE), cured: may({ 'Fn::Join': [':', ['ecs', 'UpdateService']] }, RELEASE_ROLE) },
  {
    rule: 'IAM-MANAGED[service-role/AWSLambdaBasicExecutionRole]',
    bad: managed([{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']] }]),
    cured: managed([{ Ref: 'Own' }]),
  },
  ...['codebuild', 'codedeploy', 'codepipeline', 'ecs-tasks', 'events', 'vpc-flow-logs'].map((service) => (
    { rule: `IAM-TRUST[${service}]`, bad: trusts(`${service}.amazonaws.com`), cured: trusts(`${service}.amazonaws.com`, SOURCE_ACCOUNT) })),
  { rule: 'IAM-TRUST[codebuild]', title: 'by a condition that any account meets', bad: trusts('codebuild.amazonaws.com', { StringLike: { 'AWS:SourceAccount': '*' } }), cured: trusts('codebuild.amazonaws.com', { ArnLike: { 'AWS:SourceArn': 'arn:aws:codebuild:*:111111111111:*' } }) },
  {
    rule: 'IAM-TRUST[*]',
    bad: { It: { type: 'AWS::IAM::Role', properties: { AssumeRolePolicyDocument: document({ Action: 'sts:AssumeRole', Principal: '*' }) } } },
    cured: { It: { type: 'AWS::IAM::Role', properties: { AssumeRolePolicyDocument: document({ Action: 'sts:AssumeRole', Principal: { AWS: '*' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }) } } },
  },
  { rule: 'IAM-RESPOL[cloudwatch]', bad: topic({ Service: 'cloudwatch.amazonaws.com' }), cured: topic({ Service: 'cloudwatch.amazonaws.com' }, SOURCE_ACCOUNT) },
  { rule: 'IAM-RESPOL[events]', title: 'not towards SNS and keys', bad: admits('AWS::SQS::QueuePolicy', 'PolicyDocument', { Action: 'sqs:SendMessage', Resource: '*', Principal: { Service: 'events.amazonaws.com' } }), cured: topic({ Service: 'events.amazonaws.com' }) },
  { rule: 'IAM-RESPOL[logs]', bad: key('kms:Decrypt', { Service: LOGS }), cured: key('kms:Decrypt', { Service: LOGS }, { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*:111111111111:*' } }) },
  { rule: 'IAM-RESPOL[delivery]', bad: admits('AWS::S3::BucketPolicy', 'PolicyDocument', { Action: 's3:PutObject', Resource: BUCKET_OBJECTS, Principal: { Service: 'delivery.logs.amazonaws.com' } }), cured: admits('AWS::S3::BucketPolicy', 'PolicyDocument', { Action: 's3:PutObject', Resource: BUCKET_OBJECTS, Principal: { Service: 'delivery.logs.amazonaws.com' }, Condition: SOURCE_ACCOUNT }) },
  { rule: 'IAM-RESPOL[codebuild]', bad: admits('AWS::ECR::Repository', 'RepositoryPolicyText', { Action: 'ecr:BatchGetImage', Principal: { Service: 'codebuild.amazonaws.com' } }), cured: admits('AWS::ECR::Repository', 'RepositoryPolicyText', { Action: 'ecr:BatchGetImage', Principal: { Service: 'codebuild.amazonaws.com' }, Condition: SOURCE_ACCOUNT }) },
  { rule: 'IAM-RESPOL[*]', bad: admits('AWS::SecretsManager::ResourcePolicy', 'ResourcePolicy', { Action: 'secretsmanager:GetSecretValue', Resource: '*', Principal: '*' }), cured: admits('AWS::SecretsManager::ResourcePolicy', 'ResourcePolicy', { Effect: 'Deny', Action: 'secretsmanager:*', Resource: '*', Principal: '*' }) },
  {
    rule: 'IAM-RESPOL[route53]',
    title: 'in a policy that is text',
    bad: { It: { type: 'AWS::Logs::ResourcePolicy', properties: { PolicyDocument: JSON.stringify(document({ Action: 'logs:PutLogEvents', Resource: 'arn:x', Principal: { Service: 'route53.amazonaws.com' } })) } } },
    cured: { It: { type: 'AWS::Logs::ResourcePolicy', properties: { PolicyDocument: { 'Fn::Join': ['', ['{"Statement":{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:x","Principal":{"Service":"route53.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"', ACCOUNT, '"}}}}']] } } } },
  },
  { rule: 'IAM-MUTE', title: 'in a topic policy', bad: topic({ Service: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'] }, SOURCE_ACCOUNT), cured: topic({ Service: 'events.amazonaws.com' }) },
  { rule: 'IAM-MUTE', title: 'in a key policy', bad: key('kms:Decrypt', { Service: 'events.amazonaws.com' }, { ArnLike: { 'AWS:SourceArn': 'arn:x' } }), cured: key('kms:Decrypt', { Service: 'events.amazonaws.com' }, { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': 'arn:x' } }) },
];
