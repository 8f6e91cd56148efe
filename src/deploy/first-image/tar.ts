/** A file, a folder or a symbolic link of a layer; it belongs to root and has no date, so that equal content has equal bytes. */
export interface TarEntry {
  /** Without a slash in front. */
  readonly path: string;
  readonly type: keyof typeof TYPES;
  readonly content?: Buffer;
  /** What a link points at. */
  readonly target?: string;
  /** Extended attributes, by name. */
  readonly attributes?: Record<string, Buffer>;
}

const BLOCK = 512;
const TYPES = { file: '0', link: '2', folder: '5', extension: 'x' };
const LONGEST_PATH = 100;

/** A tar archive in the format of POSIX (ustar with PAX extensions), as layers of images are. */
export function tar(entries: TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(member), Buffer.alloc(2 * BLOCK)]);
}

function member(entry: TarEntry): Buffer[] {
  const records = [
    ...(Buffer.byteLength(entry.path) > LONGEST_PATH ? [record('path', Buffer.from(entry.path))] : []),
    ...Object.entries(entry.attributes ?? {}).map(([name, value]) => record(`SCHILY.xattr.${name}`, value)),
  ];
  const extension: TarEntry = { path: 'extension', type: 'extension', content: Buffer.concat(records) };
  return [...(records.length ? block(extension) : []), ...block(entry)];
}

/** The header, then the content up to full blocks. */
function block(entry: TarEntry): Buffer[] {
  const content = entry.content ?? Buffer.alloc(0);
  return [header(entry, content.length), content, Buffer.alloc((BLOCK - content.length % BLOCK) % BLOCK)];
}

function header({ path, type, target = '' }: TarEntry, size: number): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(path, 0, LONGEST_PATH);
  // Everything is readable and executable by everybody, since nobody knows the user of the container.
  bytes.write('0000755\0' + '0000000\0' + '0000000\0', 100); // mode, user, group
  bytes.write(`${size.toString(8).padStart(11, '0')}\0` + '00000000000\0', 124); // size, date
  bytes.write(' '.repeat(8) + TYPES[type], 148); // the checksum counts as spaces while it is computed
  bytes.write(target, 157, LONGEST_PATH);
  bytes.write('ustar\0' + '00', 257);
  const checksum = bytes.reduce((sum, byte) => sum + byte);
  bytes.write(`${checksum.toString(8).padStart(6, '0')}\0`, 148);
  return bytes;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  const digits = [1, 2, 3, 4].find(count => String(rest.length + count).length === count)!;
  return Buffer.concat([Buffer.from(String(rest.length + digits)), rest]);
}
