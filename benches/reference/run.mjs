// Runs the cases given as JSON on standard input on the reference engine and prints operations a second by case as JSON.
// usage: node run.mjs MILLISECONDS_PER_CASE < cases.json
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const memdown = require("memdown");
const { PicoEngineCore, RulesetRegistryLoaderMem } = require("pico-engine-core");

const measureMs = Number(process.argv[2] ?? 800);
const cases = JSON.parse(readFileSync(0, "utf8"));
const quiet = () => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet, klog: quiet };
log.child = () => log;

async function engine(source) {
  const core = new PicoEngineCore({
    leveldown: memdown(),
    rsRegLoader: RulesetRegistryLoaderMem(async () => source),
    log,
    getPicoLogs: async () => [],
  });
  await core.start();
  const pico = core.picoFramework.rootPico;
  const channel = await pico.newChannel();
  const { ruleset } = await core.rsRegistry.load("mem:bench");
  await pico.install(ruleset, { url: "mem:bench", config: {} });
  return { core, eci: channel.id };
}

async function round({ core, eci }, work) {
  if (work.query !== undefined) {
    const value = await core.picoFramework.query({ eci, rid: "bench", name: "result", args: {} });
    if (JSON.stringify(value) !== work.query) throw new Error(`wrong answer ${JSON.stringify(value)}`);
    return 1;
  }
  let directives = 0;
  for (const [name, attrs] of work.events) {
    const answer = await core.picoFramework.eventWait({ eci, domain: "a", name, data: { attrs }, time: 0 });
    directives += answer.responses.length;
  }
  if (directives === 0) throw new Error("the rule did not fire");
  return work.events.length;
}

async function runFor(target, work, ms) {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < ms) done += await round(target, work);
  return done / ((performance.now() - start) / 1000);
}

const results = {};
for (const { name, source, work } of cases) {
  try {
    const target = await engine(source);
    await runFor(target, work, measureMs / 4);
    results[name] = await runFor(target, work, measureMs);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error}`);
  }
}
console.log(JSON.stringify(results));
process.exit(0);
