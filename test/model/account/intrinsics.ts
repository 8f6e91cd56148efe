/** What a template can refer to while it is carried out. */
export interface Names {
  /** The value of `Ref`: a physical id, a parameter or a pseudo parameter. */
  reference(id: string): unknown;
  /** The value of `Fn::GetAtt`. */
  attribute(id: string, name: string): unknown;
}

type Functions = Record<string, (argument: any, names: Names) => unknown>;

const NO_VALUE = 'AWS::NoValue';

/** Of CloudFormation's functions those that templates of this library use; any other one is refused aloud. */
const FUNCTIONS: Functions = {
  'Ref': (id, names) => names.reference(id),
  'Fn::GetAtt': (path, names) => getAtt(path, names),
  'Fn::Join': ([separator, texts], names) => (resolve(texts, names) as unknown[]).join(separator),
  'Fn::Select': ([index, list], names) => (resolve(list, names) as unknown[])[Number(index)],
  'Fn::Split': ([separator, text], names) => String(resolve(text, names)).split(separator),
  'Fn::Sub': (text, names) => substitute(text, names),
  'Fn::GetAZs': () => ['zone-a', 'zone-b', 'zone-c'],
};

/** The value with all functions carried out. */
export function resolve(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.filter(isSomething).map(item => resolve(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const call = asFunction(value);
  if (!call) return Object.fromEntries(Object.entries(value).filter(([, item]) => isSomething(item)).map(([key, item]) => [key, resolve(item, names)]));
  const [name, argument] = call;
  if (!(name in FUNCTIONS)) throw new Error(`the model does not know ${name}`);
  return FUNCTIONS[name](argument, names);
}

/** Logical ids, parameters and pseudo parameters that the value speaks of. */
export function mentioned(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mentioned);
  if (typeof value !== 'object' || value === null) return [];
  const [name, argument] = asFunction(value) ?? [];
  if (name === 'Ref') return [argument as string];
  if (name === 'Fn::GetAtt') return [parts(argument)[0]];
  if (name === 'Fn::Sub') return variables(argument as string).map(variable => parts(variable)[0]);
  return Object.values(value).flatMap(mentioned);
}

function asFunction(value: object): [string, unknown] | undefined {
  const entries = Object.entries(value);
  return entries.length === 1 && /^(Ref|Fn::.*)$/.test(entries[0][0]) ? entries[0] : undefined;
}

function isSomething(value: unknown): boolean {
  return (value as { Ref?: string } | null)?.Ref !== NO_VALUE;
}

function getAtt(path: unknown, names: Names): unknown {
  const [id, name] = parts(path);
  return names.attribute(id, name);
}

function parts(path: unknown): [string, string] {
  const [id, ...name] = Array.isArray(path) ? path : String(path).split('.');
  return [id, name.join('.')];
}

function variables(text: string): string[] {
  return [...text.matchAll(/\$\{([^!}]+)\}/g)].map(([, variable]) => variable);
}

function substitute(text: string, names: Names): string {
  return text.replace(/\$\{([^!}]+)\}/g, (_, variable: string) => String(variable.includes('.') ? getAtt(variable, names) : names.reference(variable)));
}
