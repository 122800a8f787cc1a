//! Workers that are started anew because files have changed.

use std::{fs, process::Command};

use rustix::process::Signal;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves};

const DONE: &str = "all workers have been started anew";

#[test]
fn changes_of_the_program_and_its_settings_start_workers_anew() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let [program, settings, other] = ["server", "settings.json", "other"].map(|name| directory.path().join(name));
    fs::copy(env!("CARGO_BIN_EXE_soa-server"), &program).unwrap();
    fs::write(&settings, "{}").unwrap();
    let mut command = Command::new(&program);
    command.current_dir(&directory).args([
        "--settings",
        "settings.json",
        "--redis",
        &redis.url(),
        "--use-file-watcher",
    ]);
    let mut server = Server::start_command(&mut command);
    server.wait_for(1, &["all workers are ready"]);

    // As an editor does it, then as a compiler.
    fs::write(&other, r#"{ "concurrency": 3 }"#).unwrap();
    fs::rename(&other, &settings).unwrap();
    server.wait_for(1, &[DONE]);
    server.wait_for(1, &["files have changed: starting the workers anew"]);
    fs::remove_file(&program).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_soa-server"), &program).unwrap();
    server.wait_for(2, &[DONE]);

    // What is wrong changes nothing, and what is mended does.
    fs::write(&settings, r#"{ "concurency": 3 }"#).unwrap();
    server.wait_for(1, &["concurency: unknown key", "the others stay"]);
    check_serves(&redis, 7);
    fs::write(&settings, "{}").unwrap();
    server.wait_for(3, &[DONE]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn only_the_paths_that_are_named_are_watched() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir_all(path("src/deep")).unwrap();
    fs::write(path("file"), "1").unwrap();
    fs::write(path("not"), "1").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    command.args(["--redis", &redis.url(), "--fork", "2", "--use-file-watcher", "src, file"]);
    let mut server = Server::start_command(command.current_dir(&directory));
    server.wait_for(1, &["all workers are ready"]);
    // It is seen with the next change, and would make one more.
    fs::write(path("not"), "2").unwrap();
    fs::write(path("src/deep/new"), "1").unwrap();
    server.wait_for(1, &[DONE]);
    fs::write(path("file"), "22").unwrap();
    server.wait_for(2, &[DONE]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.wait_for(2, &["files have changed"]).len(), 2);
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_soa-server")).args(["--use-file-watcher", "nowhere"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(": --use-file-watcher: ") && said.contains("nowhere: No such file"), "{said}");
}
