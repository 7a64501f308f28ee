//! Names the agreement between compiled code and the machine: a hash of the sources of both. Kept code of any other build is useless, and
//! nobody has to remember to change a number.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for folder in ["src", "../src"] {
        println!("cargo::rerun-if-changed={folder}");
        for file in sources(Path::new(folder))? {
            file.hash(&mut hasher);
            std::fs::read(&file)?.hash(&mut hasher);
        }
    }
    for name in ["PROFILE", "TARGET"] {
        std::env::var(name).ok().hash(&mut hasher);
    }
    println!("cargo::rustc-env=KRL_CODE_AGREEMENT={:016x}", hasher.finish());
    Ok(())
}

fn sources(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
