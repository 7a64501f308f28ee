//! The `krl` command.

fn main() {}
