import { ECRClient } from '@aws-sdk/client-ecr';
import { CLIENT_SETTINGS, clientsOf } from './clients';
import { engineOf } from './engines';
import { copyImage, manifestToRelease } from './image/copy-image';
import { moveReleasedTag, refuseFixedTag, releasedDigest } from './image/released-tag';
import { parseRepositoryArn, parseRepositoryUri, type Repository, uriOf } from './image/repository';
import { type ArtifactAccess, writeArtifact } from './pipeline/artifact';
import { readPlace } from './place';
import type { ReleaseEnvironment, ReleaseOutcome, ReleaseRequest, ReleaseVariables } from './release-request';
import type { Log, Progress, Run, Time } from './run';
import { readService } from './service/ecs-service';
import { type Proof, verify } from './tasks/verify';

/** What an action ends with. */
export interface Success {
  readonly summary: string;
  readonly variables: ReleaseVariables;
}

/** What the action asks for. Each step may be interrupted and repeated; what is done is known from AWS, or from the token. */
export async function perform(request: ReleaseRequest, progress: Progress, time: Time, log: Log, artifacts: ArtifactAccess): Promise<Success> {
  const run = await open(request, progress, time, log);
  progress.facts ??= { strategy: run.place.strategy };
  switch (request.task) {
    case 'release': return release(run);
    case 'prepare': return prepare(run, artifacts);
    case 'verify': return prove(run);
  }
}

/** The moment when the release must be over. */
export function releaseTime({ startedAt }: Progress): number {
  return startedAt + Number(environment().RELEASE_TIMEOUT_MINUTES ?? 60) * 60_000;
}

/** The whole release. */
async function release(run: Run): Promise<Success> {
  if (run.progress.deployment === undefined) {
    await check(run);
    await copyImage(run);
    run.progress.facts!.copiedAt ??= run.time.now();
    await engineOf(run).start(run);
  }
  return finish(run);
}

/** The part before CodePipeline's own action: the image is in the place, and the artifact tells the action to deploy it. */
async function prepare(run: Run, artifacts: ArtifactAccess): Promise<Success> {
  await check(run);
  await copyImage(run);
  await engineOf(run).waitForQuiet(run);
  await writeArtifact(artifacts, await engineOf(run).artifact(run));
  return {
    summary: `${run.request.digest} may be deployed to ${run.request.place}`,
    variables: variables(run, 'PREPARED'),
  };
}

/** The part after CodePipeline's own action. */
async function prove(run: Run): Promise<Success> {
  if (run.progress.deployment === undefined) {
    await readService(run);
    await engineOf(run).find(run);
    await notePrevious(run);
  }
  return finish(run);
}

/** Before anything is changed: what must be there is there. */
async function check(run: Run): Promise<void> {
  if (run.progress.copied) return;
  await readService(run);
  await manifestToRelease(run);
  await refuseFixedTag(run);
  await notePrevious(run);
}

/** What ran until now, for the record. */
export async function notePrevious(run: Run): Promise<void> {
  run.progress.facts!.previousDigest ??= await releasedDigest(run);
}

/** The tag moves last, and only when all before it has held. */
async function finish(run: Run): Promise<Success> {
  const engine = engineOf(run);
  await engine.follow(run);
  run.progress.facts!.deployedAt ??= run.time.now();
  const proof = await verify(run, () => engine.expected(run), engine.link(run));
  await moveReleasedTag(run);
  return {
    summary: summary(run, proof),
    variables: {
      ...variables(run, outcome(run, proof)),
      TaskDefinitionArn: proof.taskDefinitionArn,
      ...run.place.strategy === 'CODE_DEPLOY' ? { CodeDeployDeploymentId: run.progress.deployment } : { ServiceDeploymentArn: run.progress.deployment },
    },
  };
}

/** One invocation's view of what is asked for. */
export async function open(request: ReleaseRequest, progress: Progress, time: Time, log: Log): Promise<Run> {
  const clients = await clientsOf(request);
  const place = await readPlace(clients, request);
  const source = buildRepository();
  // A place without a repository of its own runs images where they were pushed.
  const { repositoryUri = uriOf(environment().ECR_REPOSITORY) } = place;
  return {
    request,
    progress,
    time,
    log,
    deadline: releaseTime(progress),
    place,
    clients,
    source,
    target: place.repositoryUri === undefined ? source : { client: clients.ecr, ...parseRepositoryUri(repositoryUri) },
    image: `${repositoryUri}@${request.digest}`,
  };
}

/** Read with the function's own rights: the place's account need not see the build repository. */
function buildRepository(): Repository {
  const { region, ...repository } = parseRepositoryArn(environment().ECR_REPOSITORY);
  return { client: new ECRClient({ ...CLIENT_SETTINGS, region }), ...repository };
}

function outcome({ progress }: Run, { tasks }: Proof): ReleaseOutcome {
  if (tasks === 0) return 'NO_TASKS';
  return progress.alreadyRunning ? 'ALREADY_RUNNING' : 'RELEASED';
}

function summary(run: Run, proof: Proof): string {
  const { digest, place } = run.request;
  return {
    RELEASED: `${digest} runs in ${place}: ${proof.tasks} tasks, healthy`,
    ALREADY_RUNNING: `${digest} ran in ${place} already: ${proof.tasks} tasks, healthy`,
    NO_TASKS: `${digest} is deployed to ${place}, but the desired count of the service is 0: no task has proved the image`,
  }[outcome(run, proof) as Exclude<ReleaseOutcome, 'PREPARED'>];
}

function variables({ image, place, request }: Run, what: ReleaseOutcome): ReleaseVariables {
  return { Outcome: what, ServiceUrl: place.url, ImageDigest: request.digest, ImageUri: image };
}

function environment(): ReleaseEnvironment {
  return process.env as unknown as ReleaseEnvironment;
}
