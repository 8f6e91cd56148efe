// What a careful person writes with the L2 constructs of aws-cdk-lib for the same resources that `new FargateCicdPipeline` has by default: they do the same
// and are as closed, so roles have exact rights, in customer-managed policies as checkers ask for, and what checkers find anyway is acknowledged.
// Only made to be measured: bench.mjs compares the counts of resource types, so that neither side has less to do.
const { join } = require('node:path');
const { CfnOutput, CustomResource, Duration, RemovalPolicy, Stack, Tags, Validations } = require('aws-cdk-lib');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const cloudwatchActions = require('aws-cdk-lib/aws-cloudwatch-actions');
const codebuild = require('aws-cdk-lib/aws-codebuild');
const codeconnections = require('aws-cdk-lib/aws-codeconnections');
const codepipeline = require('aws-cdk-lib/aws-codepipeline');
const actions = require('aws-cdk-lib/aws-codepipeline-actions');
const dynamodb = require('aws-cdk-lib/aws-dynamodb');
const ec2 = require('aws-cdk-lib/aws-ec2');
const ecr = require('aws-cdk-lib/aws-ecr');
const ecs = require('aws-cdk-lib/aws-ecs');
const elb = require('aws-cdk-lib/aws-elasticloadbalancingv2');
const events = require('aws-cdk-lib/aws-events');
const targets = require('aws-cdk-lib/aws-events-targets');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');
const lambda = require('aws-cdk-lib/aws-lambda');
const destinations = require('aws-cdk-lib/aws-lambda-destinations');
const logs = require('aws-cdk-lib/aws-logs');
const s3 = require('aws-cdk-lib/aws-s3');
const sns = require('aws-cdk-lib/aws-sns');
const sqs = require('aws-cdk-lib/aws-sqs');
const ssm = require('aws-cdk-lib/aws-ssm');

const assets = join(__dirname, '../../assets');
const removalPolicy = RemovalPolicy.DESTROY;

/** A service that may act only for this account. */
const trusted = (scope, service) => new iam.ServicePrincipal(`${service}.amazonaws.com`).withConditions({ StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } });

/** Rules of checkers that are not met here, all for one reason. `Validations.acknowledge` takes no ids such as `cfn-guard::CT.SQS.PR.1`. */
const acknowledge = (scope, reason, ...rules) =>
  scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, Object.fromEntries(rules.map((rule) => [rule, reason])));
const packs = (rule) => ['NIST.800.53.R5', 'PCI.DSS.321', 'HIPAA.Security'].map((pack) => `Annotation::${pack}-${rule}`);

const PULL = ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'].map((action) => `ecr:${action}`);
const PUSH = ['InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload', 'PutImage'].map((action) => `ecr:${action}`);
const WRITE_LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** A role with exactly the rights that are written here. L2 constructs would grant it more than they need: they are handed the closed one, which takes nothing. */
class ExactRole extends iam.Role {
  constructor(scope, id, assumedBy, description) {
    super(scope, id, { assumedBy, description });
    this.closed = this.withoutPolicyUpdates();
  }

  may(actions, resources, conditions) {
    this.rights ??= new iam.ManagedPolicy(this, 'Rights', { description: 'Rights of a role made by hand', roles: [this] });
    this.rights.addStatements(new iam.PolicyStatement({ actions, resources, conditions }));
    return this;
  }

  /** Actions without a resource level, or names that only the service knows. */
  mayWidely(reason, actions, resources = ['*'], conditions = undefined) {
    this.may(actions, resources, conditions);
    acknowledge(this.rights, reason, `Annotation::AwsSolutions-IAM5[${actions[0]}]`);
    return this;
  }

  /** What follows stands in a further policy: one takes 6,144 characters. */
  andFurther() {
    this.rights = new iam.ManagedPolicy(this, 'FurtherRights', { description: 'Rights of a role made by hand', roles: [this] });
    return this;
  }
}

class ByHand extends Stack {
  constructor(scope, id) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', { description: `Encrypts everything of ${id}`, enableKeyRotation: true, removalPolicy });
    this.topic = new sns.Topic(this, 'Topic', { masterKey: this.key });
    const fromAccount = { StringEquals: { 'aws:SourceAccount': this.account } };
    for (const [service, conditions] of Object.entries({
      'cloudwatch': fromAccount, 'codestar-notifications': fromAccount,
      'events': { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': this.arn('sns', '*') } },
    })) {
      const principals = [new iam.ServicePrincipal(`${service}.amazonaws.com`)];
      this.topic.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], principals, resources: [this.topic.topicArn], conditions: fromAccount }));
      this.key.addToResourcePolicy(new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], principals, resources: ['*'], conditions }));
    }
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'], resources: ['*'],
      principals: [new iam.ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': this.arn('logs', 'log-group:*') } },
    }));
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      effect: iam.Effect.DENY, actions: ['kms:CreateGrant'], resources: ['*'], principals: [new iam.AnyPrincipal()],
      conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
    }));
    const accessLogs = this.bucket('AccessLogs', this.deadLetters('DeadLetters'), { encryption: s3.BucketEncryption.S3_MANAGED });
    this.place(accessLogs);
    this.road(accessLogs);
    this.watch();
    for (const [name, value] of Object.entries({
      ServiceUrl: `http://${this.loadBalancer.loadBalancerDnsName}`, AlbDnsName: this.loadBalancer.loadBalancerDnsName,
      EcsClusterArn: this.cluster.clusterArn, EcsServiceArn: this.service.serviceArn, VpcId: this.vpc.vpcId,
      ReleasedImagesUri: this.released.repositoryUri, PipelineName: this.pipeline.pipelineName, PipelineArn: this.pipeline.pipelineArn,
      EcrRepositoryUri: this.repository.repositoryUri, ArtifactBucketName: this.artifacts.bucketName, SnsTopicArn: this.topic.topicArn,
      KmsKeyId: this.key.keyId, LambdaFunctionArn: this.release.functionArn, BuildProjectName: this.build.projectName,
      ReleaseRoleArn: this.releaseRole.roleArn, ReleaseFunctionRoleArn: this.release.role.roleArn, PlaceParameterName: this.parameter.parameterName,
      DeploymentTableName: this.history.tableName,
      ConnectionHandshake: `https://${this.region}.console.aws.amazon.com/codesuite/settings/connections?region=${this.region}`,
      PipelineUrl: `https://${this.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${this.pipeline.pipelineName}/view?region=${this.region}`,
      DashboardUrl: `https://${this.region}.console.aws.amazon.com/cloudwatch/home?region=${this.region}#dashboards/dashboard/${this.dashboard.dashboardName}`,
    })) new CfnOutput(this, `${name}Output`, { value, description: `${name}: where to find it after the deployment` });
  }

  arn(service, resource) {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  deadLetters(id) {
    const queue = new sqs.Queue(this, id, { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy });
    acknowledge(queue, 'this is the dead-letter queue', 'Annotation::AwsSolutions-SQS3', 'Annotation::Serverless-SQSRedrivePolicy', 'cfn-guard::CT.SQS.PR.1', ...packs('SQSQueueDLQ'));
    acknowledge(queue, 'SQS encrypts it with keys of its own', 'Annotation::CKV_AWS_27');
    return queue;
  }

  logGroup(id) {
    return new logs.LogGroup(this, id, { encryptionKey: this.key, retention: logs.RetentionDays.ONE_YEAR, removalPolicy });
  }

  functionRole(id) {
    return new ExactRole(this, `${id}Role`, new iam.ServicePrincipal('lambda.amazonaws.com'), `Runs the function ${this.node.path}/${id}`);
  }

  function(id, folder, role, deadLetters, options) {
    const logGroup = this.logGroup(`${id}Logs`);
    role.may(WRITE_LOGS, [logGroup.logGroupArn]).may(['sqs:SendMessage'], [deadLetters.queueArn]).may(['kms:Decrypt'], [this.key.keyArn])
      .mayWidely('traces have no resource level', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
    const made = new lambda.Function(this, id, {
      code: lambda.Code.fromAsset(join(assets, folder)), handler: 'index.handler', runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
      role: role.closed, logGroup, environmentEncryption: this.key, deadLetterQueue: deadLetters, onFailure: new destinations.SqsDestination(deadLetters),
      maxEventAge: Duration.minutes(5), retryAttempts: 0, memorySize: 256, timeout: Duration.minutes(15), tracing: lambda.Tracing.ACTIVE, ...options,
      environment: { AWS_NODEJS_CONNECTION_REUSE_ENABLED: '1', ...options.environment },
    });
    made.node.addDependency(role);
    acknowledge(made, 'talks to AWS APIs only', 'Annotation::CKV_AWS_117', 'cfn-guard::CT.LAMBDA.PR.3', ...packs('LambdaInsideVPC'));
    acknowledge(made, 'reserving concurrency fails in young accounts', 'Annotation::CKV_AWS_115', ...packs('LambdaConcurrency'));
    return made;
  }

  bucket(id, deadLetters, props) {
    const bucket = new s3.Bucket(this, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, removalPolicy, versioned: true,
      lifecycleRules: [{ expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }], ...props,
    });
    // The prop of the L2 construct brings a function of its own.
    bucket.node.defaultChild.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
    const role = this.functionRole(`${id}Emptier`).may(['s3:ListBucketVersions', 's3:GetBucketTagging'], [bucket.bucketArn])
      .mayWidely('everything in the bucket is deleted with it', ['s3:DeleteObject', 's3:DeleteObjectVersion'], [bucket.arnForObjects('*')]);
    const emptier = this.function(`${id}Emptier`, 'common/empty-bucket/empty-bucket.lambda', role, deadLetters, { description: `Empties the bucket ${bucket.node.path}` });
    const emptying = new CustomResource(this, `${id}Emptying`, {
      serviceToken: emptier.functionArn, resourceType: 'Custom::EmptyBucket', properties: { BucketName: bucket.bucketName }, removalPolicy,
    });
    // The function empties buckets with this tag only.
    Tags.of(bucket).add('cdk-fargate-cicd:empty-on-delete', 'true');
    emptying.node.addDependency(role);
    acknowledge(bucket, 'what is in it can be made again', 'cfn-guard::CT.S3.PR.9', ...packs('S3BucketReplicationEnabled'));
    return bucket;
  }

  place(accessLogs) {
    this.vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
    const flowLogs = this.logGroup('FlowLogs');
    const flowRole = new ExactRole(this, 'FlowLogsRole', trusted(this, 'vpc-flow-logs'), `Writes the flow logs of ${this.node.path}`).may([...WRITE_LOGS, 'logs:DescribeLogStreams'], [flowLogs.logGroupArn]);
    this.vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(flowLogs, flowRole.closed) });
    acknowledge(this.vpc, 'its default group is used by nothing', ...packs('VPCDefaultSecurityGroupClosed'));
    this.vpc.publicSubnets.forEach((subnet) => acknowledge(subnet, 'the load balancer is public', ...packs('VPCNoUnrestrictedRouteToIGW')));
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.ENHANCED });
    this.released = new ecr.Repository(this, 'Released', {
      encryptionKey: this.key, imageScanOnPush: true, emptyOnDelete: true, removalPolicy, lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1), rulePriority: 1, description: 'What has no tag is left over' }, { maxImageCount: 20, rulePriority: 2, description: 'The last releases' }],
    });
    acknowledge(this.released, 'one tag moves: the release that runs', 'Annotation::CKV_AWS_51', 'cfn-guard::CT.ECR.PR.3');
    const taskRole = (id, description) => new ExactRole(this, id, trusted(this, 'ecs-tasks').withConditions({ ArnLike: { 'aws:SourceArn': this.arn('ecs', '*') } }), `${description} (${this.node.path})`);
    const appLogs = this.appLogs = this.logGroup('Logs');
    this.taskRole = taskRole('TaskRole', 'What the application may do');
    this.executionRole = taskRole('ExecutionRole', 'Pulls the image, reads secrets and writes logs')
      .mayWidely('has no resource level', ['ecr:GetAuthorizationToken']).may(PULL, [this.released.repositoryArn]).may(WRITE_LOGS, [appLogs.logGroupArn]);
    this.task = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      taskRole: this.taskRole, executionRole: this.executionRole.closed,
      cpu: 512, memoryLimitMiB: 1024, family: `task-${this.stackName}`,
      runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    });
    this.task.addContainer('app', {
      image: ecs.ContainerImage.fromEcrRepository(this.released, 'released'), portMappings: [{ containerPort: 80 }],
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'app', logGroup: appLogs, mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
      environment: { PORT: '80' }, versionConsistency: ecs.VersionConsistency.DISABLED,
    });
    acknowledge(this.task, 'the image decides who runs it and what it writes', 'cfn-guard::CT.ECS.PR.3', 'cfn-guard::CT.ECS.PR.6', 'Annotation::CKV_AWS_336');
    const putterRole = this.functionRole('FirstImageFunction').mayWidely('has no resource level', ['ecr:GetAuthorizationToken'])
      .may(['ecr:BatchCheckLayerAvailability', ...PUSH, 'ecr:BatchGetImage', 'ecr:BatchDeleteImage'], [this.released.repositoryArn]);
    const putter = this.function('FirstImageFunction', 'deploy/first-image/first-image.lambda', putterRole, this.deadLetters('PlaceDeadLetters'), {
      description: `Puts the first image of ${this.node.path}`,
    });
    const first = new CustomResource(this, 'FirstImage', {
      serviceToken: putter.functionArn, resourceType: 'Custom::FirstImage',
      properties: { RepositoryUri: this.released.repositoryUri, RepositoryName: this.released.repositoryName, Tag: 'released', Ports: ['80'], Status: '200' },
    });
    first.node.addDependency(putterRole);
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: this.cluster, taskDefinition: this.task, desiredCount: 2, minHealthyPercent: 100, maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true }, healthCheckGracePeriod: Duration.seconds(60), propagateTags: ecs.PropagatedTagSource.SERVICE,
      enableECSManagedTags: true, availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      securityGroups: [new ec2.SecurityGroup(this, 'ServiceGroup', { vpc: this.vpc, description: 'Tasks: only the load balancer gets in' })],
    });
    this.task.node.addDependency(first);
    // Tasks that start before there is a way out find neither their image nor their logs.
    this.service.node.addDependency(this.vpc.internetConnectivityEstablished);
    acknowledge(this.service, 'explicit order made by CDK', 'cfn-lint::W3005', 'CloudFormation-Validate::W3005');
    this.loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: this.vpc, internetFacing: true, dropInvalidHeaderFields: true, desyncMitigationMode: elb.DesyncMitigationMode.DEFENSIVE,
      securityGroup: new ec2.SecurityGroup(this, 'LoadBalancerGroup', { vpc: this.vpc, description: 'Clients', allowAllOutbound: false }),
    });
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', accessLogs.bucketName);
    accessLogs.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')], actions: ['s3:PutObject'], resources: [accessLogs.arnForObjects('AWSLogs/*')],
      conditions: { StringEquals: { 'aws:SourceAccount': this.account }, ArnLike: { 'aws:SourceArn': this.arn('elasticloadbalancing', 'loadbalancer/*') } },
    }));
    acknowledge(this.loadBalancer, 'to be reached by HTTP at first', 'cfn-guard::CT.ELASTICLOADBALANCING.PR.1', ...packs('ALBHttpToHttpsRedirection'));
    acknowledge(this.loadBalancer, 'goes with the stack', 'cfn-guard::CT.ELASTICLOADBALANCING.PR.5', 'Annotation::CKV_AWS_150', ...packs('ELBDeletionProtectionEnabled'));
    acknowledge(this.loadBalancer, 'no firewall was asked for', ...packs('ALBWAFEnabled'));
    this.traffic();
    const period = Duration.minutes(1);
    this.metrics = {
      Cpu: [this.service.metricCpuUtilization({ period }), 80], Memory: [this.service.metricMemoryUtilization({ period }), 80],
      Http5xx: [this.targetGroup.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT), 10],
      Latency: [this.targetGroup.metrics.targetResponseTime(), 5],
      UnhealthyHosts: [new cloudwatch.MathExpression({
        expression: 'MAX([one, other])', period, usingMetrics: { one: this.targetGroup.metrics.unhealthyHostCount(), other: this.alternateTargetGroup.metrics.unhealthyHostCount() },
      }), 1],
    };
    this.alarmNames = Object.entries(this.metrics).map(([name, [metric, threshold]]) => {
      const alarmName = `${name}-${this.stackName}`;
      this.alarm(name, metric, threshold, alarmName);
      return alarmName;
    });
    this.service.enableDeploymentAlarms(this.alarmNames, { behavior: ecs.AlarmBehavior.ROLLBACK_ON_ALARM });
    this.parameter = new ssm.StringParameter(this, 'Place', {
      parameterName: `/by-hand/${this.stackName}`, description: 'What a release needs to know',
      stringValue: this.toJsonString({
        clusterArn: this.cluster.clusterArn, serviceArn: this.service.serviceArn, containerName: 'app', taskDefinitionArn: this.task.taskDefinitionArn,
        taskFamily: this.task.family, repositoryUri: this.released.repositoryUri, logGroupName: appLogs.logGroupName, logStreamPrefix: 'app',
        targetGroupArns: [this.targetGroup.targetGroupArn, this.alternateTargetGroup.targetGroupArn], alarmNames: this.alarmNames,
        url: `http://${this.loadBalancer.loadBalancerDnsName}`, strategy: 'ROLLING', stackId: this.stackId,
      }),
    });
  }

  /** Two target groups behind one rule, between which ECS may move the traffic. */
  traffic() {
    const listener = this.loadBalancer.addListener('Http', { port: 80, protocol: elb.ApplicationProtocol.HTTP, open: true, defaultAction: elb.ListenerAction.fixedResponse(503) });
    const [targetGroup, alternateTargetGroup] = ['Targets', 'AlternateTargets'].map((id) => new elb.ApplicationTargetGroup(this, id, {
      vpc: this.vpc, port: 80, protocol: elb.ApplicationProtocol.HTTP, targetType: elb.TargetType.IP, deregistrationDelay: Duration.seconds(15),
      healthCheck: { path: '/', interval: Duration.seconds(10), timeout: Duration.seconds(5), healthyThresholdCount: 2, unhealthyThresholdCount: 3 },
    }));
    const rule = new elb.ApplicationListenerRule(this, 'Traffic', {
      listener, priority: 50000, conditions: [elb.ListenerCondition.pathPatterns(['*'])],
      action: elb.ListenerAction.weightedForward([{ targetGroup, weight: 100 }, { targetGroup: alternateTargetGroup, weight: 0 }]),
    });
    acknowledge(listener, 'plain HTTP: there is no certificate', 'Annotation::CKV_AWS_2', 'Annotation::CKV_AWS_103', 'cfn-guard::CT.ELASTICLOADBALANCING.PR.1', ...packs('ELBv2ACMCertificateRequired'));
    const role = new ExactRole(this, 'TrafficRole', new iam.ServicePrincipal('ecs.amazonaws.com'), `Moves traffic of ${this.node.path}`)
      .mayWidely('has no resource level', ['DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`))
      .may(['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'], [targetGroup.targetGroupArn, alternateTargetGroup.targetGroupArn])
      .may(['elasticloadbalancing:ModifyListener'], [listener.listenerArn]).may(['elasticloadbalancing:ModifyRule'], [rule.listenerRuleArn]);
    targetGroup.addTarget(this.service.loadBalancerTarget({
      containerName: 'app', containerPort: 80,
      alternateTarget: new ecs.AlternateTarget('Traffic', { role: role.closed, alternateTargetGroup, productionListener: ecs.ListenerRuleConfiguration.applicationListenerRule(rule) }),
    }));
    this.service.node.addDependency(role);
    [this.targetGroup, this.alternateTargetGroup] = [targetGroup, alternateTargetGroup];
  }

  alarm(id, metric, threshold, alarmName) {
    const alarm = new cloudwatch.Alarm(this, `${id}Alarm`, {
      metric, threshold, alarmName, evaluationPeriods: 2, alarmDescription: `${id} of ${this.stackName} is out of its limits`,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new cloudwatchActions.SnsAction(this.topic));
  }

  /** What CodePipeline and the projects do with artifacts. */
  mayUseArtifacts(role, write) {
    const objects = [this.artifacts.arnForObjects('*')];
    role.mayWidely('the pipeline names the objects', ['s3:GetObject', 's3:GetObjectVersion'], objects).may(['s3:GetBucketLocation'], [this.artifacts.bucketArn]).may(['kms:Decrypt'], [this.key.keyArn]);
    return write ? role.may(['s3:PutObject'], objects).may(['kms:GenerateDataKey'], [this.key.keyArn]) : role;
  }

  project(id, description, computeType, privileged, commands, environment) {
    const logGroup = this.logGroup(`${id}Logs`);
    const role = this.mayUseArtifacts(new ExactRole(this, `${id}Role`, trusted(this, 'codebuild'), `${description} in ${this.node.path}`), privileged)
      .may(WRITE_LOGS, [logGroup.logGroupArn]).may(['s3:GetBucketAcl'], [this.artifacts.bucketArn]).mayWidely('has no resource level', ['ecr:GetAuthorizationToken']);
    const project = new codebuild.PipelineProject(this, id, {
      role: role.closed, description, encryptionKey: this.key, timeout: Duration.hours(1), logging: { cloudWatch: { logGroup } },
      environment: { buildImage: codebuild.LinuxBuildImage.STANDARD_7_0, computeType, privileged }, environmentVariables: environment,
      buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2', env: { 'shell': 'bash', 'exported-variables': ['IMAGE_DIGEST'] }, phases: { build: { commands } } }),
    });
    acknowledge(project, 'its source is the pipeline', ...packs('CodeBuildProjectSourceRepoUrl'));
    acknowledge(project, 'images are built with Docker', 'cfn-guard::CT.CODEBUILD.PR.4', 'Annotation::AwsSolutions-CB3');
    return { project, role };
  }

  /** Of one action, which the role of the pipeline takes on. */
  actionRole(id, description) {
    const role = new ExactRole(this, `${id}ActionRole`, new iam.ArnPrincipal(this.pipelineRole.roleArn), description);
    this.pipelineRole.may(['sts:AssumeRole'], [role.roleArn]);
    return role;
  }

  road(accessLogs) {
    const repository = (id, options) => new ecr.Repository(this, id, {
      encryptionKey: this.key, imageScanOnPush: true, emptyOnDelete: true, removalPolicy, ...options,
      lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1), rulePriority: 1, description: 'What has no tag is left over' }, { maxImageCount: 30, rulePriority: 2, description: 'The last builds' }],
    });
    this.repository = repository('Repository', { imageTagMutability: ecr.TagMutability.IMMUTABLE });
    const cache = repository('BuildCache', {
      imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION, imageTagMutabilityExclusionFilters: [ecr.ImageTagMutabilityExclusionFilter.wildcard('cache-*')],
    });
    acknowledge(cache, 'a cache is written anew', 'Annotation::CKV_AWS_51', 'cfn-guard::CT.ECR.PR.3');
    const deadLetters = this.deadLetters('RoadDeadLetters');
    this.artifacts = this.bucket('Artifacts', deadLetters, {
      encryption: s3.BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true, serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: 'artifacts/',
    });
    // About as long as what the library writes.
    const commands = (count) => Array.from({ length: count }, (_, index) => `retry docker buildx build --cache-from "type=registry,ref=$CACHE:$BRANCH-${index}" --tag "$REPOSITORY_URI:$TAG" "$BUILD_CONTEXT"`);
    const { project: build, role: buildRole } = this.project('Build', 'Builds the image', codebuild.ComputeType.MEDIUM, true, commands(24), {
      REPOSITORY_URI: { value: this.repository.repositoryUri }, CACHE: { value: cache.repositoryUri }, CONTAINER_NAME: { value: 'app' }, BUILD_CONTEXT: { value: '.' },
    });
    buildRole.may([...PULL, ...PUSH], [cache.repositoryArn]).may([...PULL, ...PUSH, 'ecr:DescribeImages'], [this.repository.repositoryArn]);
    const { project: scan, role: scanRole } = this.project('ImageScan', 'Scans the image', codebuild.ComputeType.SMALL, false, commands(10));
    scanRole.may(PULL, [this.repository.repositoryArn]).may(
      ['CreateReportGroup', 'CreateReport', 'UpdateReport', 'BatchPutTestCases', 'BatchPutCodeCoverages'].map((action) => `codebuild:${action}`), [this.arn('codebuild', `report-group/${scan.projectName}-image-scan`)],
    );
    this.build = build;
    this.createRelease(deadLetters);
    this.createPipeline(build, scan);
    const tell = (id, description, eventPattern, paths) => new events.Rule(this, id, {
      description, eventPattern, targets: [new targets.SnsTopic(this.topic, {
        deadLetterQueue: deadLetters, message: events.RuleTargetInput.fromText([description, ...paths.map((path) => events.EventField.fromPath(path))].join(' ')),
      })],
    });
    tell('FailedExecutions', 'An execution failed', {
      source: ['aws.codepipeline'], detailType: ['CodePipeline Pipeline Execution State Change'], detail: { pipeline: [this.pipeline.pipelineName], state: ['FAILED'] },
    }, ['$.region', '$.detail.pipeline', '$.detail.execution-id']);
    tell('FailedBuilds', 'A build failed', {
      source: ['aws.codebuild'], detailType: ['CodeBuild Build State Change'],
      detail: { 'project-name': [build.projectName, scan.projectName], 'build-status': ['FAILED', 'FAULT', 'TIMED_OUT'] },
    }, ['$.detail.project-name', '$.detail.additional-information.logs.deep-link']);
  }

  /** The function that releases, the role that it takes on at the place, and what both need. */
  createRelease(deadLetters) {
    const functionRole = this.functionRole('ReleaseFunction');
    const role = this.releaseRole = new ExactRole(this, 'ReleaseRole', functionRole, 'Releases images');
    const parameter = new ssm.StringParameter(this, 'Places', {
      description: 'Where releases go', stringValue: this.toJsonString({ Place: [role.roleArn, this.parameter.parameterName, this.region] }),
    });
    this.history = new dynamodb.Table(this, 'History', {
      partitionKey: { name: 'deploymentId', type: dynamodb.AttributeType.STRING }, sortKey: { name: 'timestamp', type: dynamodb.AttributeType.NUMBER },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey: this.key, removalPolicy,
    });
    acknowledge(this.history, 'point-in-time recovery is on', ...packs('DynamoDBInBackupPlan'));
    functionRole.may(['sts:AssumeRole'], [role.roleArn]).may(['ssm:GetParameter'], [parameter.parameterArn])
      .may(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:DescribeImages', 'ecr:DescribeImageScanFindings'], [this.repository.repositoryArn])
      .mayWidely('results of jobs have no resource level', ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'])
      .may(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [this.history.tableArn])
      .may(['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'].map((action) => `kms:${action}`), [this.key.keyArn], { StringEquals: { 'kms:ViaService': `dynamodb.${this.region}.amazonaws.com` } })
      .may(['sns:Publish'], [this.topic.topicArn]).may(['kms:Decrypt', 'kms:GenerateDataKey'], [this.key.keyArn]);
    this.release = this.function('ReleaseFunction', 'deploy/release/release.lambda', functionRole, deadLetters, {
      description: `Releases images for ${this.node.path}`, memorySize: 1024,
      environment: {
        ECR_REPOSITORY: this.repository.repositoryArn, ENVIRONMENT_SUFFIX: '', PIPELINE_NAME: '', PLACES: parameter.parameterName, RECORD_EXPIRY_SECONDS: '',
        RELEASE_TIMEOUT_MINUTES: '60', SNS_TOPIC_ARN: this.topic.topicArn, STATE_TABLE: this.history.tableName,
      },
    });
    this.grantRelease(role);
  }

  /** What the function does at the place. */
  grantRelease(role) {
    const path = `${this.cluster.clusterName}/${this.service.serviceName}`;
    const [all, oneOff] = ['', '-one-off'].map((suffix) => this.arn('ecs', `task-definition/${this.task.family}${suffix}:*`));
    const inCluster = { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } };
    role.may(['ssm:GetParameter'], [this.parameter.parameterArn]).may(['cloudformation:DescribeStacks'], [this.stackId]).may(['ecs:DescribeServices'], [this.service.serviceArn])
      .may(['ecs:UpdateService', 'ecs:ListServiceDeployments'], [this.service.serviceArn])
      .mayWidely('ECS names the deployments', ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'], [this.service.serviceArn, this.arn('ecs', `service-deployment/${path}/*`)])
      .mayWidely('ECS names the revisions', ['ecs:DescribeServiceRevisions'], [this.service.serviceArn, this.arn('ecs', `service-revision/${path}/*`)])
      .may(['ecr:DescribeRepositories', 'ecr:BatchGetImage', 'ecr:BatchCheckLayerAvailability', ...PUSH], [this.released.repositoryArn])
      .mayWidely('has no resource level', ['elasticloadbalancing:DescribeTargetHealth'])
      .may(['cloudwatch:DescribeAlarms'], this.alarmNames.map((name) => this.arn('cloudwatch', `alarm:${name}`)))
      .andFurther().mayWidely('has no resource level', ['ecs:DescribeTaskDefinition']).mayWidely('ECS numbers the revisions', ['ecs:RegisterTaskDefinition'], [all, oneOff])
      .mayWidely('ECS numbers the revisions', ['ecs:RunTask'], [oneOff], inCluster)
      .mayWidely('ECS names the tasks', ['ecs:TagResource'], [all, oneOff, this.arn('ecs', `task/${this.cluster.clusterName}/*`)], { StringEquals: { 'ecs:CreateAction': ['RegisterTaskDefinition', 'RunTask'] } })
      .mayWidely('ECS names the tasks', ['ecs:StopTask'], [this.arn('ecs', `task/${this.cluster.clusterName}/*`)], { StringEquals: { 'aws:ResourceTag/cdk-fargate-cicd:family': `${this.task.family}-one-off` } })
      .mayWidely('ECS names the instances', ['ecs:ListTasks'], [this.arn('ecs', `container-instance/${this.cluster.clusterName}/*`)], inCluster)
      .mayWidely('ECS names the tasks', ['ecs:DescribeTasks'], [this.arn('ecs', `task/${this.cluster.clusterName}/*`)], inCluster)
      .may(['iam:PassRole'], [this.taskRole.roleArn, this.executionRole.roleArn], { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })
      .may(['logs:GetLogEvents'], [this.appLogs.logGroupArn]);
  }

  createPipeline(build, scan) {
    const connection = new codeconnections.CfnConnection(this, 'Connection', { connectionName: `c-${this.stackName}`.slice(0, 32), providerType: 'GitHub' });
    this.pipelineRole = this.mayUseArtifacts(new ExactRole(this, 'PipelineRole', trusted(this, 'codepipeline'), `Runs the pipeline ${this.node.path}`), true);
    const source = new codepipeline.Artifact('Source');
    const image = new codepipeline.Artifact('BuildImage');
    const sourceRole = this.mayUseArtifacts(this.actionRole('Source', 'Fetches example-org/shop'), true)
      .may(['codeconnections:UseConnection', 'codestar-connections:UseConnection'], [connection.attrConnectionArn]).may(['s3:PutObjectAcl'], [this.artifacts.arnForObjects('*')]);
    const starts = (id, { projectArn }) => this.actionRole(id, `Starts the project of the action ${id}`).may(['codebuild:BatchGetBuilds', 'codebuild:StartBuild'], [projectArn]);
    const [buildRole, scanRole] = [starts('Build', build), starts('ImageScan', scan)];
    const invokingRole = this.actionRole('Release', 'Invokes the release function').may(['lambda:InvokeFunction'], [this.release.functionArn]);
    const sourceAction = new actions.CodeStarConnectionsSourceAction({
      actionName: 'Source', owner: 'example-org', repo: 'shop', branch: 'main', connectionArn: connection.attrConnectionArn, output: source,
      triggerOnPush: false, variablesNamespace: 'Source', role: sourceRole.closed,
    });
    this.pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      role: this.pipelineRole.closed, pipelineType: codepipeline.PipelineType.V2, artifactBucket: this.artifacts,
      stages: [
        { stageName: 'Source', actions: [sourceAction] },
        { stageName: 'Build', actions: [new actions.CodeBuildAction({ actionName: 'Build', project: build, input: source, outputs: [image], variablesNamespace: 'Build', role: buildRole.closed })] },
        {
          stageName: 'Check',
          actions: [new actions.CodeBuildAction({
            actionName: 'ImageScan', project: scan, input: source, type: actions.CodeBuildActionType.TEST, role: scanRole.closed,
            environmentVariables: { IMAGE_URI: { value: `${this.repository.repositoryUri}@#{Build.IMAGE_DIGEST}` } },
          })],
        },
        {
          stageName: 'Deploy',
          actions: [new actions.LambdaInvokeAction({
            actionName: 'Release', lambda: this.release, role: invokingRole.closed, variablesNamespace: 'Deploy',
            userParameters: {
              task: 'release', place: 'Place', roleArn: this.releaseRole.roleArn, parameterName: this.parameter.parameterName, region: this.region,
              digest: '#{Build.IMAGE_DIGEST}', commit: '#{Source.CommitId}', commitTime: '#{Source.AuthorDate}', executionId: codepipeline.GlobalVariables.executionId,
            },
          })],
        },
      ],
      triggers: [{
        providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
        gitConfiguration: { sourceAction, pushFilter: [{ branchesIncludes: ['main'] }] },
      }],
    });
    // It runs as soon as it is made.
    this.pipeline.node.addDependency(this.pipelineRole, sourceRole, buildRole, scanRole, invokingRole);
    acknowledge(this.pipeline, 'explicit order made by CDK', 'cfn-lint::W3005', 'CloudFormation-Validate::W3005');
  }

  watch() {
    const failed = new cloudwatch.Metric({
      namespace: 'AWS/CodePipeline', metricName: 'FailedPipelineExecutions', statistic: 'Sum', dimensionsMap: { PipelineName: this.pipeline.pipelineName },
    });
    this.alarm('FailedExecutions', failed, 1, `failed-${this.stackName}`);
    this.alarm('ReleaseFunctionErrors', this.release.metricErrors(), 1, `errors-${this.stackName}`);
    const graph = (title, ...left) => new cloudwatch.GraphWidget({ title, left, width: 8 });
    const [both, period] = [['Average', 'Maximum'], Duration.minutes(1)];
    const running = (metricName) => new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights', metricName, period, dimensionsMap: { ClusterName: this.cluster.clusterName, ServiceName: this.service.serviceName },
    });
    const { metrics } = this.loadBalancer;
    // What the release function measures.
    const measured = (metricName, statistic) => new cloudwatch.Metric({
      namespace: 'cdk-fargate-cicd', metricName, statistic, period: Duration.days(1), label: 'Place', dimensionsMap: { ReleaseFunction: this.release.functionName, Place: 'Place' },
    });
    const failureRate = new cloudwatch.MathExpression({
      expression: '100 * failed / all', label: 'Place (%)', period: Duration.days(1), usingMetrics: { failed: measured('Failures', 'Sum'), all: measured('Deployments', 'Sum') },
    });
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: `dashboard-${this.stackName}`,
      widgets: [
        [
          graph('CPU', ...both.map((statistic) => this.service.metricCpuUtilization({ statistic, period }))),
          graph('Memory', ...both.map((statistic) => this.service.metricMemoryUtilization({ statistic, period }))),
        ],
        [
          graph('Load balancer', metrics.targetResponseTime(), metrics.requestCount()),
          graph('Errors', metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT), metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT), metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_4XX_COUNT)),
          graph('Tasks', running('RunningTaskCount'), running('DesiredTaskCount')),
        ],
        [graph('Executions', failed.with({ metricName: 'PipelineDuration', statistic: 'SampleCount' }), failed)],
        [
          graph('Deployments', measured('Deployments', 'Sum')), graph('Failure rate', failureRate), graph('Lead time', measured('LeadTime', 'p50')),
          graph('Time to restore', measured('TimeToRestore', 'p50')),
        ],
      ],
    });
  }
}

module.exports = { ByHand };
