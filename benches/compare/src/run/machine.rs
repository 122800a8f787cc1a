//! What the figures depend on, without a name or a path of the machine.

use std::{fs, hint, path::Path, process::Command, thread};

use super::Programs;

/// Facts, by what they are about. What cannot be found out is left out.
pub(super) fn describe(programs: &Programs) -> Vec<(String, String)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let python = |python: &Path| {
        let script = "import platform, msgpack, pysoa; print('pysoa', pysoa.__version__ + ', msgpack', \
                      '.'.join(map(str, msgpack.version[:3])), 'on Python', platform.python_version())";
        say(python, &["-c", script])
    };
    let facts = [
        ("processor", processor().map(|model| format!("{cores} × {model}"))),
        ("memory", memory()),
        ("kernel", fs::read_to_string("/proc/sys/kernel/osrelease").ok()),
        ("this project", say(Path::new("git"), &["describe", "--always", "--dirty", "--exclude=*"])),
        ("compiler", say(Path::new("rustc"), &["--version"])),
        ("Redis", say(Path::new("redis-server"), &["--version"]).and_then(|text| between(&text, "v=", ' '))),
        ("NATS", say(&programs.nats, &["--version"])),
        ("crates", Some(crates(include_str!("../../Cargo.lock"), &["redis", "tokio", "async-nats", "tonic"]))),
        ("PySOA", python(&programs.python)),
        ("PySOA with a newer msgpack", python(&programs.python_msgpack1)),
    ];
    let known = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?.trim().to_owned())));
    known.filter(|(_, fact)| !fact.is_empty()).collect()
}

/// Uses memory, more than a log takes, and gives it back. A virtual machine may have to ask for memory that was not
/// in use for a while, which takes ten times as long as to write a log into it, and would be measured in place of that.
pub(super) fn touch_memory(size: usize) {
    let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kilobytes: usize = between(&text, "MemAvailable:", 'k')?.trim().parse().ok()?;
        Some(kilobytes * 1024)
    });
    // A container may have less than its machine.
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let size = size.min(available.unwrap_or_default() / 2).min(limit.unwrap_or(usize::MAX) / 2);
    hint::black_box(vec![1_u8; size]);
}

fn say(program: &Path, arguments: &[&str]) -> Option<String> {
    let said = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(said.stdout).ok().filter(|_| said.status.success())
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory() -> Option<String> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes: f64 = between(&text, "MemTotal:", 'k')?.trim().parse().ok()?;
    Some(format!("{:.0} GB", kilobytes / 1e6))
}

fn between(text: &str, begin: &str, end: char) -> Option<String> {
    let rest = &text[text.find(begin)? + begin.len()..];
    Some(rest.split(end).next()?.to_owned())
}

/// The versions of crates out of a `Cargo.lock`.
fn crates(lock: &str, names: &[&str]) -> String {
    let version = |name: &str| between(lock, &format!("name = \"{name}\"\nversion = \""), '"');
    let known = names.iter().filter_map(|name| Some(format!("{name} {}", version(name)?)));
    known.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"tokio-util\"\nversion = \"9\"\n";
        assert_eq!(crates(lock, &["tokio", "tonic", "tokio-util"]), "tokio 1.2.3, tokio-util 9");
    }
}
