//! The settings file that shows the keys loads.

use std::process::Command;

#[test]
fn the_example_settings_are_right() {
    let server = Command::new(env!("CARGO_BIN_EXE_square"))
        .args(["--check-settings", "--settings", concat!(env!("CARGO_MANIFEST_DIR"), "/settings.yaml")])
        .output()
        .unwrap();
    assert!(server.status.success(), "{server:?}");
    assert_eq!(String::from_utf8(server.stdout).unwrap(), "the settings are right\n");
}
