import type { PlaceClients } from './clients';
import { isPassing, Later, ReleaseFailure } from './failure';
import type { Repository } from './image/repository';
import type { ReleaseRequest } from './release-request';
import type { PublishedPlace } from '../published-place';

/** Time as the release sees it; the tests bring a clock of their own. */
export interface Time {
  /** Now, in milliseconds since 1970. */
  now(): number;
  /** Waits. */
  sleep(milliseconds: number): Promise<unknown>;
  /** Milliseconds until Lambda ends this invocation. */
  left(): number;
}

/** A layer on its way, kept in the continuation token: the next invocation goes on at the offset. */
export interface LayerUpload {
  readonly digest: string;
  readonly uploadId: string;
  offset: number;
}

/**
 * What the next invocation must know, kept in CodePipeline's continuation token (at most 2,048 characters: two ARNs of
 * longest names and the rest fit).
 */
export interface Progress {
  /** The action's first job. Each continuation is a job of its own, so this one names the release through all of them. */
  readonly job: string;
  /** When the release began. */
  readonly startedAt: number;
  /** The image is in the place's repository. */
  copied?: boolean;
  /** Layer that is being copied. */
  upload?: LayerUpload;
  /** Task definition that the service was told to run, until its service deployment is found. */
  registered?: string;
  /** Deployment that is followed: ARN of ECS's, id of CodeDeploy's. */
  deployment?: string;
  /** Service revision that must run in the end. */
  revision?: string;
  /** Last stage that the deployment was seen in, when its strategy has stages. */
  stage?: string;
  /** The service ran the image before this release. */
  alreadyRunning?: boolean;
  /** What only the record of the release is about. */
  facts?: RecordedFacts;
  /** Wait with a limit of its own that is under way. */
  wait?: { readonly name: string; readonly since: number };
}

/** What a release learns on its way and its record says. */
export interface RecordedFacts {
  readonly strategy: string;
  /** What the tag of released images named before. */
  previousDigest?: string;
  copiedAt?: number;
  deployedAt?: number;
}

/** One line of the function's log. Never takes the event or anything of it that is secret. */
export type Log = (message: string, details?: Record<string, unknown>) => void;

/** One JSON object a line, with fields that are chosen one by one; first what all lines are about. */
export const logAbout = (about: Record<string, string>): Log => (message, details) => console.log(JSON.stringify({ message, ...about, ...details }));

/** One invocation's view of a release. */
export interface Run {
  readonly request: ReleaseRequest;
  readonly progress: Progress;
  readonly time: Time;
  /** When the whole release must be over. */
  readonly deadline: number;
  readonly log: Log;
  readonly place: PublishedPlace;
  readonly clients: PlaceClients;
  /** Build repository, read with the function's own rights. */
  readonly source: Repository;
  /** The place's repository, written with the rights of its release role. */
  readonly target: Repository;
  /** Image in the place's repository, by digest. */
  readonly image: string;
}

/** What it takes to copy an image; the first image of a place is copied without a release. */
export type Copying = Pick<Run, 'source' | 'target' | 'progress' | 'deadline'> & { readonly time: Pick<Time, 'now' | 'left'> };

/** What it takes to wait. */
export type Waiting = Pick<Run, 'progress' | 'time' | 'deadline' | 'log'>;

/** Seconds between two looks at AWS: a failure is told within seconds, far below any rate limit. */
const POLL = 5_000;
/** Kept back at the end of an invocation for the call under way and for the reply to CodePipeline. */
export const RESERVE = 10_000;
/** Kept back for the reply alone, when the call under way takes longer than that. */
const LAST_MOMENT = 4_000;

export interface Wait<T> {
  /** Tells waits apart in the continuation token. */
  readonly name: string;
  /** Limit of this wait; the limit of the whole release holds anyway. */
  readonly limit?: number;
  /** Looks; undefined means not yet. */
  probe(): Promise<T | undefined>;
  /** Where it stands, for the pipeline's console. */
  progress(): { readonly summary: string; readonly percent: number };
  /** Why the release fails when the time is over. */
  expired(): Promise<Error> | Error;
}

/** Looks every few seconds until there is an answer; across invocations, if need be. */
export async function waitFor<T>(run: Waiting, wait: Wait<T>): Promise<T> {
  const { progress, time } = run;
  if (progress.wait?.name !== wait.name) progress.wait = { name: wait.name, since: time.now() };
  const until = Math.min(progress.wait.since + (wait.limit ?? Infinity), run.deadline);
  for (;;) {
    const answer = await look(run, wait);
    if (answer !== undefined) {
      delete progress.wait;
      return answer;
    }
    if (time.now() >= until) throw await wait.expired();
    const { summary, percent } = wait.progress();
    if (time.left() < RESERVE + POLL) throw new Later(summary, percent);
    await time.sleep(POLL);
  }
}

/**
 * Work, unless it hangs: with the retries of the SDK one call may outlast the invocation, and CodePipeline would wait for a reply that Lambda has cut off until its own time
 * is over. Such work is left alone, as that of an event which is delivered twice is: the next invocation goes on with what AWS and the token know.
 */
export async function inTime<T>(time: Pick<Time, 'left'>, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Later('AWS takes long to answer')), time.left() - LAST_MOMENT);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** To be called between steps that can be taken up again: ends the invocation, or the release, when its time is over. */
export function checkTime(run: Pick<Copying, 'time' | 'deadline' | 'progress'>, summary: string, percent: number): void {
  if (run.time.now() >= run.deadline) {
    throw new ReleaseFailure(`the release took longer than ${minutes(run)} minutes; it ended while ${summary}`);
  }
  if (run.time.left() < RESERVE) throw new Later(summary, percent);
}

/** Minutes that the release may take. */
export function minutes({ deadline, progress }: Pick<Run, 'deadline' | 'progress'>): number {
  return Math.round((deadline - progress.startedAt) / 60_000);
}

/** A look that AWS throttles is no answer, and no failure. */
async function look<T>(run: Waiting, wait: Wait<T>): Promise<T | undefined> {
  try {
    return await wait.probe();
  } catch (error) {
    if (!isPassing(error)) throw error;
    run.log('AWS did not answer, looking again', { wait: wait.name, error: error.name });
    return undefined;
  }
}
