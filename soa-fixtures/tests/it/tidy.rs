//! What a reviewer would say of the tree, said by a test: see CONTRIBUTING.md.

use std::{
    fs,
    path::{Path, PathBuf},
};

const MAX_LINES: usize = 400;

/// In the server a module may use those to the right of it, never those to the left.
const SERVER_LAYERS: [&str; 6] = ["app", "prefork", "worker", "pipeline", "action", "schema"];

#[test]
fn files_are_short_enough_to_read_in_one_go() {
    check(|_, text| {
        let lines = text.lines().count();
        (lines > MAX_LINES).then(|| format!("{lines} lines; allowed are {MAX_LINES}: split it by idea"))
    });
}

#[test]
fn no_test_is_switched_off_and_nothing_is_left_to_do() {
    let marks =
        [["#[ig", "nore"], ["to", "do!("], ["unimple", "mented!("], ["FIX", "ME"]].map(|halves| halves.concat());
    check(|_, text| {
        let mark = marks.iter().find(|mark| text.contains(mark.as_str()))?;
        Some(format!("holds {mark}"))
    });
}

#[test]
fn only_settings_and_prefork_read_the_environment() {
    check(|path, text| {
        // A build script is told by cargo what it needs to know, in no other way, and a program by its command line.
        let may =
            ["tests", "settings", "prefork", "systemd.rs", "soa-fixtures", "examples", "fuzz", "build.rs", "main.rs"];
        let is_allowed = path.components().any(|part| may.iter().any(|name| part.as_os_str() == *name));
        (!is_allowed && (text.contains("env::var") || text.contains("env::args")))
            .then(|| "reads the environment; a setting read in one place is a setting that can be found".to_owned())
    });
}

#[test]
fn imports_in_the_server_go_one_way() {
    check(|path, text| {
        let module = path.strip_prefix("soa-server/src").ok()?.components().next()?.as_os_str().to_str()?;
        let layer = SERVER_LAYERS.iter().position(|layer| *layer == module.trim_end_matches(".rs"))?;
        let above = &SERVER_LAYERS[..layer];
        let found = above.iter().find(|above| text.contains(&format!("crate::{above}::")))?;
        Some(format!("uses crate::{found}, which stands above it"))
    });
}

#[test]
fn crates_depend_one_way() {
    let order = ["soa-test", "soa-server", "soa-client", "soa-common"];
    for (index, name) in order.iter().enumerate() {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
        for above in &order[..index] {
            let line = format!("\n{above}.workspace");
            assert!(!dependencies.contains(&line), "{name} depends on {above}, which stands above it");
        }
    }
}

/// Fails with what `fault` finds in any source file of the project.
fn check(fault: impl Fn(&Path, &str) -> Option<String>) {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 20, "the sources were not found");
    let faults: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let path = file.strip_prefix(&root).unwrap();
            fault(path, &fs::read_to_string(file).unwrap()).map(|fault| format!("{}: {fault}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
