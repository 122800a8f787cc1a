//! The demonstration server.
fn main() {}
