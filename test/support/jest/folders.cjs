const { accessSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync } = require('fs');
const { tmpdir } = require('os');
const { join } = require('path');

/** What apps write is read at once and never again: on a disk, tests that build stacks take a tenth longer. Containers, as a rule, have little room here. */
const MEMORY = '/dev/shm';
const ROOTS = { TMPDIR: tmpdir(), apps: hasRoom(MEMORY) ? MEMORY : tmpdir() };

function hasRoom(folder) {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 2 ** 31;
  } catch {
    return false;
  }
}

// What runs that were interrupted have left.
for (const root of new Set(Object.values(ROOTS))) {
  for (const name of readdirSync(root)) {
    const [, owner] = /^fargate-tests-(\d+)-/.exec(name) ?? [];
    if (owner && !isRunning(Number(owner))) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isRunning(id) {
  try {
    return process.kill(id, 0);
  } catch ({ code }) {
    return code === 'EPERM';
  }
}

/** Folders for one test file: nobody removes what the CDK puts there. */
exports.makeFolders = () => Object.fromEntries(Object.entries(ROOTS).map(([use, root]) => [use, mkdtempSync(join(root, `fargate-tests-${process.pid}-`))]));
exports.removeFolders = (folders) => Object.values(folders).forEach((folder) => rmSync(folder, { recursive: true }));
