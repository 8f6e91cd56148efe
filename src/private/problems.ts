import { Duration, Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** One thing that is wrong with what the user wrote. */
export interface Problem {
  /** Path of the prop below the construct's props, for example `container.cpu`. */
  readonly prop: string;
  readonly got: unknown;
  readonly allowed: string;
  /** What to do, as an imperative. */
  readonly cure: string;
}

/** Shapes of keys that their issuers document (AWS, GitHub, PEM), and addresses with a password. */
const SECRET_SHAPES = /\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^\s/:@]*:[^\s/:@]+@/;

/** Whether a value that is going to stand in clear text gives itself away. */
export const looksSecret = (value: unknown): boolean => typeof value === 'string' && !Token.isUnresolved(value) && SECRET_SHAPES.test(value);

type LookInPlace = (look: Inspection, stack: Stack) => void;

/**
 * Collects what is wrong instead of stopping at the first. Choices inspect their own options when they are made; the
 * construct that the user wrote adds their findings to its own and throws once. Unresolved tokens always pass: what they
 * will be is not known at synth. Absent values pass as well; `required` is a check of its own.
 */
export class Inspection {
  readonly problems: Problem[] = [];
  /** @internal */
  readonly _inPlace: LookInPlace[] = [];

  report(prop: string, got: unknown, allowed: string, cure: string): void {
    this.problems.push({ prop, got, allowed, cure });
  }

  /** Takes over the findings of a choice that stands at `prop`. */
  include(prop: string, problems: Problem[] | undefined): void {
    for (const problem of problems ?? []) {
      this.problems.push({ ...problem, prop: problem.prop ? `${prop}.${problem.prop}` : prop });
    }
  }

  /** Looks once it is known which stack the construct stands in: choices are made before. */
  inPlace(look: LookInPlace): void {
    this._inPlace.push(look);
  }

  /** That something is of the stack's own region and account, as far as they are given and all is known. */
  own(prop: string, what: string, there: { readonly region?: string; readonly account?: string } | undefined): void {
    this.inPlace((look, here) => {
      for (const part of ['region', 'account'] as const) {
        look.that(!areApart(here[part], there?.[part]), prop, `${what} of ${there?.[part]}`, `${what} of ${here[part]}, the ${part} of the stack`, `take one of the same ${part}`);
      }
    });
  }

  that(holds: boolean, prop: string, got: unknown, allowed: string, cure: string): void {
    if (!holds) this.report(prop, got, allowed, cure);
  }

  number(prop: string, got: number | undefined, min: number, max: number, cure: string): void {
    if (skipped(got)) return;
    this.that(typeof got === 'number' && Number.isFinite(got) && got >= min && got <= max, prop, got, `${min} to ${max}`, cure);
  }

  integer(prop: string, got: number | undefined, min: number, max: number, cure: string): void {
    if (skipped(got)) return;
    this.that(Number.isInteger(got) && got! >= min && got! <= max, prop, got, `a whole number, ${min} to ${max}`, cure);
  }

  /** A duration of whole seconds (or days, or whatever unit a service counts in) within bounds that are given in seconds. */
  seconds(prop: string, got: Duration | undefined, min: number, max: number, cure: string, unit = 1): void {
    if (got === undefined) return;
    if (typeof got?.toSeconds !== 'function') return this.report(prop, got, 'a Duration', 'write Duration.seconds(...)');
    if (got.isUnresolved()) return;
    const seconds = got.toMilliseconds() / 1000;
    this.that(Number.isInteger(seconds / unit) && seconds >= min && seconds <= max, prop, got.toHumanString(),
      `${human(min)} to ${human(max)}${unit > 1 ? `, a multiple of ${human(unit)}` : ''}`, cure);
  }

  matches(prop: string, got: string | undefined, pattern: RegExp, allowed: string, cure: string): void {
    if (skipped(got)) return;
    this.that(typeof got === 'string' && pattern.test(got), prop, got, allowed, cure);
  }

  /** A struct or a map: something that has props at all. Without it there is nothing to look into. */
  struct(prop: string, got: unknown, allowed = 'options in braces', cure = 'write them in braces, or leave them out'): boolean {
    const holds = typeof got === 'object' && got !== null && !Array.isArray(got);
    this.that(holds, prop, got, allowed, cure);
    return holds;
  }

  /** A number or duration that the template cannot be written without; the one kind of prop whose tokens do not pass. */
  literal(prop: string, got: number | Duration | undefined, because: string): void {
    const unresolved = got instanceof Duration ? got.isUnresolved() : Token.isUnresolved(got);
    this.that(!unresolved, prop, 'a token', 'a literal number', `write the number out: ${because}`);
  }

  text(prop: string, got: string): void {
    this.that(typeof got === 'string', prop, got, 'a text', 'write it in quotes');
  }

  /** Something of aws-cdk-lib, known by an attribute or a method that everything of its kind has. */
  kind(prop: string, got: object | undefined, attribute: string, allowed: string, cure: string): void {
    if (skipped(got)) return;
    this.that(typeof got === 'object' && got !== null && attribute in got, prop, got, allowed, cure);
  }

  oneOf<T>(prop: string, got: T | undefined, allowed: readonly T[], cure: string): void {
    if (skipped(got)) return;
    this.that(allowed.includes(got!), prop, got, allowed.join(', '), cure);
  }

  notEmpty(prop: string, got: unknown[] | undefined, cure: string): void {
    if (skipped(got)) return;
    this.that(Array.isArray(got) && got.length > 0, prop, got, 'at least one', cure);
  }

  /** Every element by itself, as `prop[2]`. */
  each<T>(prop: string, got: T[] | undefined, inspect: (path: string, element: T) => void): void {
    if (skipped(got)) return;
    if (!Array.isArray(got)) return this.report(prop, got, 'a list', 'write it in brackets');
    got.forEach((element, index) => inspect(`${prop}[${index}]`, element));
  }

  /** What the user chose is a choice of the right kind (JavaScript and Python do not ask the compiler); takes over its findings. */
  choice(prop: string, got: Choice | undefined, kind: ChoiceKind): void {
    if (got === undefined) return;
    if (!(got instanceof kind)) return this.report(prop, got, withArticle(kind.name), `use one of the ${kind.name} factories`);
    this.include(prop, got._problems);
    got._inPlace.forEach((look) => this.inPlace((outer, stack) => outer.include(prop, inspect((inner) => look(inner, stack)).problems)));
  }

  choices(prop: string, got: Choice[] | undefined, kind: ChoiceKind): void {
    this.each(prop, got, (path, element) => this.choice(path, element, kind));
  }

  /** Throws everything found as one error that names the construct. */
  throwFor(scope: IConstruct): void {
    this._inPlace.forEach((look) => look(this, Stack.of(scope)));
    this.throwAs(`${scope.constructor.name} at '${scope.node.path}'`);
  }

  /** Throws everything found, where no construct was made. */
  throwAs(who: string): void {
    if (this.problems.length === 0) return;
    const count = this.problems.length === 1 ? '1 problem' : `${this.problems.length} problems`;
    const lines = this.problems.map(({ prop, got, allowed, cure }) => `  ${prop}: got ${show(got)}; allowed ${allowed}; ${cure}`);
    throw new Error(`${who} has ${count}:\n${lines.join('\n')}`);
  }
}

abstract class ChoiceBase {
  /** @internal */
  _problems: Problem[] = [];
  /** @internal */
  _inPlace: LookInPlace[] = [];

  /** Private, because jsii takes a protected constructor without parameters for a public one. */
  private constructor() {
    // JavaScript does not ask the compiler, and the class that users see can do nothing by itself.
    if (Object.getPrototypeOf(new.target) === ChoiceBase) throw new Error(`${new.target.name}: cannot be constructed; use one of its factories`);
  }

  /** Looks into options, if they are any. @internal */
  protected _inspect(look: (inspection: Inspection) => void, options: unknown = {}): void {
    const found = inspect((inspection) => {
      if (inspection.struct('', options)) look(inspection);
    });
    [this._problems, this._inPlace] = [found.problems, found._inPlace];
  }
}

/**
 * Base of every choice: what its factory found wrong with its own options waits here for the construct that takes it. Under another
 * type, which lets classes of the library extend it although its constructor is private.
 * @internal
 */
export const Choice = ChoiceBase as unknown as abstract new () => ChoiceBase;
/** @internal */
export type Choice = ChoiceBase;

/** The abstract class of a choice. */
type ChoiceKind = Function & { readonly prototype: Choice };

/** What a look at some options finds. */
export const inspect = (look: (inspection: Inspection) => void): Inspection => {
  const inspection = new Inspection();
  look(inspection);
  return inspection;
};

/** Two accounts or regions that are certainly two; what is not known may be the same. */
export const areApart = (one: string, other: string | undefined): boolean =>
  Boolean(other) && one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);

/** Where an ARN says that something stands; what aws-cdk-lib imports by ARN does not always know. */
export function placeOf(arn: string | undefined): { region?: string; account?: string } {
  const [, , , region, account] = String(arn).split(':');
  return { region, account };
}

const skipped = (value: unknown): boolean => value === undefined || Token.isUnresolved(value);

const human = (seconds: number): string => Duration.seconds(seconds).toHumanString();

/** The class of a choice that users know. */
const kindOf = (kind: Function): string => Object.getPrototypeOf(kind) === ChoiceBase ? kind.name : kindOf(Object.getPrototypeOf(kind));

const withArticle = (name: string): string => `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 120).replace(/\s/g, ' ')}'`;
  if (typeof value === 'number' || value === null) return String(value);
  if (value instanceof ChoiceBase) return withArticle(kindOf(value.constructor));
  try {
    return JSON.stringify(value)?.slice(0, 120) ?? String(value);
  } catch {
    return `new ${(value as object).constructor?.name ?? 'Object'}(...)`;
  }
}
