//! Evaluations that stop in the middle, below functions and natives that call functions: the same on every engine in every form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_conformance::asking::Asking;
use krl_conformance::engine::{Engine, Setup};
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, Query};
use krl_kernel::library::{Code, Library, Origin};
use krl_vm::data::{Data, DataMap};
use std::sync::{Arc, Mutex};

/// What each evaluation does; `go` is its query, and the event `a:b` gives its value as a directive.
const GLOBALS: &str = r#"
    fetch = function(path) { http:get("http://x/" + path){"content"} }
    other = function(n) { ctx:query("nobody", "r", "f", {"n": n}){"n"} }
    twice = function(n) { other(n) + other(n + 1) }
    deep = function(n) { n == 0 => fetch("end") | 1 + deep(n - 1) }
    sum = function(n) { n == 0 => 0 | n + sum(n - 1) }
"#;

const WORK: &[(&str, &str)] = &[
    ("a call", r#"fetch("a") + 1"#),
    ("two calls below a call", "twice(3) * twice(4)"),
    ("a deep recursion", "deep(40)"),
    ("map", r#"["a", "bb", "ccc"].map(function(x) { fetch(x) * 2 })"#),
    ("map of a map", r#"{"a": 1, "b": 2}.map(function(v, k) { fetch(k) + other(v) })"#),
    ("filter", r#"["a", "bb", "ccc"].filter(function(x) { fetch(x) % 2 == 0 })"#),
    ("reduce", r#"["a", "bb", "ccc"].reduce(function(a, x) { a + fetch(x) }, 0)"#),
    ("sort", r#"[3, 1, 2].sort(function(a, b) { other(a) <=> other(b) })"#),
    (
        "a native in a native",
        "[[1, 2], [3]].map(function(l) { l.map(twice).reduce(function(a, b) { a + other(b) }, 0) })",
    ),
    (
        "any and all",
        r#"[["a", "bb"].any(function(x) { fetch(x) > 10 }), [1, 2].all(function(n) { other(n) < 2 })]"#,
    ),
    ("a failure below a native", r#"["a", "broken", "c"].map(function(x) { fetch(x) })"#),
    (
        "a failure of the program behind an answer",
        r#"[1, 2].map(function(n) { other(n) == 2 => null() | n })"#,
    ),
    ("an operator's argument", r#"[fetch("a"), fetch("bb")].join("-").length() + fetch("c")"#),
    (
        "a pause",
        "sum(300) + [1, 2, 3].map(function(n) { 1.range(9000).map(function(i) { i * n }).length() }).length()",
    ),
    (
        "a pause and an answer",
        "[1, 2].map(function(n) { 1.range(9000).reduce(function(a, i) { a + i }, other(n)) })",
    ),
    ("a closure", r#"(function(k) { [1, 2].map(function(n) { other(n * k) + k }) })(5)"#),
];

fn ruleset(work: &str) -> String {
    format!(
        "ruleset r {{ meta {{ shares go }} global {{ {GLOBALS} go = function() {{ {work} }} }}
        rule event {{ select when a b pre {{ x = go() }} send_directive(\"hit\", {{\"x\": x}}) fired {{ ent:x := x }} }}
        rule body {{
            select when a b foreach [1, 2] setting(n) pre {{ y = {work} }}
            send_directive(\"own\", {{\"y\": y, \"n\": n + other(n)}}) fired {{ ent:y := [n, y, go()] }}
        }} }}"
    )
}

/// Lines of the log and of the trace.
type Told = Arc<Mutex<Vec<String>>>;

/// A ruleset on an engine; clouds share its code.
struct Stage {
    library: Library,
    code: Arc<Code>,
}

impl Stage {
    fn new(setup: Setup, work: &str) -> Self {
        let library = setup.engine.environment(Environment::default()).library;
        let compiled = krl_compiler::compile(&ruleset(work));
        let unit = setup.unit(compiled.unit.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))).unwrap();
        let code = library.load(krl_vm::verify::verify(unit).unwrap(), Origin::default()).unwrap();
        Self { library, code }
    }

    fn cloud(&self, budgets: Budgets) -> (Cloud, Told) {
        let told = Told::default();
        let (logs, trace) = (told.clone(), told.clone());
        let environment = Environment {
            budgets,
            library: self.library.clone(),
            log: Some(Box::new(move |entry| logs.lock().unwrap().push(format!("{entry:?}")))),
            trace: Some(Box::new(move |entry| trace.lock().unwrap().push(format!("{entry:?}")))),
            ..Environment::default()
        };
        let mut cloud = Cloud::new(environment);
        cloud.put_in(&self.code, Configuration::default()).unwrap();
        (cloud, told)
    }
}

fn query(cloud: &mut Cloud) -> String {
    format!("{:?}", cloud.query(&Query { rid: "r".into(), name: "go".into(), ..Query::default() }))
}

fn event(cloud: &mut Cloud) -> String {
    format!("{:?}", cloud.signal("a", "b", Data::Map(DataMap::new())))
}

/// Everything that a query and an event show: questions, answers, what was used, log, trace, variables.
fn seen(stage: &Stage, budgets: Budgets) -> Vec<String> {
    let mut asking = Asking::default();
    let (mut cloud, told) = stage.cloud(budgets);
    let mut seen = Vec::new();
    for step in [query, event, query] {
        let (then, answer) = asking.done(cloud, step);
        cloud = then;
        let used = cloud.spent();
        seen.extend([answer, format!("{} instructions, {} bytes", used.instructions, used.memory_bytes)]);
    }
    seen.append(&mut asking.asked);
    seen.append(&mut told.lock().unwrap());
    seen.push(format!("{:?}", cloud.state().rulesets));
    seen
}

/// Compares all engines; answers what the last budget shows.
fn check((name, work): (&str, &str), budgets: &[Budgets]) -> Vec<String> {
    let reference = Stage::new(Setup::REFERENCE, work);
    let stages = Setup::all(9).into_iter().map(|setup| (setup, Stage::new(setup, work))).collect::<Vec<_>>();
    let mut expected = Vec::new();
    for &budgets in budgets {
        expected = seen(&reference, budgets);
        for (setup, stage) in &stages {
            let found = seen(stage, budgets);
            let differ = expected.iter().zip(&found).find(|(expected, found)| expected != found);
            let same = differ.is_none() && expected.len() == found.len();
            assert!(same, "{name}, {setup:?}, {budgets:?}: {differ:#?}");
        }
    }
    expected
}

#[test]
fn questions_below_natives_are_asked_by_every_engine() {
    for &work in WORK {
        let seen = check(work, &[Budgets::default()]);
        let asked = |what: &str| seen.iter().filter(|seen| seen.starts_with(what)).count();
        assert!(asked("get ") + asked("query ") + asked("pause") > 5, "{work:?} asks too little: {seen:#?}");
    }
}

/// The budget ends the work at every place where it can: each is the same.
#[test]
fn budgets_end_asking_work_at_the_same_instruction() {
    for (name, step, most) in
        [("a call", 1, 170), ("map", 7, 420), ("sort", 7, 420), ("a native in a native", 7, 420)]
    {
        let work = WORK.iter().find(|work| work.0 == name).unwrap();
        let budgets = (1..most / step).map(|n| Budgets { instructions: n * step, ..Budgets::default() });
        check(*work, &budgets.collect::<Vec<_>>());
    }
}

/// A cloud that goes, or a deadline that passes, leaves compiled code standing on a stack that is given up.
#[test]
fn work_is_given_up_at_every_question() {
    for engine in Engine::all(4) {
        for (name, work) in WORK {
            let stage = Stage::new(Setup { engine, ..Setup::REFERENCE }, work);
            let mut asking = Asking::default();
            let mut questions = 1;
            while asking.given_up(stage.cloud(Budgets::default()).0, questions, event) {
                questions += 1;
                assert!(questions < 200, "{name}");
            }
            assert!(questions > 1, "{name}");
        }
    }
}
