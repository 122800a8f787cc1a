//! The `soa` command.
fn main() {}
