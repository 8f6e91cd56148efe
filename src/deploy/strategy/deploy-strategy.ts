import * as ecs from 'aws-cdk-lib/aws-ecs';
import { CircuitBreaker } from './circuit-breaker';
import { codeDeployMinutes, CodeDeployOptions, inspectCodeDeploy } from './code-deploy/code-deploy-options';
import { DeployHook } from './deploy-hook';
import { RollingOptions, roundingDeadlock } from './rolling';
import { BlueGreenOptions, blueGreenShift, CanaryOptions, canaryShift, LinearOptions, linearShift, Shift, ShiftOptions } from './shifting';
import { inspectTestListener, TestListenerOptions } from './test-listener';
import { Choice, Inspection } from '../../private/problems';
import { PublishedStrategy } from '../published-place';

/** What the service's properties say of the strategy. @internal */
export interface StrategyParts {
  readonly service: Partial<ecs.FargateServiceProps> & Pick<ecs.FargateServiceProps, 'minHealthyPercent' | 'maxHealthyPercent'>;
  /** What aws-cdk-lib has no words for at the minimum version. */
  readonly overrides: Record<string, unknown>;
}

/** How a new image replaces the old one. */
export abstract class DeployStrategy extends Choice {
  /**
   * Tasks are replaced a few at a time. ECS's circuit breaker gives up and rolls back when new tasks keep failing, and so do the
   * alarms of the place.
   */
  static rolling(options: RollingOptions = {}): DeployStrategy {
    return new Rolling(options);
  }

  /** New tasks run beside the old ones; all traffic moves at once; the old ones stay for a while. By ECS itself. */
  static blueGreen(options: BlueGreenOptions = {}): DeployStrategy {
    return new Shifting('BLUE_GREEN', options, blueGreenShift);
  }

  /** As `blueGreen`, but traffic moves in equal steps. By ECS itself. */
  static linear(options: LinearOptions = {}): DeployStrategy {
    return new Shifting('LINEAR', options, linearShift);
  }

  /** As `blueGreen`, but a small share of the traffic moves first. By ECS itself. */
  static canary(options: CanaryOptions = {}): DeployStrategy {
    return new Shifting('CANARY', options, canaryShift);
  }

  /** As `blueGreen`, `linear` or `canary`, but by CodeDeploy, for teams whose rules or tools ask for it. A service is born with it: there is no switch to or from it. */
  static codeDeploy(options: CodeDeployOptions = {}): DeployStrategy {
    return new ByCodeDeploy(options);
  }

  /** What a release must follow. @internal */
  abstract readonly _name: PublishedStrategy;
  /** Minutes that a release waits by itself or lets a hook take, beside the time of starting and stopping. @internal */
  readonly _minutes: number = 0;
  /** @internal */
  readonly _testListener?: TestListenerOptions;
  /** @internal */
  readonly _hooks: DeployHook[] = [];
  /** What CodeDeploy shall do; ECS's own strategies have none. @internal */
  readonly _codeDeploy?: CodeDeployOptions;

  /** @internal */
  abstract _bind(): StrategyParts;

  /** Why a release could never make progress with so many tasks. @internal */
  _deadlock(_tasks: number): string | undefined {
    return undefined;
  }
}

const SHIFTING = ['blueGreen', 'linear', 'canary'];

/** Strategies that have an option which others lack. */
const STRATEGIES_WITH: Record<string, string[]> = {
  minimumHealthyPercent: ['rolling'],
  maximumHealthyPercent: ['rolling'],
  circuitBreaker: ['rolling'],
  testListener: [...SHIFTING, 'codeDeploy'],
  hooks: [...SHIFTING, 'codeDeploy'],
  bakeTime: SHIFTING,
  stepPercent: ['linear'],
  stepBakeTime: ['linear'],
  canaryPercent: ['canary'],
  canaryBakeTime: ['canary'],
  trafficRouting: ['codeDeploy'],
  terminationWait: ['codeDeploy'],
  applicationName: ['codeDeploy'],
  deploymentGroupName: ['codeDeploy'],
};

/** The compiler lets options of another strategy pass when they come in a variable, and JavaScript never asks: they would silently do nothing. */
function inspectStrange(look: Inspection, options: object, strategy: string): void {
  for (const [option, strategies] of Object.entries(STRATEGIES_WITH)) {
    const fits = (options as Record<string, unknown>)[option] === undefined || strategies.includes(strategy);
    look.that(fits, option, `an option of DeployStrategy.${strategies.join(', ')}`, `options of DeployStrategy.${strategy}`, `leave it out, or take DeployStrategy.${strategies[0]}`);
  }
}

class Rolling extends DeployStrategy {
  readonly _name = 'ROLLING';

  constructor(private readonly options: RollingOptions) {
    super();
    this._inspect((look) => {
      inspectStrange(look, options, 'rolling');
      look.integer('minimumHealthyPercent', options.minimumHealthyPercent, 0, 100, 'take for example 100');
      look.integer('maximumHealthyPercent', options.maximumHealthyPercent, 100, 400, 'take for example 200');
      look.choice('circuitBreaker', options.circuitBreaker, CircuitBreaker);
    }, options);
  }

  _bind(): StrategyParts {
    const { breaker: circuitBreaker, overrides } = this.options.circuitBreaker?._bind() ?? { breaker: { enable: true, rollback: true }, overrides: {} };
    return { service: { ...this.percents(), circuitBreaker, deploymentStrategy: ecs.DeploymentStrategy.ROLLING }, overrides };
  }

  _deadlock(tasks: number): string | undefined {
    const { minHealthyPercent, maxHealthyPercent } = this.percents();
    return roundingDeadlock(tasks, minHealthyPercent, maxHealthyPercent);
  }

  private percents() {
    const { minimumHealthyPercent: minHealthyPercent = 100, maximumHealthyPercent: maxHealthyPercent = 200 } = this.options;
    return { minHealthyPercent, maxHealthyPercent };
  }
}

abstract class BesideEachOther extends DeployStrategy {
  readonly _testListener?: TestListenerOptions;
  readonly _hooks: DeployHook[];

  constructor(options: ShiftOptions, strategy: string, inspect: (look: Inspection) => void) {
    super();
    const engine = strategy === 'codeDeploy' ? 'codeDeploy' : 'ecs';
    this._testListener = options?.testListener;
    this._hooks = Array.isArray(options?.hooks) ? options.hooks : [];
    this._inspect((look) => {
      inspectStrange(look, options, strategy);
      inspect(look);
      inspectTestListener(look, options.testListener);
      look.choices('hooks', options.hooks, DeployHook);
      look.each('hooks', this._hooks, (path, hook) => {
        look.that((hook?._engine ?? engine) === engine, path, `DeployHook.${hook?._engine}`, `DeployHook.${engine} and DeployHook.httpCheck`, `use DeployHook.${engine}`);
        look.that(!hook?._needsTestListener || options.testListener !== undefined, path, 'DeployHook.httpCheck', 'hooks that need no test listener',
          'add testListener: {} to the strategy');
      });
      const events = engine === 'codeDeploy' ? this._hooks.map((hook) => hook?._event) : [];
      const twice = events.find((event, index) => event && events.indexOf(event) !== index);
      look.that(!twice, 'hooks', `${twice} twice`, 'one function for each event of CodeDeploy', 'put both into one function');
    }, options);
  }
}

const FACTORIES = { BLUE_GREEN: 'blueGreen', LINEAR: 'linear', CANARY: 'canary' };

class Shifting<Options extends BlueGreenOptions> extends BesideEachOther {
  readonly _minutes: number;
  private readonly shift: Shift;

  constructor(readonly _name: keyof typeof FACTORIES, options: Options, shiftOf: (options: Options) => Shift) {
    super(options, FACTORIES[_name], (look) => shiftOf(options).inspect(look));
    this.shift = shiftOf(options ?? {} as Options);
    this._minutes = this.shift.minutes + Math.max(0, ...this._hooks.map((hook) => hook?._minutes ?? 0));
  }

  _bind(): StrategyParts {
    return {
      service: {
        minHealthyPercent: 100,
        maxHealthyPercent: 200,
        deploymentStrategy: ecs.DeploymentStrategy[this._name],
        ...this.shift.service,
        // ECS has none for these strategies: the release function counts failed tasks itself. Said explicitly for services that were rolling before.
        circuitBreaker: { enable: false, rollback: false },
      },
      overrides: {},
    };
  }
}

class ByCodeDeploy extends BesideEachOther {
  readonly _name = 'CODE_DEPLOY';
  readonly _minutes: number;

  constructor(readonly _codeDeploy: CodeDeployOptions) {
    super(_codeDeploy, 'codeDeploy', (look) => inspectCodeDeploy(look, _codeDeploy));
    this._minutes = this._problems.length === 0 ? codeDeployMinutes(_codeDeploy) : 0;
  }

  /** The percentages are what CodeDeploy does anyway. */
  _bind(): StrategyParts {
    return {
      service: { minHealthyPercent: 100, maxHealthyPercent: 200, deploymentController: { type: ecs.DeploymentControllerType.CODE_DEPLOY } },
      overrides: {},
    };
  }
}
