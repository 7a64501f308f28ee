//! The examples, the system rulesets and the code in the documents: checked, formatted, run.
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn krl(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_krl")).args(args).current_dir(root()).output().unwrap()
}

#[test]
fn examples_and_system_rulesets_are_clean_and_formatted() {
    const FOLDERS: [&str; 2] = ["examples", "stdlib/rulesets"];
    for args in [&["check", "--deny", "warnings"][..], &["fmt", "--check"]] {
        let args = &[args, &FOLDERS[..]].concat()[..];
        let output = krl(args);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{args:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The folders of examples that run from a script.
fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let folders: Vec<_> = folders.filter(|path| path.join("script.txt").is_file()).collect();
    assert!(folders.len() >= 8, "only {} examples", folders.len());
    folders
}

/// What the rulesets in `folder` print for the script of an example.
fn run(folder: &Path, script: &Path) -> Output {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|e| e == "krl" || e == "krlc"));
    let mut args = vec!["run"];
    args.extend(files.iter().map(|file| file.to_str().unwrap()));
    args.extend(["--script", script.to_str().unwrap()]);
    krl(&args)
}

/// With `KRL_BLESS=1` the results are written instead of compared.
#[test]
fn examples_print_what_they_should() {
    for folder in examples() {
        let (script, expected) = (folder.join("script.txt"), folder.join("expected.jsonl"));
        let output = run(&folder, &script);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", folder.display());
        let got = String::from_utf8(output.stdout).unwrap();
        if std::env::var_os("KRL_BLESS").is_some() {
            std::fs::write(&expected, &got).unwrap();
        }
        assert_eq!(got, std::fs::read_to_string(expected).unwrap(), "{}", folder.display());
    }
}

#[test]
fn compiled_examples_print_the_same() {
    for folder in examples() {
        let built = tempfile::tempdir().unwrap();
        let again = tempfile::tempdir().unwrap();
        for target in [&built, &again] {
            let output = krl(&["build", folder.to_str().unwrap(), "--out", target.path().to_str().unwrap()]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        for entry in std::fs::read_dir(built.path()).unwrap() {
            let path = entry.unwrap().path();
            let other = again.path().join(path.file_name().unwrap());
            assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(other).unwrap(), "{}", path.display());
        }
        let output = run(built.path(), &folder.join("script.txt"));
        let wanted = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted, "{}", folder.display());
    }
}

#[test]
fn damaged_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hello.krlc");
    let to = folder.path().to_str().unwrap();
    assert!(krl(&["build", "examples/hello/hello.krl", "--out", to]).status.success());
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        let output = krl(&["run", path.to_str().unwrap(), "--event", "door:knock"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "byte {at}: {told}");
        assert!(output.stdout.is_empty() && told.contains("hello.krlc: "), "byte {at}: {told}");
    }
}

/// Runs the scripts of a document; answers it with what they print in the blocks below them.
fn with_answers(document: &str) -> String {
    let mut parts = document.split("```script ");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (ruleset, rest) = part.split_once('\n').unwrap();
        let (script, rest) = rest.split_once("```\n").unwrap();
        let (between, rest) = rest.split_once("```jsonl\n").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let output = krl(&["run", ruleset, "--script", file.path().to_str().unwrap()]);
        let answers = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            answers.lines().count(),
            script.lines().filter(|l| !l.starts_with('#')).count(),
            "{script}"
        );
        let rest = rest.split_once("```").unwrap().1;
        text += &format!("```script {ruleset}\n{script}```\n{between}```jsonl\n{answers}```{rest}");
    }
    text
}

/// With `KRL_BLESS=1` the answers are written instead of compared.
#[test]
fn scripts_in_documents_answer_what_they_say() {
    let path = root().join("docs/script.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let got = with_answers(&text);
    if std::env::var_os("KRL_BLESS").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    assert!(got == std::fs::read_to_string(&path).unwrap(), "docs/script.md is stale: {got}");
}

/// Code blocks of the documents that are whole rulesets have no errors; the pages on errors are tested where the codes are.
#[test]
fn code_in_documents_is_right() {
    let mut documents = vec![root().join("README.md"), root().join("examples/README.md")];
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    documents.extend(docs.filter(|path| path.extension().is_some_and(|e| e == "md")));
    let folder = tempfile::tempdir().unwrap();
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for (at, block) in text.split("```krl\n").skip(1).enumerate() {
            let code = block.split("```").next().unwrap();
            let file = folder.path().join(format!("block{at}.krl"));
            std::fs::write(&file, code).unwrap();
            let output = krl(&["check", file.to_str().unwrap()]);
            let found = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{}: block {}\n{found}", document.display(), at + 1);
        }
    }
}
