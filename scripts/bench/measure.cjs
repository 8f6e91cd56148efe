// One measurement in a process of its own: node --expose-gc measure.cjs LIBRARY library|by-hand|fleet COUNT, or measure.cjs LIBRARY require. Prints JSON.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const [lib, subject, count] = process.argv.slice(2);
const now = () => performance.now();
/** Milliseconds of CPU time: what else the machine does moves the clock, not this. */
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };

/** Milliseconds of CPU time that `require` of the package takes where the hand-written stack has loaded its part of aws-cdk-lib, and what that part takes. */
function measureRequire() {
  const start = cpu();
  const { App } = require('aws-cdk-lib');
  const { ByHand } = require('./by-hand.cjs');
  // Modules of aws-cdk-lib load their classes at first use.
  new ByHand(new App({ analyticsReporting: false }), 'Shop');
  const loaded = cpu();
  require(lib);
  return { base: loaded - start, library: cpu() - loaded };
}

function measureSynth(subject, count) {
  const { App, RemovalPolicy, Stack } = require('aws-cdk-lib');
  const { FargateCicdPipeline, Source } = subject === 'library' ? require(lib) : {};
  // On both sides: neither pays for finding modules of aws-cdk-lib here.
  const { ByHand } = require('./by-hand.cjs');
  const outdir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const cpuBefore = cpu();
    const start = now();
    const app = new App({ outdir, analyticsReporting: false });
    for (let index = 0; index < count; index += 1) {
      if (subject === 'by-hand') new ByHand(app, `Shop${index}`);
      else new FargateCicdPipeline(new Stack(app, `Shop${index}`), 'Shop', { source: Source.gitHub('example-org/shop'), removalPolicy: RemovalPolicy.DESTROY });
    }
    const constructed = now();
    const { stacks } = app.synth();
    const end = now();
    const cpuTime = cpu() - cpuBefore;
    globalThis.gc();
    const heap = process.memoryUsage().heapUsed;
    const types = {};
    for (const { Type } of Object.values(stacks[0].template.Resources)) types[Type] = (types[Type] ?? 0) + 1;
    return {
      construct: constructed - start, synth: end - constructed, total: end - start, cpu: cpuTime, heap, rss: process.resourceUsage().maxRSS * 1024,
      types, templateBytes: JSON.stringify(stacks[0].template).length, stacks: stacks.length,
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Services on shared platforms, a stack each, fifty behind a load balancer and twenty-five images in a pipeline. */
function measureFleet(count) {
  const { App, Stack } = require('aws-cdk-lib');
  const { DeliveryPipeline, FargateEnvironment, FargatePlatform, ImageBuild, Source } = require(lib);
  const outdir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const start = now();
    const app = new App({ outdir, analyticsReporting: false });
    const platforms = Array.from({ length: Math.ceil(count / 50) }, (_, index) => new FargatePlatform(new Stack(app, `Platform${index}`), 'Platform'));
    const releases = Array.from({ length: count }, (_, index) => {
      const { network, cluster, encryption } = platforms[Math.floor(index / 50)];
      const loadBalancer = platforms[Math.floor(index / 50)].route({ path: `/${index}`, priority: index + 1 });
      const target = new FargateEnvironment(new Stack(app, `Service${index}`), 'Service', { placeName: `service-${index}`, network, cluster, encryption, loadBalancer });
      return { target, imageBuild: ImageBuild.dockerfile({ imageName: `service-${index}` }) };
    });
    for (let first = 0; first < count; first += 25) {
      new DeliveryPipeline(new Stack(app, `Road${first}`), 'Road', { source: Source.gitHub('example-org/shop'), stages: [{ stageName: 'Production', releases: releases.slice(first, first + 25) }] });
    }
    app.synth();
    return { total: now() - start };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

const measurements = { require: measureRequire, fleet: () => measureFleet(Number(count)) };
console.log(JSON.stringify((measurements[subject] ?? (() => measureSynth(subject, Number(count))))()));
