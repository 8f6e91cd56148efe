import { Duration, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { DeployHook } from './deploy-hook';
import { TestListenerOptions } from './test-listener';
import { Inspection } from '../../private/problems';

/** What all strategies have in common that run new tasks beside the old ones and move traffic. */
export interface ShiftOptions {
  /** A second listener that leads to the new tasks before production traffic does. @default - none */
  readonly testListener?: TestListenerOptions;
  /** Functions that are asked on the way, and may end the release. @default - none */
  readonly hooks?: DeployHook[];
}

/** Options of `DeployStrategy.blueGreen`. */
export interface BlueGreenOptions extends ShiftOptions {
  /**
   * How long the old tasks stay after all traffic has moved, so that a rollback takes seconds: 0 to 1440 whole minutes.
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
   */
  readonly bakeTime?: Duration;
}

/** Options of `DeployStrategy.linear`. */
export interface LinearOptions extends BlueGreenOptions {
  /**
   * Share of production traffic that moves in each step, 3 to 100 % in tenths.
   * @default 10
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
   */
  readonly stepPercent?: number;
  /** Pause between two steps, 0 to 1440 whole minutes; there is none after the last. @default Duration.minutes(1) */
  readonly stepBakeTime?: Duration;
}

/** Options of `DeployStrategy.canary`. */
export interface CanaryOptions extends BlueGreenOptions {
  /**
   * Share of production traffic that moves first, 0.1 to 100 % in tenths.
   * @default 5
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
   */
  readonly canaryPercent?: number;
  /** Time until the rest follows, 0 to 1440 whole minutes. @default Duration.minutes(10) */
  readonly canaryBakeTime?: Duration;
}

/** What a strategy means to ECS, and for how long it keeps a release waiting. @internal */
export interface Shift {
  readonly service: Pick<ecs.FargateServiceProps, 'bakeTime' | 'linearConfiguration' | 'canaryConfiguration'>;
  readonly minutes: number;
  readonly inspect: (look: Inspection) => void;
}

/** A release ends within 23 hours; an hour of them is for copying, starting and stopping. */
const LONGEST = 22 * 60;

/** @internal */
export function blueGreenShift({ bakeTime = Duration.minutes(5) }: BlueGreenOptions): Shift {
  return shift({ bakeTime }, [[bakeTime, 1]], (look) => inspectMinutes(look, 'bakeTime', bakeTime));
}

/** @internal */
export function linearShift(options: LinearOptions): Shift {
  const { bakeTime = Duration.minutes(5), stepPercent = 10, stepBakeTime = Duration.minutes(1) } = options;
  return shift({ bakeTime, linearConfiguration: { stepPercent, stepBakeTime } }, [[bakeTime, 1], [stepBakeTime, Math.ceil(100 / stepPercent) - 1]], (look) => {
    inspectMinutes(look, 'bakeTime', bakeTime);
    inspectMinutes(look, 'stepBakeTime', stepBakeTime);
    inspectTenths(look, 'stepPercent', stepPercent, 3);
  });
}

/** @internal */
export function canaryShift(options: CanaryOptions): Shift {
  const { bakeTime = Duration.minutes(5), canaryPercent = 5, canaryBakeTime = Duration.minutes(10) } = options;
  return shift({ bakeTime, canaryConfiguration: { stepPercent: canaryPercent, stepBakeTime: canaryBakeTime } }, [[bakeTime, 1], [canaryBakeTime, 1]], (look) => {
    inspectMinutes(look, 'bakeTime', bakeTime);
    inspectMinutes(look, 'canaryBakeTime', canaryBakeTime);
    inspectTenths(look, 'canaryPercent', canaryPercent, 0.1);
  });
}

/** @internal */
export function inspectLongest(look: Inspection, prop: string, minutes: number): void {
  look.that(minutes <= LONGEST, prop, `${minutes} minutes of waiting in all`, `at most ${LONGEST}, since a release ends within 23 hours`, 'shorten the times or take fewer steps');
}

function shift(service: Shift['service'], waits: [Duration, number][], inspect: Shift['inspect']): Shift {
  // What is no Duration is reported by its own name.
  const minutes = waits.reduce((sum, [wait, times]) => sum + (typeof wait?.toMinutes === 'function' && !wait.isUnresolved() ? times * wait.toSeconds() / 60 : 0), 0);
  return {
    service, minutes,
    inspect: (look) => {
      const found = look.problems.length;
      inspect(look);
      if (look.problems.length === found) inspectLongest(look, 'bakeTime', minutes);
    },
  };
}

function inspectMinutes(look: Inspection, prop: string, time: Duration): void {
  look.literal(prop, time, 'the time of a release follows from it');
  look.seconds(prop, time, 0, 1440 * 60, 'take for example Duration.minutes(5)', 60);
}

function inspectTenths(look: Inspection, prop: string, percent: number, least: number): void {
  look.literal(prop, percent, 'the time of a release follows from it');
  look.number(prop, percent, least, 100, 'take for example 10');
  const tenths = percent * 10;
  look.that(Token.isUnresolved(percent) || typeof percent !== 'number' || Math.abs(tenths - Math.round(tenths)) < 1e-9, prop, percent, 'tenths of a percent', 'take for example 12.5');
}
