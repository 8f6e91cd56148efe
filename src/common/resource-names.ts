import { createHash } from 'crypto';
import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { claimName } from '../private/naming';
import { Choice, inspect } from '../private/problems';

/** Options of `ResourceNames.suffixed`. */
export interface SuffixedNamesOptions {
  /** What every name ends with, for example `dev`: 1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter. */
  readonly suffix: string;
  /**
   * How names are put together that have no base name of their own; must contain `{type}`, `{purpose}` and end with `-{suffix}`.
   * @default '{type}-{purpose}-{suffix}'
   */
  readonly pattern?: string;
  /** Base names that stay as they are, without the suffix: for what other people know by its name. Only one copy of such a resource fits into an account. @default - none */
  readonly exact?: string[];
}

/** @internal */
export interface NameRequest {
  /** Kind of resource, for example `cluster`. */
  readonly type: string;
  /** What distinguishes it within the construct, for example `cpu` of an alarm. */
  readonly detail?: string;
  /** What the user wrote. */
  readonly base?: string;
  /** Where the user wrote it; absent where there is no such prop. */
  readonly prop?: string;
  /** Longest name that the service allows. @default 64 */
  readonly maxLength?: number;
  /** What the name is unique in. @default - account and region */
  readonly within?: string;
}

/** The names of one construct. @internal */
export interface NameMaker {
  /** What every explicit name ends with, hyphen included. */
  readonly suffix: string;
  /** Physical name, or undefined where CloudFormation shall make one. Refuses what is too long or taken. */
  name(request: NameRequest): string | undefined;
}

/** Who names resources. Buckets, roles and subnets always get generated names. */
export abstract class ResourceNames extends Choice {
  /** CloudFormation makes the names, except those that the user gives, which are taken as they are. */
  static generated(): ResourceNames {
    return new Generated();
  }

  /** Every resource that can have a name has one that ends with a suffix, so that one account holds several copies; base names that the user gives get it too. */
  static suffixed(options: SuffixedNamesOptions): ResourceNames {
    return new Suffixed(options);
  }

  /** @internal */
  abstract _bind(scope: Construct): NameMaker;
}

class Generated extends ResourceNames {
  _bind(scope: Construct): NameMaker {
    return { suffix: '', name: (request) => claimed(scope, request, request.base) };
  }
}

class Suffixed extends ResourceNames {
  private readonly pattern: string;

  constructor(private readonly options: SuffixedNamesOptions) {
    super();
    this._inspect((look) => {
      look.matches('suffix', options.suffix ?? '', /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/,
        '1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter', "write for example 'dev'");
      look.matches('pattern', options.pattern, /^(?=.*\{type\})(?=.*\{purpose\})(?!-)(\{type\}|\{purpose\}|[a-z0-9-])+-\{suffix\}$/,
        "{type}, {purpose}, a-z 0-9 and hyphens, ending with '-{suffix}'", "write for example '{type}-{purpose}-{suffix}'");
      look.each('exact', options.exact, (path, name) => look.text(path, name));
    }, options ?? null);
    this.pattern = options?.pattern ?? '{type}-{purpose}-{suffix}';
  }

  _bind(scope: Construct): NameMaker {
    const { suffix, exact = [] } = this.options;
    const owner = kebab(scope.node.id);
    return {
      suffix: `-${suffix}`,
      name: (request) => {
        const { type, detail, base, maxLength = 64 } = request;
        if (base !== undefined) return claimed(scope, request, exact.includes(base) ? base : `${base}-${suffix}`);
        const purpose = detail ? `${owner}-${kebab(detail)}` : owner;
        const full = this.pattern.replace('{type}', type).replace('{purpose}', purpose).replace('{suffix}', suffix);
        return claimed(scope, request, full.length <= maxLength ? full : shortened(full, suffix, maxLength));
      },
    };
  }
}

/** A name in words of the user is never shortened: whoever wrote it looks for it. */
function claimed(scope: Construct, { type, base, prop = 'resourceNames', maxLength = 64, within }: NameRequest, name: string | undefined): string | undefined {
  if (name === undefined || Token.isUnresolved(name)) return name;
  const at = base === undefined ? 'resourceNames' : prop;
  inspect((look) => look.that(name.length <= maxLength, at, name, `${maxLength} characters, suffix included`, `shorten it by ${name.length - maxLength}`)).throwFor(scope);
  claimName(scope, within === undefined ? type : `${type} ${within}`, name, at);
  return name;
}

const kebab = (id: string): string => id.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();

/** Keeps the suffix and tells apart names that begin alike. */
function shortened(full: string, suffix: string, maxLength: number): string {
  const tail = `-${createHash('sha256').update(full).digest('hex').slice(0, 6)}-${suffix}`;
  return full.slice(0, maxLength - tail.length).replace(/-+$/, '') + tail;
}
