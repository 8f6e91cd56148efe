import { CfnTemplate, flat, list, refersTo, resources, TemplateFinding } from './findings';
import { Policy, resourcePolicies, statementsOf } from './policies';

type Check = (template: CfnTemplate) => TemplateFinding[];

/** What RULES and specification ask of a template and no tool looks at; see README.md for what each rule means. */
export function templateFindings(template: CfnTemplate): TemplateFinding[] {
  const checks: Check[] = [
    plaintextSecrets, literalCredentials,
    logRetention, logDestination,
    privilegedProjects,
    topicPublishers, keyOfTopics,
    lambdaPermissions, eventTargets,
    desiredCount, publicTasks,
    encryption, securityGroups,
  ];
  return checks.flatMap((check) => check(template));
}

const SECRET_NAME = /secret|passw|token|credential|private_?key|api_?key|access_?key|(^|_)key($|_)/i;
/** `..._ARN` and `..._NAME` say where a secret is, not what it is. */
const SECRET_PLACE = /_(arn|name)$/i;

function plaintextSecrets(template: CfnTemplate): TemplateFinding[] {
  const named = (logicalId: string, names: string[]) => names
    .filter((name) => SECRET_NAME.test(name) && !SECRET_PLACE.test(name))
    .map((name) => ({ rule: `ENV-SECRET[${name}]`, logicalId, detail: 'is a plaintext environment variable: read it from Secrets Manager or a parameter' }));
  return [
    ...resources(template, 'AWS::Lambda::Function').flatMap(([id, { Environment }]) => named(id, Object.keys(Environment?.Variables ?? {}))),
    ...resources(template, 'AWS::ECS::TaskDefinition').flatMap(([id, { ContainerDefinitions }]) =>
      named(id, list(ContainerDefinitions).flatMap(({ Environment }) => list(Environment)).map(({ Name }) => flat(Name)))),
    ...resources(template, 'AWS::CodeBuild::Project').flatMap(([id, { Environment }]) => named(id, plaintext(Environment?.EnvironmentVariables))),
    ...resources(template, 'AWS::CodePipeline::Pipeline').flatMap(([id, { Stages }]) =>
      named(id, list(Stages).flatMap((stage) => list(stage.Actions)).flatMap((action) => actionVariables(action.Configuration)))),
  ];
}

function plaintext(variables: any): string[] {
  return list(variables)
    .filter((variable) => ['PLAINTEXT', undefined].includes(variable.Type ?? variable.type))
    .map((variable) => flat(variable.Name ?? variable.name));
}

/** A CodeBuild action carries its variables as JSON in a string, which tokens may have cut into pieces. */
function actionVariables(configuration: any): string[] {
  const text = flat(configuration?.EnvironmentVariables);
  return [...text.matchAll(/\{[^{}]*\}/g)].flatMap(([object]) => {
    const field = (name: string) => object.match(new RegExp(`"${name}"\\s*:\\s*"([^"]*)"`))?.[1];
    return plaintext([{ name: field('name'), type: field('type') }]);
  });
}

const CREDENTIALS = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/, // AWS
  /\bgh[pousr]_[A-Za-z0-9]{36}/, /\bgithub_pat_\w{22}/, // GitHub
  /\bglpat-[\w-]{20}/, // GitLab
  /\bxox[abprs]-[\w-]{10}/, /hooks\.slack\.com\/services\/\w/, // Slack
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];
/** Properties that hold a credential whatever it looks like. */
const CREDENTIAL_PROPERTY = /^(OAuthToken|Password|MasterUserPassword|SecretString|SecretToken|AuthToken)$/;

function literalCredentials(template: CfnTemplate): TemplateFinding[] {
  return Object.entries(template.Resources ?? {}).flatMap(([logicalId, { Properties }]) =>
    texts(Properties)
      .filter(([place, text]) => CREDENTIALS.some((credential) => credential.test(text))
        || (CREDENTIAL_PROPERTY.test(place.split('.').pop()!) && text !== '' && !text.includes('{{resolve:')))
      // The place, never the value: findings end up in logs.
      .map(([place]) => ({ rule: 'LITERAL-CREDENTIAL', logicalId, detail: `at ${place}` })));
}

function texts(value: any, place = 'Properties'): Array<[string, string]> {
  if (typeof value === 'string') { return [[place, value]]; }
  return value === null || typeof value !== 'object' ? [] : Object.entries(value).flatMap(([name, inner]) => texts(inner, `${place}.${name}`));
}

function logRetention(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::Logs::LogGroup')
    .filter(([, { RetentionInDays }]) => RetentionInDays === undefined)
    .map(([logicalId]) => ({ rule: 'LOG-RETENTION', logicalId, detail: 'keeps its logs for ever' }));
}

/** Who names no log group gets one from the service, without retention and without key. */
function logDestination(template: CfnTemplate): TemplateFinding[] {
  const groups = resources(template, 'AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
  const finding = (logicalId: string, detail: string) => ({ rule: 'LOG-GROUP', logicalId, detail });
  return [
    ...resources(template, 'AWS::Lambda::Function')
      .filter(([id, { LoggingConfig }]) => !LoggingConfig?.LogGroup && !groups.some((name) => refersTo(name, id)))
      .map(([id]) => finding(id, 'LoggingConfig.LogGroup is missing')),
    ...resources(template, 'AWS::CodeBuild::Project')
      .filter(([, { LogsConfig }]) => !LogsConfig?.CloudWatchLogs?.GroupName && !LogsConfig?.S3Logs)
      .map(([id]) => finding(id, 'LogsConfig.CloudWatchLogs.GroupName is missing')),
    ...resources(template, 'AWS::ECS::TaskDefinition')
      .filter(([, { ContainerDefinitions }]) => list(ContainerDefinitions).some(({ LogConfiguration }) => !LogConfiguration))
      .map(([id]) => finding(id, 'a container has no LogConfiguration')),
  ];
}

/** A privileged build is root on its host: only for building images, and never by a script that a pull request can change. */
function privilegedProjects(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::CodeBuild::Project')
    .filter(([, { Environment }]) => Environment?.PrivilegedMode === true)
    .flatMap(([logicalId, { Source }]) => {
      const buildSpec = flat(Source?.BuildSpec);
      return [
        ...!/\bphases\b/.test(buildSpec) ? [{ rule: 'INLINE-BUILDSPEC', logicalId, detail: 'privileged, with a buildspec from the repository' }] : [],
        ...!/\bdocker (buildx )?build\b/.test(buildSpec) ? [{ rule: 'PRIVILEGED', logicalId, detail: 'privileged, and builds no image' }] : [],
      ];
    });
}

/** Per topic of this template, the services that publish to it by themselves. Other stacks' topics are seen where they stand. */
function publishers(template: CfnTemplate): Array<{ topic: string; properties: any; services: string[] }> {
  const targets = {
    'cloudwatch': resources(template, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm')
      .map(([, { AlarmActions, OKActions, InsufficientDataActions }]) => [AlarmActions, OKActions, InsufficientDataActions]),
    'events': resources(template, 'AWS::Events::Rule').map(([, { Targets }]) => list(Targets).map(({ Arn }) => Arn)),
    'codestar-notifications': resources(template, 'AWS::CodeStarNotifications::NotificationRule').map(([, { Targets }]) => Targets),
  };
  return resources(template, 'AWS::SNS::Topic').map(([topic, properties]) => ({
    topic,
    properties,
    services: Object.entries(targets).filter(([, values]) => refersTo(values, topic)).map(([service]) => service),
  }));
}

function topicPublishers(template: CfnTemplate): TemplateFinding[] {
  const policies = resources(template, 'AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy');
  return publishers(template).flatMap(({ topic, services }) => {
    const statements = policies
      .filter(([, { Topics, TopicArn }]) => refersTo([Topics, TopicArn], topic))
      .flatMap(([, { PolicyDocument }]) => statementsOf(PolicyDocument));
    return services
      .filter((service) => !admits(statements, service, ['sns:publish']))
      .map((service) => ({ rule: `TOPIC-ADMITS[${service}]`, logicalId: topic, detail: 'publishes to the topic, whose policy does not admit it' }));
  });
}

/** Without both rights on the key of an encrypted topic the message is dropped, and nobody is told. */
function keyOfTopics(template: CfnTemplate): TemplateFinding[] {
  const keys = resourcePolicies(template).filter(({ resourceType }) => resourceType === 'AWS::KMS::Key');
  return publishers(template).flatMap(({ topic, properties, services }) => {
    const keyId = properties.KmsMasterKeyId;
    const key = keys.find(({ logicalId }) => refersTo(keyId, logicalId));
    const deaf = key ? services.filter((service) => !admits(key.statements, service, ['kms:decrypt', 'kms:generatedatakey']))
      : flat(keyId).startsWith('alias/aws/') ? services : [];
    return deaf.map((service) => ({ rule: `KEY-ADMITS[${service}]`, logicalId: topic, detail: 'publishes to the topic, whose key does not admit it' }));
  });
}

function admits(statements: Policy['statements'], service: string, actions: string[]): boolean {
  return actions.every((action) => statements.some((statement) => statement.allows && statement.services.includes(service)
    && statement.actions.some((pattern) => new RegExp(`^${pattern.replace(/\*/g, '.*')}$`, 'i').test(action))));
}

function lambdaPermissions(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::Lambda::Permission')
    .filter(([, { SourceArn, SourceAccount, PrincipalOrgID }]) => !SourceArn && !SourceAccount && !PrincipalOrgID)
    .map(([logicalId, { Principal }]) => ({ logicalId, principal: flat(Principal) }))
    // An account or a role speaks for itself.
    .filter(({ principal }) => principal === '*' || principal.endsWith('.amazonaws.com'))
    .map(({ logicalId, principal }) => ({ rule: `LAMBDA-PERMISSION[${principal.split('.')[0]}]`, logicalId, detail: 'neither SourceArn nor SourceAccount' }));
}

function eventTargets(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::Events::Rule', 'AWS::Scheduler::Schedule').flatMap(([logicalId, { Targets, Target }]) =>
    list([Targets, Target])
      .filter(({ DeadLetterConfig }) => !DeadLetterConfig?.Arn)
      .map(({ Id }) => ({ rule: `EVENT-DLQ[${flat(Id)}]`, logicalId, detail: 'target without a dead-letter queue' })));
}

function desiredCount(template: CfnTemplate): TemplateFinding[] {
  const scaled = resources(template, 'AWS::ApplicationAutoScaling::ScalableTarget').map(([, { ResourceId }]) => ResourceId);
  return resources(template, 'AWS::ECS::Service')
    .filter(([id, { DesiredCount, ServiceName }]) => DesiredCount !== undefined && scaled.some((resourceId) =>
      refersTo(resourceId, id) || (ServiceName !== undefined && flat(resourceId).endsWith(`/${flat(ServiceName)}`))))
    .map(([logicalId]) => ({ rule: 'DESIRED-COUNT', logicalId, detail: 'every deployment would reset what auto scaling chose' }));
}

function publicTasks(template: CfnTemplate): TemplateFinding[] {
  return resources(template, 'AWS::ECS::Service')
    .filter(([, { NetworkConfiguration }]) => NetworkConfiguration?.AwsvpcConfiguration?.AssignPublicIp === 'ENABLED')
    .map(([logicalId]) => ({ rule: 'PUBLIC-TASK', logicalId, detail: 'tasks get public addresses' }));
}

/** Explicitly, even where AWS encrypts by default: a reader of the template must see it. */
function encryption(template: CfnTemplate): TemplateFinding[] {
  const encrypted: Record<string, (properties: any) => unknown> = {
    'AWS::DynamoDB::GlobalTable': ({ SSESpecification }) => SSESpecification?.SSEEnabled,
    'AWS::DynamoDB::Table': ({ SSESpecification }) => SSESpecification?.SSEEnabled,
    'AWS::ECR::Repository': ({ EncryptionConfiguration }) => EncryptionConfiguration,
    'AWS::S3::Bucket': ({ BucketEncryption }) => BucketEncryption,
  };
  return Object.entries(encrypted).flatMap(([type, isEncrypted]) => resources(template, type)
    .filter(([, properties]) => !isEncrypted(properties))
    .map(([logicalId]) => ({ rule: 'UNENCRYPTED', logicalId, detail: `${type} without encryption settings` })));
}

function securityGroups(template: CfnTemplate): TemplateFinding[] {
  const groups = resources(template, 'AWS::EC2::SecurityGroup');
  const rules = [
    ...groups.flatMap(([logicalId, group]) =>
      list([group.SecurityGroupIngress, group.SecurityGroupEgress]).map((rule): [string, any] => [logicalId, rule])),
    ...resources(template, 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'),
  ];
  return [
    // CDK's own description is the construct path: one word.
    ...groups.filter(([, { GroupDescription }]) => !/\S\s+\S/.test(flat(GroupDescription)))
      .map(([logicalId]) => ({ rule: 'SG-DESCRIPTION', logicalId, detail: 'the group has no description' })),
    ...rules.filter(([, { Description }]) => !Description)
      .map(([logicalId]) => ({ rule: 'SG-RULE-DESCRIPTION', logicalId, detail: 'a rule has no description' })),
  ];
}
