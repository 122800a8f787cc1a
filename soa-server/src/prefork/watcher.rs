//! Changes of files, for development: the workers are started anew when a program or its settings change.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tracing::warn;

/// How long nothing may change before the change is taken for done: programs are written in pieces.
const QUIET: Duration = Duration::from_millis(500);

/// Sees changes of files, and of all files below directories.
#[derive(Debug)]
pub(super) struct Watcher {
    changes: Arc<Notify>,
    /// Events come while it lives.
    _events: RecommendedWatcher,
}

/// By path what tells one content of a file from another without reading it.
type Fingerprints = BTreeMap<PathBuf, [i128; 5]>;

impl Watcher {
    /// Watches these paths. To be called within a runtime.
    ///
    /// # Errors
    /// When a path does not exist or cannot be watched. The error names it.
    pub(super) fn start(paths: Vec<PathBuf>) -> io::Result<Self> {
        let (sender, events) = mpsc::channel(1);
        let tell = move |event: notify::Result<notify::Event>| {
            match event {
                // Looking changes nothing, and our own looking would never end.
                Ok(event) if event.kind.is_access() => return,
                Ok(_) => {}
                Err(error) => warn!("changes of files may be missed: {error}"),
            }
            // When it is full, the same is told already.
            let _ = sender.try_send(());
        };
        let mut watcher = notify::recommended_watcher(tell).map_err(io::Error::other)?;
        for path in &paths {
            watch(&mut watcher, path)
                .map_err(|error| io::Error::other(format!("--use-file-watcher: {}: {error}", path.display())))?;
        }
        let changes = Arc::new(Notify::new());
        tokio::spawn(follow(fingerprints(&paths), paths, events, Arc::clone(&changes)));
        Ok(Self { changes, _events: watcher })
    }

    /// Waits for a change. Changes before that count as one. Cancel-safe.
    pub(super) async fn changed(&self) {
        self.changes.notified().await;
    }
}

fn watch(watcher: &mut RecommendedWatcher, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    // The file behind a link may change, or the link.
    let behind = fs::canonicalize(path)?;
    if behind.is_dir() {
        return Ok(watcher.watch(&behind, RecursiveMode::Recursive)?);
    }
    // Editors and compilers replace files: then only the directory sees it.
    for directory in [path.parent(), behind.parent()].into_iter().flatten() {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
    }
    Ok(())
}

async fn follow(mut seen: Fingerprints, paths: Vec<PathBuf>, mut events: mpsc::Receiver<()>, changes: Arc<Notify>) {
    while events.recv().await.is_some() {
        while timeout(QUIET, events.recv()).await.is_ok() {}
        // Other files of the same directories change, too. What is gone is about to come again.
        let now = fingerprints(&paths);
        if now != seen && paths.iter().all(|path| path.exists()) {
            seen = now;
            changes.notify_one();
        }
    }
}

fn fingerprints(paths: &[PathBuf]) -> Fingerprints {
    let mut found = Fingerprints::new();
    let mut left = paths.to_vec();
    while let Some(path) = left.pop() {
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            // Links could lead in circles.
            let entries = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
            left.extend(entries.map(|entry| entry.path()));
        } else {
            let [device, inode, length] = [metadata.dev(), metadata.ino(), metadata.len()].map(i128::from);
            found.insert(path, [device, inode, length, metadata.mtime().into(), metadata.mtime_nsec().into()]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_change_counts_when_nothing_has_changed_for_half_a_second() {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let paths = vec![file.clone()];
        let (sender, events) = mpsc::channel(1);
        let changes = Arc::new(Notify::new());
        tokio::spawn(follow(fingerprints(&paths), paths, events, Arc::clone(&changes)));
        let start = Instant::now();
        let pause = QUIET - Duration::from_millis(1);
        for length in 1..=5 {
            fs::write(&file, "x".repeat(length)).unwrap();
            sender.send(()).await.unwrap();
            sleep(pause).await;
        }
        changes.notified().await;
        assert_eq!(start.elapsed(), 4 * pause + QUIET);
        // Another file of its directory is no change.
        sender.send(()).await.unwrap();
        assert!(timeout(Duration::from_secs(3600), changes.notified()).await.is_err());
    }
}
