/** `1 key`, `2 keys`, `1 public IPv4 address`, `2 public IPv4 addresses`. */
export const count = (number, noun, plural = `${noun}${noun.endsWith('s') ? 'es' : 's'}`) => `${number} ${number === 1 ? noun : plural}`;

/** Words in lines of at most `width`, all but the first indented. */
export function wrap(text, indent, width = Infinity) {
  const lines = text.split(' ').reduce(([line, ...done], word) => indent + line.length + 1 + word.length > width ? [word, line, ...done] : [line ? `${line} ${word}` : word, ...done], ['']);
  return lines.reverse().join(`\n${' '.repeat(indent)}`);
}
