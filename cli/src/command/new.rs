//! `krl new`: a project, a ruleset or a module to begin with.

use crate::args::{New, NewKind};
use crate::exit::{self, Exit};
use crate::{config, files};
use std::path::{Path, PathBuf};

/// Writes the files.
pub fn run(args: &New) -> Exit {
    let planned = match args.kind {
        NewKind::Project => project(&args.name),
        NewKind::Ruleset => one(&args.name, ruleset),
        NewKind::Module => one(&args.name, module),
    };
    let planned = match planned {
        Ok(planned) => planned,
        Err(problem) => return exit::usage(&problem),
    };
    if let Some((path, _)) = planned.iter().find(|(path, _)| path.exists() && !args.force) {
        return exit::usage(&format!("{} exists; --force overwrites it", path.display()));
    }
    for (path, text) in &planned {
        if let Err(e) = write(path, text) {
            return exit::usage(&format!("{}: {e}", path.display()));
        }
        exit::say(&format!("wrote {}", path.display()));
    }
    if args.kind == NewKind::Project {
        exit::say(&format!("try: cd {} && krl run *.krl --script script.txt", args.name));
    }
    Exit::Ok
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    files::write_whole(path, text.as_bytes())
}

type Plan = Result<Vec<(PathBuf, String)>, String>;

fn one(rid: &str, text: fn(&str) -> String) -> Plan {
    check_rid(rid)?;
    Ok(vec![(PathBuf::from(format!("{rid}.krl")), text(rid))])
}

fn project(name: &str) -> Plan {
    let folder = Path::new(name);
    let last = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let rid = format!("org.example.{last}");
    check_rid(&rid)?;
    Ok(vec![
        (folder.join(config::FILE_NAME), CONFIG.to_owned()),
        (folder.join(format!("{last}.krl")), ruleset(&rid)),
        (folder.join("script.txt"), format!("event hello:world name=Ada\nquery {rid}:greeting name=Grace\n")),
    ])
}

/// A ruleset id: words joined by `.` or `-` (krl-language §2).
fn check_rid(rid: &str) -> Result<(), String> {
    let word = |w: &str| {
        w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if rid.split(['.', '-']).all(word) {
        return Ok(());
    }
    Err(format!("`{rid}` is no ruleset id; write words joined by `.` or `-`, such as org.example.shop"))
}

const CONFIG: &str = "\
# Levels by code or name: allow, hint, warn, deny. `krl explain` lists the codes.
[lints]

[fmt]
width = 100
";

fn ruleset(rid: &str) -> String {
    format!(
        "ruleset {rid} {{
  meta {{
    name \"{rid}\"
    shares greeting
  }}

  global {{
    greeting = function(name = \"world\") {{
      <<Hello, #{{name}}!>>
    }}
  }}

  rule hello {{
    select when hello world
    pre {{
      name = event:attrs{{\"name\"}}
    }}
    send_directive(\"say\", {{\"text\": greeting(name)}})
    fired {{
      ent:greeted := ent:greeted.defaultsTo(0) + 1
    }}
  }}
}}
"
    )
}

fn module(rid: &str) -> String {
    format!(
        "ruleset {rid} {{
  meta {{
    name \"{rid}\"
    configure using
      greeting = \"Hello\"
    provides greet
  }}

  global {{
    greet = function(name) {{
      <<#{{greeting}}, #{{name}}!>>
    }}
  }}
}}
"
    )
}
