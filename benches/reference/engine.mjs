// A cloud of the reference in process, with one ruleset, whose id is `bench`.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const memdown = require("memdown");
const leveldown = require("leveldown");
const { PicoEngineCore, RulesetRegistryLoaderMem } = require("pico-engine-core");

const quiet = () => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet, klog: quiet };
log.child = () => log;

/** With a folder, what clouds know is in LevelDB there, as the reference's own host keeps it; else in memory. */
export async function engine(source, folder) {
  const core = new PicoEngineCore({
    leveldown: folder === undefined ? memdown() : leveldown(folder),
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
