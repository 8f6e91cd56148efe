/** What several tests look at and none changes, made when the first of them asks: an app that no test of a run needs is not built, and a fault in it fails tests, not the file. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
