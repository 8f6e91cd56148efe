/** `1 key`, `2 keys`, `1 public IPv4 address`, `2 public IPv4 addresses`. */
export const count = (number, noun, plural = `${noun}${noun.endsWith('s') ? 'es' : 's'}`) => `${number} ${number === 1 ? noun : plural}`;
