// What a cloud assembly holds, nested ones (stages) included.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The folder of an assembly and those of the assemblies in it. */
function folders(folder) {
  const { artifacts = {} } = read(join(folder, 'manifest.json'));
  const nested = Object.values(artifacts).filter(({ type }) => type === 'cdk:cloud-assembly').map(({ properties }) => join(folder, properties.directoryName));
  return [folder, ...nested.flatMap(folders)];
}

/** The templates of an assembly by the names of their files, nested stacks included. */
export function templatesOf(assembly) {
  return Object.fromEntries(folders(assembly).flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.template.json')).sort()
    .map((name) => [name.replace(/\.template\.json$/, ''), read(join(folder, name))])));
}

/** Warnings and errors that nobody acknowledged, as the manifests list them. */
export function findingsOf(assembly) {
  return folders(assembly).flatMap((folder) => Object.values(read(join(folder, 'manifest.json')).artifacts ?? {}).flatMap((artifact) => {
    const separate = artifact.additionalMetadataFile ? join(folder, artifact.additionalMetadataFile) : '';
    return Object.entries({ ...artifact.metadata, ...existsSync(separate) ? read(separate) : {} }).flatMap(([path, entries]) => entries
      .filter(({ type }) => type === 'aws:cdk:warning' || type === 'aws:cdk:error').map(({ data }) => `${path}: ${data}`));
  }));
}
