//! The examples and the code in the documents: checked, formatted, run.
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
fn examples_are_clean_and_formatted() {
    for args in [&["check", "--deny", "warnings", "examples"][..], &["fmt", "--check", "examples"]] {
        let output = krl(args);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{args:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// With `KRL_BLESS=1` the results are written instead of compared.
#[test]
fn examples_print_what_they_should() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        count += 1;
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let mut args = vec!["run".to_owned()];
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files.retain(|file| file.extension().is_some_and(|e| e == "krl"));
        args.extend(files.iter().map(|file| file.to_str().unwrap().to_owned()));
        args.extend(["--script".to_owned(), path("script.txt")]);
        let output = krl(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", folder.display());
        let got = String::from_utf8(output.stdout).unwrap();
        if std::env::var_os("KRL_BLESS").is_some() {
            std::fs::write(path("expected.jsonl"), &got).unwrap();
        }
        let wanted = std::fs::read_to_string(path("expected.jsonl")).unwrap();
        assert_eq!(got, wanted, "{}", folder.display());
    }
    assert!(count >= 8, "only {count} examples");
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
