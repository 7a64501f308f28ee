// Runs rows of rows.krl on the reference for the driver: the first line of standard input is the input, each later one names a row and how
// often it runs. Events are under way together: the reference waits on a timer between transactions.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { engine } from "../../reference/engine.mjs";

const AT_ONCE = 200;
const ARGUMENTS = { regexp: "log", json: "document" };
const { core, eci } = await engine(readFileSync(new URL("rows.krl", import.meta.url), "utf8"));
let input;

async function query(name, times) {
  const argument = ARGUMENTS[name];
  const args = argument === undefined ? {} : { [argument]: input[argument] };
  let result;
  for (let left = times; left > 0; left--) {
    result = await core.picoFramework.query({ eci, rid: "bench", name, args });
  }
  return result;
}

async function order(times) {
  let answer;
  for (let left = times; left > 0; left -= AT_ONCE) {
    const events = Array.from({ length: Math.min(left, AT_ONCE) }, () =>
      core.picoFramework.eventWait({ eci, domain: "shop", name: "order", data: { attrs: input.attrs }, time: 0 }),
    );
    answer = (await Promise.all(events)).at(-1);
  }
  return answer.responses.flat(Infinity)[0].options;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (input === undefined) {
    input = JSON.parse(line);
    continue;
  }
  const [row, times] = line.split(" ");
  try {
    const start = performance.now();
    const result = await (row === "order" ? order(Number(times)) : query(row, Number(times)));
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ seconds, result }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.message ?? error) }));
  }
}
process.exit(0);
