//! Operators' commands against a host that runs: `krl serve` as a process of its own, on a port that the system chooses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here fails the test")]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A host in a folder of its own. It is killed when the test is done with it.
struct Served {
    folder: tempfile::TempDir,
    child: Child,
    port: u16,
}

struct Done {
    out: String,
    err: String,
    code: i32,
}

fn krl(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krl"));
    command.current_dir(folder).env("NO_COLOR", "1").env("COLUMNS", "100").env("HOME", folder);
    for name in ["KRL_HOME", "PICO_ENGINE_HOME", "KRL_TOKEN", "KRL_HOST", "KRL_PORT", "PORT"] {
        command.env_remove(name);
    }
    command
}

fn run(command: &mut Command) -> Done {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

fn serve(folder: &Path, home: &str) -> (Child, u16) {
    let mut command = krl(folder);
    command.args(["serve", "--home", home, "--address", "127.0.0.1", "--port", "0", "--threads", "1"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let port = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(rest) = line.strip_prefix("krl: serving on 127.0.0.1:") {
            break rest.split(' ').next().unwrap().parse().unwrap();
        }
    };
    // Nobody reads the log, which must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, port)
}

impl Served {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, port) = serve(folder.path(), "home");
        Self { folder, child, port }
    }

    /// Runs a command against the host: blanks separate its words.
    fn krl(&self, line: &str) -> Done {
        self.words(&line.split(' ').collect::<Vec<_>>())
    }

    fn words(&self, words: &[&str]) -> Done {
        let mut command = krl(self.folder.path());
        command.env("KRL_HOST", self.url());
        run(command.env("KRL_HOME", self.folder.path().join("home")).args(words))
    }

    /// What a command answers, which must not fail.
    fn json(&self, line: &str) -> serde_json::Value {
        let done = self.krl(&format!("{line} --json"));
        assert_eq!(done.code, 0, "{line}: {}", done.err);
        serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{line}: {e}: {}", done.out))
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn get(&self, path: &str) -> String {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"))
    }

    fn post(&self, path: &str, body: &str) -> String {
        let length = body.len();
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))
    }

    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn ui_channel(&self) -> String {
        let ui: serde_json::Value = serde_json::from_str(&self.get("/api/ui-context")).unwrap();
        ui["eci"].as_str().unwrap().to_owned()
    }

    /// Makes a channel of the root cloud that lets everything through.
    fn channel(&self, tag: &str) -> String {
        let ui = self.ui_channel();
        let body = format!(
            r#"{{"tags":["{tag}"],"eventPolicy":{{"allow":[{{"domain":"*","name":"*"}}],"deny":[]}},"queryPolicy":{{"allow":[{{"rid":"*","name":"*"}}],"deny":[]}}}}"#
        );
        self.post(&format!("/c/{ui}/event-wait/engine_ui/new_channel"), &body);
        let cloud: serde_json::Value =
            serde_json::from_str(&self.get(&format!("/c/{ui}/query/io.picolabs.pico-engine-ui/pico")))
                .unwrap();
        let channels = cloud["channels"].as_array().unwrap();
        let made = channels.iter().find(|channel| channel["tags"][0] == tag).unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Changes a byte in the middle of a file.
    fn damage(&self, name: &str) {
        let path = self.folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    /// Asks the host to end, as a service manager does; answers how it ended.
    fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the host does not end");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const COUNTER: &str = r#"ruleset org.example.counter {
  meta {
    shares value
  }
  global {
    value = function() {
      ent:count.defaultsTo(ctx:rid_config{"from"}.defaultsTo(0))
    }
  }
  rule up {
    select when counter up by re#^(\d+)$# setting(n)
    fired {
      log warn "counting by " + n
      ent:count := value() + n.as("Number")
    }
  }
  rule never {
    select when counter up where event:attrs{"by"} == "none"
    send_directive("never")
  }
  rule second {
    select when counter up before counter down
    send_directive("down")
  }
  rule wrong {
    select when counter wrong
    pre {
      x = ctx:query("nosuch", "a.b", "c")
    }
    send_directive("never")
  }
}
"#;

#[test]
fn a_ruleset_goes_into_a_cloud_and_tells_what_happens_there() {
    let host = Served::start();
    host.file("counter.krl", COUNTER);
    let root = host.json("host owners")[0]["root"].as_str().unwrap().to_owned();

    let pushed = host.krl("push counter.krl");
    assert!(pushed.out.starts_with("krl:sha256/"), "{} {}", pushed.out, pushed.err);
    assert_eq!(pushed.err, "pushed counter.krl as org.example.counter\n");
    let url = pushed.out.trim();
    let installed = host.words(&["install", url, "--cloud", &root, "--configure", r#"{"from": 40}"#]);
    assert_eq!(installed.out, format!("installed org.example.counter in cloud {root} from {url}\n"));
    let cloud = host.krl(&format!("host cloud {root}"));
    assert!(cloud.out.contains(&format!("org.example.counter         {url}\n")), "{}", cloud.out);

    let ui = host.ui_channel();
    assert_eq!(host.json(&format!("host cloud {ui}"))["id"], root.as_str());
    let eci = host.channel("counter");
    let answer: serde_json::Value =
        serde_json::from_str(&host.get(&format!("/c/{eci}/event-wait/counter/up?by=2"))).unwrap();
    assert_eq!(host.get(&format!("/c/{eci}/query/org.example.counter/value")), "42");
    let eid = answer["eid"].as_str().unwrap();
    check_trace(&host, eid, &eci, &root);
    check_logs(&host, eid, &root);

    let wrong = host.get(&format!("/c/{eci}/event-wait/counter/wrong"));
    let wrong: serde_json::Value = serde_json::from_str(&wrong).unwrap();
    let told = host.krl(&format!("trace {}", wrong["eid"].as_str().unwrap())).out;
    assert!(told.contains("  org.example.counter · wrong: failed\n"), "{told}");
    assert!(told.contains("\nerror: "), "{told}");
    let errors = host.krl(&format!("logs {root} --level error")).out;
    assert!(errors.contains("EVENT counter:wrong {}") && errors.contains("[ERROR]"), "{errors}");
}

/// How each rule fared, for people and for programs.
fn check_trace(host: &Served, eid: &str, eci: &str, root: &str) {
    let trace = host.krl(&format!("trace {eid}"));
    let time = host.json(&format!("trace {eid}"))["time"].as_str().unwrap().to_owned();
    let expected = format!(
        "EVENT counter:up {{\"by\":\"2\"}}
  id       {eid}
  time     {time}
  cloud    {root}
  channel  {eci}

counter:up
  org.example.counter · up: fired; changed ent:count
    [WARN] org.example.counter: counting by 2
  org.example.counter · never: not selected: its where condition is false
  org.example.counter · second: not selected: its event expression waits for another event
"
    );
    assert_eq!(trace.out, expected);
}

/// Filters by level, ruleset, event and age.
fn check_logs(host: &Served, eid: &str, root: &str) {
    let all = host.krl(&format!("logs {root}")).out;
    assert!(all.contains("EVENT engine_ui:setup {}"), "{all}");
    assert!(all.contains("[DEBUG] io.picolabs.wrangler · begin_life_as_root: fired"), "{all}");
    let warnings = host.krl(&format!("logs {root} --level warn")).out;
    let (header, lines) = warnings.split_once('\n').unwrap();
    assert!(header.ends_with(&format!(" EVENT counter:up {{\"by\":\"2\"}} {eid}")), "{header}");
    assert_eq!(lines, "  [WARN] org.example.counter: counting by 2\n");
    let of_event = host.krl(&format!("logs {root} --event {eid} --json")).out;
    assert!(of_event.lines().all(|line| line.contains(eid)) && of_event.contains("txnDone"), "{of_event}");
    let of_rid = host.krl(&format!("logs {root} --rid org.example.counter --since 2020-01-01T00:00:00Z")).out;
    assert!(of_rid.contains("counter · up: fired") && !of_rid.contains("engine_ui"), "{of_rid}");
    let later = host.krl(&format!("logs {root} --since 2999-01-01T00:00:00Z"));
    assert_eq!((later.out.as_str(), later.code), ("", 0));
}

#[test]
fn following_a_log_shows_what_comes() {
    let host = Served::start();
    let root = host.json("host owners")[0]["root"].as_str().unwrap().to_owned();
    let eci = host.channel("any");
    let mut command = krl(host.folder.path());
    command.env("KRL_HOST", host.url()).env("KRL_HOME", host.folder.path().join("home"));
    let mut following = command.args(["logs", &root, "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("EVENT engine_ui:new_channel")));
    host.get(&format!("/c/{eci}/event/some/thing?n=7"));
    assert!(lines.any(|line| line.contains("EVENT some:thing {\"n\":\"7\"}")));
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn owners_come_with_limits_and_stop() {
    let host = Served::start();
    let ada = host.json("host create-owner Ada");
    let (id, root) = (ada["id"].as_str().unwrap(), ada["root"].as_str().unwrap());
    assert_eq!(host.krl(&format!("host clouds {id}")).out, format!("{root}\n"));
    let quota = host.json(&format!("host quota {id} instructions=5_000_000 memory=33554432"));
    assert_eq!(quota["limits"]["instructions"], 5_000_000.0);
    let unknown = host.krl(&format!("host quota {id} coins=3"));
    assert!(host.json(&format!("host quota {id} clouds=3"))["limits"]["clouds"] == 3.0);
    assert!(host.json(&format!("host quota {id} clouds=none"))["limits"]["clouds"].is_null());
    assert!(unknown.code == 1 && unknown.err.contains("no limit `coins`"), "{}", unknown.err);
    assert_eq!(host.json(&format!("host suspend {id}"))["suspended"], true);
    let owners = host.krl("host owners").out;
    let line = owners.lines().find(|line| line.contains("Ada")).unwrap();
    assert!(line.ends_with("suspended  instructions=5000000 memory=33554432"), "{line}");
    assert_eq!(host.json(&format!("host resume {id}"))["suspended"], false);
    assert_eq!(host.json("host stats")["owners"], 2.0);
    let flushed = host.krl("host flush krl:bundled/io.picolabs.pds").out;
    assert!(flushed.contains("rid      io.picolabs.pds\n"), "{flushed}");
}

#[test]
fn refusals_name_the_remedy() {
    let host = Served::start();
    host.file("broken.krl", "ruleset a.b { global { x = nosuch() } }\n");
    host.file("needy.krl", "ruleset a.needy { meta { use module a.missing } }\n");
    let root = host.json("host owners")[0]["root"].as_str().unwrap().to_owned();
    let install = |what: &str| format!("install {what} --cloud {root}");
    let broken = format!("file://{}", host.folder.path().join("broken.krl").display());
    let cases: &[(&str, i32, &str)] = &[
        ("push broken.krl", 1, "`nosuch` is not defined"),
        ("push nosuch.krl", 2, "nosuch.krl: no such file"),
        (&install("needy.krl"), 1, "push the modules that it uses before it"),
        (&install("krl:bundled/nosuch"), 1, "krl push FILE"),
        (&install(&broken), 1, "file"),
        ("install needy.krl --cloud nosuch --configure 1", 2, "--configure must be a JSON map"),
        ("install krl:bundled/io.picolabs.pds --cloud nosuch", 1, "krl host clouds OWNER"),
        ("host suspend nosuch", 1, "`krl host owners` lists them"),
        ("host quota nosuch clouds=3", 1, "`krl host owners` lists them"),
        ("host quota nosuch clouds", 2, "write for example `instructions=5000000`"),
        ("host cloud nosuch", 1, "there is no cloud and no channel nosuch"),
        ("logs nosuch", 1, "there is no cloud and no channel nosuch"),
        ("logs nosuch --since soon", 2, "write `10 minutes`"),
        ("trace nosuch", 1, "logs are kept for twelve hours"),
        ("host owners --token wrong", 1, "does not know this token"),
        ("host owners --token-file nosuch", 2, "nosuch: no such file"),
        ("host owners --host nowhere --token x", 2, "write for example `http://localhost:3000`"),
        ("host owners --host http://127.0.0.1:1", 1, "start one with `krl serve`"),
        ("host owners --host https://clouds.example", 2, "say its operator's token"),
        ("host backup other --home home", 1, "leave --home out"),
        ("host verify --home nosuch", 2, "no folder of a host"),
        ("host verify broken.krl", 1, "is not a backup"),
        ("serve --home home --port 0", 1, "stop the other host"),
        (&format!("serve --home other --address 127.0.0.1 --port {}", host.port), 1, "choose another `port`"),
        ("serve --home other --port x", 2, "--port: "),
    ];
    for (line, code, words) in cases {
        let done = host.krl(line);
        assert_eq!((done.code, done.err.contains(words)), (*code, true), "{line}: {}", done.err);
    }
}

#[test]
fn clouds_survive_a_stop_and_come_back_from_a_backup() {
    let mut host = Served::start();
    let owners = host.krl("host owners").out;
    let backup = host.json("host backup copy");
    assert!(backup["entries"].as_f64().unwrap() > 10.0);
    assert_eq!(host.json("host verify copy")["entries"], backup["entries"]);
    assert_eq!(host.krl("host backup copy").code, 1);
    assert_eq!(host.terminate(), Some(0));

    assert_eq!(host.krl("host verify --home home").code, 0);
    assert_eq!(host.krl("host backup second --home home").code, 0);
    let restored = host.krl("host restore copy --home restored");
    assert!(restored.err.contains("krl serve --home restored"), "{}", restored.err);
    assert_eq!(host.krl("host restore copy --home restored").code, 1);
    host.damage("second");
    let damaged = host.krl("host verify second");
    assert!(damaged.code == 1 && damaged.err.contains("use another backup"), "{}", damaged.err);

    for home in ["home", "restored"] {
        (host.child, host.port) = serve(host.folder.path(), home);
        let token = host.krl(&format!("host token --home {home}")).out;
        assert_eq!(host.words(&["host", "owners", "--token", token.trim()]).out, owners, "{home}");
        assert_eq!(host.terminate(), Some(0));
    }
}
