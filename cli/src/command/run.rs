//! `krl run`: rulesets on an in-memory cloud. Steps in the order in which they stand on the command line; one JSON line for each.

use super::Context;
use crate::args::Run;
use crate::exit::{self, Exit};
use crate::failure;
use crate::program;
use crate::script::{self, Step};
use crate::session::{self, Options, Session};
use crate::trace;
use clap::ArgMatches;
use krl_kernel::cloud::RuntimeError;
use krl_vm::data::{Data, DataMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often `--watch` looks at the files.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// Runs, once or whenever a file changes.
pub fn run(context: &Context, args: &Run, matches: Option<&ArgMatches>) -> Exit {
    let order = matches.map(occurrences).unwrap_or_default();
    if !args.watch {
        return once(context, args, &order);
    }
    if args.script.iter().chain(&args.files).any(|path| path.as_os_str() == "-") {
        return exit::usage("--watch needs files; it cannot watch standard input");
    }
    loop {
        let seen = stamps(args);
        once(context, args, &order);
        exit::say("-- waiting for changes; ctrl-c ends --");
        while stamps(args) == seen {
            std::thread::sleep(WATCH_EVERY);
        }
    }
}

/// When each file was written last.
fn stamps(args: &Run) -> Vec<Option<SystemTime>> {
    let paths: Vec<PathBuf> = args.files.iter().chain(&args.script).cloned().collect();
    let (paths, _) = crate::files::find(&paths);
    paths.iter().map(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok()).collect()
}

fn once(context: &Context, args: &Run, order: &[Occurrence]) -> Exit {
    let steps = match steps(order).and_then(|steps| forward(&steps).map(|()| steps)) {
        Ok(steps) => steps,
        Err(problem) => return exit::usage(&problem),
    };
    let programs = match program::load(context, &args.files) {
        Ok(programs) => programs,
        Err(exit) => return exit,
    };
    let now = match steps.first() {
        Some(Step::At { ms, .. }) => *ms,
        _ => session::wall_clock(),
    };
    let budgets = session::budgets(&context.config.limits);
    let tier = match context.tier(args.jit) {
        Ok(tier) => tier,
        Err(problem) => return exit::usage(&problem),
    };
    let mut session = Session::new(Options { seed: args.seed, now, budgets, trace: args.trace, tier });
    if let Err(problem) = session.install_all(programs) {
        tell(&mut session, &[]);
        exit::say(problem.trim_end());
        return Exit::Errors;
    }
    tell(&mut session, &[]);
    let failed = steps.iter().filter(|step| perform(&mut session, step, args.trace)).count();
    if failed == 0 { Exit::Ok } else { Exit::Errors }
}

/// Runs a step and tells what came of it. Did it fail?
fn perform(session: &mut Session, step: &Step, traced: bool) -> bool {
    let before = traced.then(|| session.cloud.state());
    if traced {
        exit::say(&headline(step));
    }
    let answer = session.step(step);
    tell(session, &answer.errors);
    if let Some(before) = before {
        let changes = trace::changes(&before, &session.cloud.state());
        exit::say_raw(&changes);
    }
    for error in &answer.errors {
        exit::say_raw(&failure::explain(error, session));
    }
    exit::print(&format!("{}\n", answer.line.to_json()));
    answer.failed
}

fn headline(step: &Step) -> String {
    match step {
        Step::Event { domain, name, attrs } => format!("event {domain}:{name} {}", attrs.to_json()),
        Step::Query { rid, name, args } => format!("query {rid}:{name} {}", args.to_json()),
        Step::Advance { text, .. } => format!("advance {text}"),
        Step::At { text, .. } => format!("at {text}"),
    }
}

/// Logs, and the trace if there is one, go to standard error.
fn tell(session: &mut Session, errors: &[RuntimeError]) {
    let entries = session.drain();
    exit::say_raw(&trace::entries(&entries, errors));
}

/// An option of a step as it stands on the command line.
struct Occurrence {
    option: &'static str,
    value: String,
}

const STEP_OPTIONS: [&str; 8] = ["event", "attr", "attrs", "query", "arg", "script", "advance", "at"];

/// The step options in the order in which they stand.
fn occurrences(matches: &ArgMatches) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for option in STEP_OPTIONS {
        let Some(indices) = matches.indices_of(option) else { continue };
        let values = matches.get_raw(option).into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned());
        found.extend(indices.zip(values).map(|(index, value)| (index, Occurrence { option, value })));
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, occurrence)| occurrence).collect()
}

fn steps(order: &[Occurrence]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for Occurrence { option, value } in order {
        let none = || Data::Map(DataMap::new());
        match *option {
            "event" => steps.push(script::event(value, none())?),
            "query" => steps.push(script::query(value, none())?),
            "advance" => steps.push(script::advance(value)?),
            "at" => steps.push(script::at(value)?),
            "script" => steps.extend(read_script(Path::new(value))?),
            "attr" => event_values(steps.last_mut(), option)?.extend([pair(value)?]),
            "attrs" => event_values(steps.last_mut(), option)?.extend(script::json_map(value)?),
            _ => query_values(steps.last_mut(), option)?.extend([pair(value)?]),
        }
    }
    Ok(steps)
}

fn read_script(path: &Path) -> Result<Vec<Step>, String> {
    let file = crate::files::read(path).map_err(|e| e.to_string())?;
    let text = String::from_utf8(file.bytes).map_err(|_| format!("{}: not UTF-8", path.display()))?;
    script::parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn pair(text: &str) -> Result<(std::sync::Arc<str>, Data), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), Data::string(value))),
        _ => Err(format!("`{text}` is no attribute; write KEY=VALUE")),
    }
}

fn event_values<'a>(step: Option<&'a mut Step>, option: &str) -> Result<&'a mut DataMap, String> {
    match step {
        Some(Step::Event { attrs: Data::Map(map), .. }) => Ok(map),
        _ => Err(format!("--{option} belongs behind the --event it is for")),
    }
}

fn query_values<'a>(step: Option<&'a mut Step>, option: &str) -> Result<&'a mut DataMap, String> {
    match step {
        Some(Step::Query { args: Data::Map(map), .. }) => Ok(map),
        _ => Err(format!("--{option} belongs behind the --query it is for")),
    }
}

/// The clock only goes forward.
fn forward(steps: &[Step]) -> Result<(), String> {
    let mut now = match steps.first() {
        Some(Step::At { ms, .. }) => *ms,
        _ => session::wall_clock(),
    };
    for step in steps {
        match step {
            Step::At { text, ms } if *ms < now => {
                return Err(format!(
                    "time cannot go back to {text}; only the first step sets the clock freely"
                ));
            }
            Step::At { ms, .. } => now = *ms,
            Step::Advance { ms, .. } => now = now.saturating_add(*ms),
            _ => {}
        }
    }
    Ok(())
}
