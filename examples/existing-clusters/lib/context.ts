type Values = { [key: string]: unknown };

/** Reads the context and collects what is wrong with it, each by the path of its key, so that everything is said at once. */
export class Context {
  constructor(private readonly valueOf: (key: string) => unknown, private readonly path = '', private readonly problems: string[] = []) {}

  /** A value that `parse` takes; undefined is what it does not take. */
  read<T>(key: string, allowed: string, parse: (value: any) => T | undefined, fallback?: T): T {
    const got = this.valueOf(key) ?? fallback;
    const value = got === undefined ? undefined : parse(got);
    if (value === undefined) this.problems.push(`  ${this.path}${key}: got ${JSON.stringify(got) ?? 'nothing'}; allowed ${allowed}`);
    return value as T;
  }

  text(key: string, allowed: string, form: RegExp, fallback?: string): string {
    return this.read(key, allowed, (value) => isText(value, form) ? value : undefined, fallback);
  }

  /** A list of texts; on the command line, where everything is a text, `one,two`. */
  list(key: string, allowed: string, form: RegExp, { least = 1, most = Infinity } = {}, fallback?: string[]): string[] {
    return this.read(key, `a list of ${allowed}`, (value) => {
      const list = typeof value === 'string' ? value.split(',').map((element) => element.trim()) : value;
      return Array.isArray(list) && list.length >= least && list.length <= most && list.every((element) => isText(element, form)) ? list : undefined;
    }, fallback);
  }

  /** A map of texts; it can only be written in cdk.json. */
  map(key: string, fallback: { [key: string]: string }): { [key: string]: string } {
    return this.read(key, 'an object of texts, written in cdk.json', (value) => isObject(value) && Object.values(value).every((element) => typeof element === 'string')
      ? value as { [key: string]: string } : undefined, fallback);
  }

  /** An object whose keys are read by themselves. */
  object<T>(key: string, read: (context: Context) => T): T {
    const values = this.read<Values>(key, 'an object, written in cdk.json', (value) => isObject(value) ? value : undefined);
    return values && read(new Context((name) => values[name], `${this.path}${key}.`, this.problems));
  }

  /** Everything that is wrong, in one error. */
  throwProblems(): void {
    if (this.problems.length > 0) throw new Error(`The context of the app (cdk.json, or -c key=value) needs a correction:\n${this.problems.join('\n')}`);
  }
}

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);
