// Runs rows of rows.js for the driver: the first line of standard input is the input, each later one names a row and how often it runs.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";

const rows = runInThisContext(readFileSync(new URL("rows.js", import.meta.url), "utf8"));
let input;
for await (const line of createInterface({ input: process.stdin })) {
  if (input === undefined) {
    input = JSON.parse(line);
    continue;
  }
  const [row, times] = line.split(" ");
  try {
    let result;
    const start = performance.now();
    for (let left = Number(times); left > 0; left--) result = rows[row](input);
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ seconds, result }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
