import { type ContainerDefinition, type Failure, type KeyValuePair, type LogConfiguration, RegisterTaskDefinitionCommand, RunTaskCommand, type NetworkConfiguration, type TaskOverride } from '@aws-sdk/client-ecs';
import { decisive, type OneOff, TESTS } from './one-off';
import { isError, Later, ReleaseFailure } from '../../release/failure';
import { acceptedFields, carriesOver, EXECUTION_TAG, JOB_TAG, readTaskDefinition } from '../../release/service/task-definition';
import { UPLOAD_VARIABLE, uploadUrl } from '../result/upload';
import { BEGUN_TAG, FAMILY_TAG, NAME_TAG, UNTIL_TAG } from '../tags';

/** A revision of the family of one-off tasks, which is a ticket too, and the network in which it will run. */
export interface Ticket {
  readonly taskDefinition: string;
  readonly network: NetworkConfiguration;
}

/** Registers a copy of the model in which image, command and variables of one container differ, with the container of the tests beside it. */
export async function register(run: OneOff): Promise<Ticket> {
  const { clients, family, log, progress, request, settings } = run;
  const { taskDefinition: model, network } = await run.model();
  const base = await readTaskDefinition(run, model);
  if (!base) throw new ReleaseFailure(`the task definition ${model} does not exist any more`, [], 'ConfigurationError');
  const { taskDefinition } = await clients.ecs.send(new RegisterTaskDefinitionCommand({
    ...acceptedFields(base.definition),
    family,
    containerDefinitions: containers(run, base.definition.containerDefinitions!, model),
    tags: [
      ...base.tags.filter(carriesOver),
      { key: JOB_TAG, value: progress.job }, { key: EXECUTION_TAG, value: request.executionId }, { key: NAME_TAG, value: settings.name },
    ],
  }));
  log('The task definition is registered', { taskDefinition: taskDefinition!.taskDefinitionArn, model });
  return { taskDefinition: taskDefinition!.taskDefinitionArn!, network };
}

function containers({ containerName, image, logGroupName, settings }: OneOff, present: ContainerDefinition[], model: string): ContainerDefinition[] {
  const { command, environment, tests } = settings;
  const main = present.find(({ name }) => name === containerName);
  const refuse = (what: string) => new ReleaseFailure(`the task definition ${model} has ${what}`, [], 'ConfigurationError');
  if (!main) throw refuse(`no container ${containerName}`);
  if (tests && present.some(({ name }) => name === TESTS)) throw refuse(`a container ${TESTS} already: give it another name`);
  const neighbours = present.filter((container) => container !== main);
  const late = neighbours.find(({ dependsOn = [] }) => dependsOn.some((awaited) => awaited.containerName === containerName && ['COMPLETE', 'SUCCESS'].includes(awaited.condition!)));
  if (late) throw refuse(`a container ${late.name} that waits for the end of ${containerName}, with which a one-off task is over`);
  // A command that ends has nothing to be asked for its health. ECS would start one that has ended again, by a policy.
  const { healthCheck: given, restartPolicy, ...rest } = main;
  const healthCheck = command ? undefined : given;
  const logConfiguration = readable(main, present, logGroupName);
  return [
    ...neighbours.map((neighbour) => healthCheck ? neighbour : impatient(neighbour, containerName)),
    {
      ...rest,
      ...healthCheck ? { healthCheck } : {},
      image,
      logConfiguration,
      essential: true,
      command: command ?? main.command,
      environment: merged(main.environment, environment),
    },
    ...tests ? [{
      name: TESTS,
      image: tests.image,
      essential: true,
      command: tests.command,
      environment: merged([], tests.environment),
      logConfiguration,
      dependsOn: [{ containerName, condition: healthCheck ? 'HEALTHY' as const : 'START' as const }],
    }] : [],
  ];
}

/** ECS refuses a definition in which one waits for the health of another that is never asked for it. */
function impatient({ dependsOn, ...neighbour }: ContainerDefinition, of: string): ContainerDefinition {
  return { ...neighbour, dependsOn: dependsOn?.map((awaited) => awaited.containerName === of && awaited.condition === 'HEALTHY' ? { ...awaited, condition: 'START' } : awaited) };
}

/** What FireLens takes elsewhere would prove nothing here, so it goes where a neighbour writes in the log group of the place: the execution role may do that. */
function readable({ logConfiguration }: ContainerDefinition, present: ContainerDefinition[], logGroupName: string | undefined): LogConfiguration | undefined {
  if (logConfiguration?.logDriver !== 'awsfirelens' || logGroupName === undefined) return logConfiguration;
  return present.map((neighbour) => neighbour.logConfiguration).find((one) => one?.options?.['awslogs-group'] === logGroupName) ?? logConfiguration;
}

function merged(present: KeyValuePair[] = [], more: Record<string, string> = {}): KeyValuePair[] {
  return [...present.filter(({ name }) => !(name! in more)), ...Object.entries(more).map(([name, value]) => ({ name, value }))];
}

/** The address of the report is good for this one task: it does not belong into a task definition, which stays. */
async function overrides(run: OneOff): Promise<TaskOverride | undefined> {
  const { settings: { uploads } } = run;
  return uploads && { containerOverrides: [{ name: decisive(run), environment: [{ name: UPLOAD_VARIABLE, value: await uploadUrl(run, uploads) }] }] };
}

/**
 * Starts the task and answers its ARN. ECS knows the job by its token for 24 hours: told twice, it starts one task.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
 */
export async function start(run: OneOff, { taskDefinition, network }: Ticket): Promise<string> {
  const { clients, clusterArn, deadline, family, log, progress, request, settings } = run;
  try {
    const { tasks, failures } = await clients.ecs.send(new RunTaskCommand({
      cluster: clusterArn,
      taskDefinition,
      launchType: 'FARGATE',
      networkConfiguration: network,
      overrides: await overrides(run),
      clientToken: progress.job,
      // The lock knows tasks by it; tags of a task go when it stops.
      startedBy: settings.name,
      tags: [
        { key: FAMILY_TAG, value: family }, { key: JOB_TAG, value: progress.job }, { key: EXECUTION_TAG, value: request.executionId },
        { key: BEGUN_TAG, value: new Date(progress.startedAt).toISOString() }, { key: UNTIL_TAG, value: new Date(deadline).toISOString() },
      ],
    }));
    if (!tasks?.length) throw await refused(run, failures);
    log('The task is started', { task: tasks[0].taskArn, taskDefinition });
    return tasks[0].taskArn!;
  } catch (error) {
    const [task] = isError(error, 'ConflictException') ? (error as { resourceIds?: string[] }).resourceIds ?? [] : [];
    if (!task) throw error;
    log('The task was started by another invocation of this job', { task });
    return task;
  }
}

/** Between two tries when Fargate has no room. */
const UNTIL_ROOM = 30_000;

/** Fargate without capacity has some again soon; everything else is final. The next try is one of another invocation, which CodePipeline makes for an execution that goes on. */
async function refused({ deadline, time }: OneOff, failures: Failure[] = []): Promise<Error> {
  const why = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(', ')).join('; ') || 'it does not say why';
  if (!/capacity/i.test(why) || time.now() >= deadline) return new ReleaseFailure(`ECS did not start the task: ${why}`);
  await time.sleep(UNTIL_ROOM);
  return new Later(`Waiting for room on Fargate: ${why}`, 50);
}
