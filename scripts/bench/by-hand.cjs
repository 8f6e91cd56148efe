// What a careful person writes with the L2 constructs of aws-cdk-lib for the same resources that `new FargateCicdPipeline` has by default.
// Only made to be measured: bench.mjs compares the counts of resource types, so that neither side has less to do.
const { join } = require('node:path');
const { CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } = require('aws-cdk-lib');
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

class ByHand extends Stack {
  constructor(scope, id) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', { description: `Encrypts everything of ${id}`, enableKeyRotation: true, removalPolicy });
    this.topic = new sns.Topic(this, 'Topic', { masterKey: this.key });
    for (const service of ['cloudwatch', 'events', 'codestar-notifications']) {
      const principal = new iam.ServicePrincipal(`${service}.amazonaws.com`);
      this.topic.addToResourcePolicy(new iam.PolicyStatement({
        actions: ['sns:Publish'], principals: [principal], resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }));
      this.key.grant(principal, 'kms:Decrypt', 'kms:GenerateDataKey*');
    }
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'], resources: ['*'],
      principals: [new iam.ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${this.partition}:logs:${this.region}:${this.account}:log-group:*` } },
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
      ConnectionHandshake: `https://${this.region}.console.aws.amazon.com/codesuite/settings/connections?region=${this.region}`,
      PipelineUrl: `https://${this.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${this.pipeline.pipelineName}/view?region=${this.region}`,
      DashboardUrl: `https://${this.region}.console.aws.amazon.com/cloudwatch/home?region=${this.region}#dashboards/dashboard/${this.dashboard.dashboardName}`,
    })) new CfnOutput(this, `${name}Output`, { value, description: `${name}: where to find it after the deployment` });
  }

  deadLetters(id) {
    return new sqs.Queue(this, id, { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy });
  }

  logGroup(id) {
    return new logs.LogGroup(this, id, { encryptionKey: this.key, retention: logs.RetentionDays.ONE_YEAR, removalPolicy });
  }

  function(id, folder, deadLetters, environment) {
    const role = new iam.Role(this, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), description: `Runs the function ${this.node.path}/${id}` });
    const logGroup = this.logGroup(`${id}Logs`);
    logGroup.grantWrite(role);
    return new lambda.Function(this, id, {
      code: lambda.Code.fromAsset(join(assets, folder)), handler: 'index.handler', runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
      role, logGroup, environment, environmentEncryption: this.key, deadLetterQueue: deadLetters, onFailure: new destinations.SqsDestination(deadLetters),
      maxEventAge: Duration.minutes(5), retryAttempts: 0, memorySize: 256, timeout: Duration.minutes(15), tracing: lambda.Tracing.ACTIVE,
    });
  }

  bucket(id, deadLetters, props) {
    const bucket = new s3.Bucket(this, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, removalPolicy, versioned: false,
      lifecycleRules: [{ expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }], ...props,
    });
    const emptier = this.function(`${id}Emptier`, 'common/empty-bucket/empty-bucket.lambda', deadLetters);
    bucket.grantDelete(emptier);
    const emptying = new CustomResource(this, `${id}Emptying`, {
      serviceToken: emptier.functionArn, resourceType: 'Custom::EmptyBucket', properties: { BucketName: bucket.bucketName }, removalPolicy,
    });
    emptying.node.addDependency(emptier.role);
    return bucket;
  }

  place(accessLogs) {
    this.vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
    const flowRole = new iam.Role(this, 'FlowLogsRole', { assumedBy: trusted(this, 'vpc-flow-logs'), description: `Writes the flow logs of ${this.node.path}` });
    this.vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(this.logGroup('FlowLogs'), flowRole) });
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.ENHANCED });
    this.released = new ecr.Repository(this, 'Released', {
      encryptionKey: this.key, imageScanOnPush: true, emptyOnDelete: true, removalPolicy, lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1), rulePriority: 1, description: 'What has no tag is left over' }, { maxImageCount: 20, rulePriority: 2, description: 'The last releases' }],
    });
    const taskRole = (id, description) => new iam.Role(this, id, {
      description: `${description} (${this.node.path})`,
      assumedBy: trusted(this, 'ecs-tasks').withConditions({ ArnLike: { 'aws:SourceArn': `arn:${this.partition}:ecs:${this.region}:${this.account}:*` } }),
    });
    this.task = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      taskRole: taskRole('TaskRole', 'What the application may do'), executionRole: taskRole('ExecutionRole', 'Pulls the image, reads secrets and writes logs'),
      cpu: 512, memoryLimitMiB: 1024, family: `task-${this.stackName}`,
      runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    });
    this.task.addContainer('app', {
      image: ecs.ContainerImage.fromEcrRepository(this.released, 'released'), portMappings: [{ containerPort: 80 }],
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'app', logGroup: this.logGroup('Logs'), mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
      environment: { PORT: '80' }, versionConsistency: ecs.VersionConsistency.DISABLED,
    });
    const putter = this.function('FirstImageFunction', 'deploy/first-image/first-image.lambda', this.deadLetters('PlaceDeadLetters'));
    this.released.grantPullPush(putter);
    const first = new CustomResource(this, 'FirstImage', {
      serviceToken: putter.functionArn, resourceType: 'Custom::FirstImage',
      properties: { RepositoryUri: this.released.repositoryUri, RepositoryName: this.released.repositoryName, Tag: 'released', Ports: ['80'], Status: '200' },
    });
    first.node.addDependency(putter.role);
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: this.cluster, taskDefinition: this.task, desiredCount: 2, minHealthyPercent: 100, maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true }, healthCheckGracePeriod: Duration.seconds(60), propagateTags: ecs.PropagatedTagSource.SERVICE,
      enableECSManagedTags: true, availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      securityGroups: [new ec2.SecurityGroup(this, 'ServiceGroup', { vpc: this.vpc, description: 'Tasks: only the load balancer gets in' })],
    });
    this.service.node.addDependency(first);
    this.loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: this.vpc, internetFacing: true, dropInvalidHeaderFields: true, desyncMitigationMode: elb.DesyncMitigationMode.DEFENSIVE,
      securityGroup: new ec2.SecurityGroup(this, 'LoadBalancerGroup', { vpc: this.vpc, description: 'Clients', allowAllOutbound: false }),
    });
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', accessLogs.bucketName);
    accessLogs.grantPut(new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com'));
    this.traffic();
    const period = Duration.minutes(1);
    this.metrics = {
      Cpu: [this.service.metricCpuUtilization({ period }), 80], Memory: [this.service.metricMemoryUtilization({ period }), 80],
      Http5xx: [this.targetGroup.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT), 10],
      Latency: [this.targetGroup.metrics.targetResponseTime(), 5], UnhealthyHosts: [this.targetGroup.metrics.unhealthyHostCount(), 1],
    };
    const names = Object.entries(this.metrics).map(([name, [metric, threshold]]) => {
      const alarmName = `${name}-${this.stackName}`;
      this.alarm(name, metric, threshold, alarmName);
      return alarmName;
    });
    this.service.enableDeploymentAlarms(names, { behavior: ecs.AlarmBehavior.ROLLBACK_ON_ALARM });
    new ssm.StringParameter(this, 'Place', {
      parameterName: `/by-hand/${this.stackName}`, description: 'What a release needs to know',
      stringValue: this.toJsonString({
        clusterArn: this.cluster.clusterArn, serviceArn: this.service.serviceArn, containerName: 'app', taskDefinitionArn: this.task.taskDefinitionArn,
        repositoryUri: this.released.repositoryUri, targetGroupArn: this.targetGroup.targetGroupArn, url: this.loadBalancer.loadBalancerDnsName,
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
    const role = new iam.Role(this, 'TrafficRole', { assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'), description: `Moves traffic of ${this.node.path}` });
    for (const [actions, resources] of [
      [['DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth'], ['*']],
      [['RegisterTargets', 'DeregisterTargets'], [targetGroup.targetGroupArn, alternateTargetGroup.targetGroupArn]],
      [['ModifyListener'], [listener.listenerArn]], [['ModifyRule'], [rule.listenerRuleArn]],
    ]) role.addToPolicy(new iam.PolicyStatement({ actions: actions.map((action) => `elasticloadbalancing:${action}`), resources }));
    targetGroup.addTarget(this.service.loadBalancerTarget({
      containerName: 'app', containerPort: 80,
      alternateTarget: new ecs.AlternateTarget('Traffic', { role, alternateTargetGroup, productionListener: ecs.ListenerRuleConfiguration.applicationListenerRule(rule) }),
    }));
    this.targetGroup = targetGroup;
  }

  alarm(id, metric, threshold, alarmName) {
    const alarm = new cloudwatch.Alarm(this, `${id}Alarm`, {
      metric, threshold, alarmName, evaluationPeriods: 2, alarmDescription: `${id} of ${this.stackName} is out of its limits`,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new cloudwatchActions.SnsAction(this.topic));
  }

  project(id, description, computeType, privileged, commands, environment) {
    return new codebuild.PipelineProject(this, id, {
      role: new iam.Role(this, `${id}Role`, { assumedBy: trusted(this, 'codebuild'), description: `${description} in ${this.node.path}` }),
      description, encryptionKey: this.key, timeout: Duration.hours(1), logging: { cloudWatch: { logGroup: this.logGroup(`${id}Logs`) } },
      environment: { buildImage: codebuild.LinuxBuildImage.STANDARD_7_0, computeType, privileged }, environmentVariables: environment,
      buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2', env: { 'shell': 'bash', 'exported-variables': ['IMAGE_DIGEST'] }, phases: { build: { commands } } }),
    });
  }

  road(accessLogs) {
    const repository = (id) => new ecr.Repository(this, id, {
      encryptionKey: this.key, imageScanOnPush: true, emptyOnDelete: true, removalPolicy, imageTagMutability: ecr.TagMutability.IMMUTABLE,
      lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1), rulePriority: 1, description: 'What has no tag is left over' }, { maxImageCount: 30, rulePriority: 2, description: 'The last builds' }],
    });
    this.repository = repository('Repository');
    const cache = repository('BuildCache');
    const deadLetters = this.deadLetters('RoadDeadLetters');
    this.artifacts = this.bucket('Artifacts', deadLetters, {
      encryption: s3.BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true, serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: 'artifacts/',
    });
    // About as long as what the library writes.
    const commands = (count) => Array.from({ length: count }, (_, index) => `retry docker buildx build --cache-from "type=registry,ref=$CACHE:$BRANCH-${index}" --tag "$REPOSITORY_URI:$TAG" "$BUILD_CONTEXT"`);
    const build = this.build = this.project('Build', 'Builds the image', codebuild.ComputeType.MEDIUM, true, commands(24), {
      REPOSITORY_URI: { value: this.repository.repositoryUri }, CACHE: { value: cache.repositoryUri }, CONTAINER_NAME: { value: 'app' }, BUILD_CONTEXT: { value: '.' },
    });
    this.repository.grantPullPush(build);
    cache.grantPullPush(build);
    const scan = this.project('ImageScan', 'Scans the image', codebuild.ComputeType.SMALL, false, commands(10));
    this.repository.grantPull(scan);
    this.release = this.function('ReleaseFunction', 'deploy/release/release.lambda', deadLetters, { ECR_REPOSITORY: this.repository.repositoryArn });
    this.repository.grantPull(this.release);
    new dynamodb.Table(this, 'History', {
      partitionKey: { name: 'deploymentId', type: dynamodb.AttributeType.STRING }, sortKey: { name: 'timestamp', type: dynamodb.AttributeType.NUMBER },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey: this.key, removalPolicy,
    }).grantWriteData(this.release);
    const releaseRole = new iam.Role(this, 'ReleaseRole', { assumedBy: this.release.role, description: 'Releases images' });
    this.released.grantPullPush(releaseRole);
    const may = (granted, resources) => releaseRole.addToPolicy(new iam.PolicyStatement({ actions: granted, resources }));
    may(['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListTasks'], [this.service.serviceArn]);
    may(['ecs:DescribeTaskDefinition', 'ecs:RegisterTaskDefinition', 'ecs:TagResource'], [`arn:${this.partition}:ecs:${this.region}:${this.account}:task-definition/task-${this.stackName}:*`]);
    may(['elasticloadbalancing:DescribeTargetHealth', 'elasticloadbalancing:DescribeTargetGroups'], ['*']);
    // Rights in two policies, as a role needs whose names are long.
    new iam.ManagedPolicy(this, 'ReleaseRights', { roles: [releaseRole], statements: [new iam.PolicyStatement({ actions: ['ecs:ListServiceDeployments'], resources: [this.service.serviceArn] })] });
    new ssm.StringParameter(this, 'Places', { description: 'Where releases go', stringValue: this.toJsonString({ Place: [releaseRole.roleArn, this.region] }) });
    may(['ssm:GetParameter'], [`arn:${this.partition}:ssm:${this.region}:${this.account}:parameter/by-hand/${this.stackName}`]);
    this.task.taskRole.grantPassRole(releaseRole);
    this.task.executionRole.grantPassRole(releaseRole);

    const connection = new codeconnections.CfnConnection(this, 'Connection', { connectionName: `c-${this.stackName}`.slice(0, 32), providerType: 'GitHub' });
    const source = new codepipeline.Artifact('Source');
    const image = new codepipeline.Artifact('BuildImage');
    const sourceAction = new actions.CodeStarConnectionsSourceAction({
      actionName: 'Source', owner: 'example-org', repo: 'shop', branch: 'main', connectionArn: connection.attrConnectionArn, output: source,
      triggerOnPush: false, variablesNamespace: 'Source',
    });
    this.pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      role: new iam.Role(this, 'PipelineRole', { assumedBy: trusted(this, 'codepipeline'), description: `Runs the pipeline ${this.node.path}` }),
      pipelineType: codepipeline.PipelineType.V2, artifactBucket: this.artifacts,
      stages: [
        { stageName: 'Source', actions: [sourceAction] },
        { stageName: 'Build', actions: [new actions.CodeBuildAction({ actionName: 'Build', project: build, input: source, outputs: [image], variablesNamespace: 'Build' })] },
        {
          stageName: 'Check',
          actions: [new actions.CodeBuildAction({
            actionName: 'ImageScan', project: scan, input: source, type: actions.CodeBuildActionType.TEST,
            environmentVariables: { IMAGE_URI: { value: `${this.repository.repositoryUri}@#{Build.IMAGE_DIGEST}` } },
          })],
        },
        {
          stageName: 'Deploy',
          actions: [new actions.LambdaInvokeAction({
            actionName: 'Release', lambda: this.release,
            userParameters: { task: 'release', roleArn: releaseRole.roleArn, digest: '#{Build.IMAGE_DIGEST}', commit: '#{Source.CommitId}', region: this.region },
          })],
        },
      ],
      triggers: [{
        providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
        gitConfiguration: { sourceAction, pushFilter: [{ branchesIncludes: ['main'] }] },
      }],
    });
    const tell = (id, description, eventPattern) => new events.Rule(this, id, {
      description, eventPattern, targets: [new targets.SnsTopic(this.topic, {
        deadLetterQueue: deadLetters, message: events.RuleTargetInput.fromText(`${description}: ${events.EventField.fromPath('$.detail.pipeline')} in ${events.EventField.fromPath('$.region')}`),
      })],
    });
    tell('FailedExecutions', 'An execution failed', {
      source: ['aws.codepipeline'], detailType: ['CodePipeline Pipeline Execution State Change'], detail: { pipeline: [this.pipeline.pipelineName], state: ['FAILED'] },
    });
    tell('FailedBuilds', 'A build failed', {
      source: ['aws.codebuild'], detailType: ['CodeBuild Build State Change'],
      detail: { 'project-name': [build.projectName, scan.projectName], 'build-status': ['FAILED', 'FAULT', 'TIMED_OUT'] },
    });
  }

  watch() {
    const failed = new cloudwatch.Metric({
      namespace: 'AWS/CodePipeline', metricName: 'FailedPipelineExecutions', statistic: 'Sum', dimensionsMap: { PipelineName: this.pipeline.pipelineName },
    });
    this.alarm('FailedExecutions', failed, 1, `failed-${this.stackName}`);
    this.alarm('ReleaseFunctionErrors', this.release.metricErrors(), 1, `errors-${this.stackName}`);
    const graphs = [
      ...Object.values(this.metrics).map(([metric]) => metric), failed, this.release.metricErrors(), this.release.metricDuration(),
      this.loadBalancer.metrics.requestCount(), this.loadBalancer.metrics.activeConnectionCount(), this.targetGroup.metrics.healthyHostCount(),
    ].map((metric, index) => new cloudwatch.GraphWidget({ title: `Graph ${index}`, left: [metric], width: 8 }));
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', { dashboardName: `dashboard-${this.stackName}`, widgets: [graphs] });
  }
}

module.exports = { ByHand };
