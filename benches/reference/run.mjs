// Runs the cases given as JSON on standard input on the reference engine and prints operations a second by case as JSON.
// usage: node run.mjs MILLISECONDS_PER_CASE [FOLDER] < cases.json
// With a folder, clouds are kept in LevelDB there, as the reference's own host does; else in memory.
import { readFileSync } from "node:fs";
import { engine } from "./engine.mjs";

const measureMs = Number(process.argv[2] ?? 800);
const folder = process.argv[3];
let stores = 0;
const store = () => (folder === undefined ? undefined : `${folder}/${stores++}`);
const cases = JSON.parse(readFileSync(0, "utf8"));

async function round({ core, eci, domain }, work) {
  if (work.query !== undefined) {
    const value = await core.picoFramework.query({ eci, rid: "bench", name: "result", args: {} });
    if (JSON.stringify(value) !== work.query) throw new Error(`wrong answer ${JSON.stringify(value)}`);
    return 1;
  }
  const answers = await Promise.all(
    work.events.map(([name, attrs]) => core.picoFramework.eventWait({ eci, domain, name, data: { attrs }, time: 0 })),
  );
  const directives = answers.reduce((sum, answer) => sum + answer.responses.length, 0);
  if (directives === 0) throw new Error("the rule did not fire");
  return work.events.length;
}

// Rounds under way at once: the engine waits on a timer between transactions, so one at a time would measure that wait. Long queries come
// fewer at a time.
const AT_ONCE = 200;
const AT_ONCE_MS = 100;

async function runFor(target, work, ms) {
  let start = performance.now();
  let atOnce = 1;
  if (work.query === undefined) {
    atOnce = Math.ceil(AT_ONCE / work.events.length);
  } else {
    await round(target, work);
    atOnce = Math.min(AT_ONCE, Math.ceil(AT_ONCE_MS / (performance.now() - start)));
    start = performance.now();
  }
  let done = 0;
  while (performance.now() - start < ms) {
    const rounds = Array.from({ length: atOnce }, () => round(target, work));
    for (const count of await Promise.all(rounds)) done += count;
  }
  return done / ((performance.now() - start) / 1000);
}

const results = {};
for (const { name, source, domain, work } of cases) {
  try {
    const target = { domain, ...(await engine(source, store())) };
    await runFor(target, work, measureMs / 4);
    results[name] = await runFor(target, work, measureMs);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error}`);
  }
}
console.log(JSON.stringify(results));
process.exit(0);
