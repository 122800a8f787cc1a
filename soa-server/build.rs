//! Tells the crate which compiler builds it, for the action `status`.

use std::{env, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=SOA_RUST_VERSION={}", rust_version().as_deref().unwrap_or("unknown"));
}

/// The second word of `rustc 1.89.0 (29483883e 2025-08-04)`.
fn rust_version() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}
