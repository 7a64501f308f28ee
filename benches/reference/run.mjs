// Runs the cases given as JSON on standard input on the reference engine and prints operations a second by case as JSON.
// usage: node run.mjs MILLISECONDS_PER_CASE [FOLDER] < cases.json
// With a folder, clouds are kept in LevelDB there, as the reference's own host does; else in memory.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const memdown = require("memdown");
const leveldown = require("leveldown");
const { PicoEngineCore, RulesetRegistryLoaderMem } = require("pico-engine-core");

const measureMs = Number(process.argv[2] ?? 800);
const folder = process.argv[3];
let stores = 0;
const store = () => (folder === undefined ? memdown() : leveldown(`${folder}/${stores++}`));
const cases = JSON.parse(readFileSync(0, "utf8"));
const quiet = () => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet, klog: quiet };
log.child = () => log;

async function engine(source) {
  const core = new PicoEngineCore({
    leveldown: store(),
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
  const answers = await Promise.all(
    work.events.map(([name, attrs]) => core.picoFramework.eventWait({ eci, domain: "a", name, data: { attrs }, time: 0 })),
  );
  const directives = answers.reduce((sum, answer) => sum + answer.responses.length, 0);
  if (directives === 0) throw new Error("the rule did not fire");
  return work.events.length;
}

// Rounds under way at once: the engine waits on a timer between transactions, so one at a time would measure that wait.
const AT_ONCE = 200;

async function runFor(target, work, ms) {
  const start = performance.now();
  const atOnce = work.query === undefined ? Math.ceil(AT_ONCE / work.events.length) : 1;
  let done = 0;
  while (performance.now() - start < ms) {
    const rounds = Array.from({ length: atOnce }, () => round(target, work));
    for (const count of await Promise.all(rounds)) done += count;
  }
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
