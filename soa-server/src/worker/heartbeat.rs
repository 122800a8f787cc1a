//! The heartbeat file: a time by which a monitor sees that a worker's loop turns.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{task::spawn_blocking, time::Instant};
use tracing::{debug, warn};

/// The shortest time between two writes.
const INTERVAL: Duration = Duration::from_millis(2500);

/// Writes the time when the worker's loop turns.
///
/// The runtime never waits for the file: the disk may be one behind a network.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    written: Instant,
    is_writing: Arc<AtomicBool>,
    file: Arc<Mutex<HeartbeatFile>>,
}

impl Heartbeat {
    /// Creates the file of the worker with this number.
    ///
    /// # Errors
    /// When the file cannot be written. The error names it.
    pub(crate) fn create(pattern: &str, number: usize) -> io::Result<Self> {
        let file = HeartbeatFile::create(pattern, number)?;
        Ok(Self { written: Instant::now(), is_writing: Arc::default(), file: Arc::new(Mutex::new(file)) })
    }

    /// Finds out whether the file of a worker could be created.
    ///
    /// # Errors
    /// When it cannot be written. The error names it.
    pub(crate) fn check(pattern: &str) -> io::Result<()> {
        HeartbeatFile::create(pattern, 1).map(|file| file.remove())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        lock(&self.file).path.clone()
    }

    /// Notes that the loop has turned; has the file written when it is time.
    pub(crate) fn turned(&mut self) {
        let now = Instant::now();
        if now - self.written < INTERVAL || self.is_writing.swap(true, Ordering::Acquire) {
            return;
        }
        self.written = now;
        let (file, is_writing) = (Arc::clone(&self.file), Arc::clone(&self.is_writing));
        spawn_blocking(move || {
            lock(&file).beat();
            is_writing.store(false, Ordering::Release);
        });
    }

    /// Removes the file, unless another worker writes it, too.
    pub(crate) async fn remove(self) {
        // The task fails only when the runtime is being shut down, which this function outlives.
        let _ = spawn_blocking(move || lock(&self.file).remove()).await;
    }
}

/// The file of the worker with this number and process id, when no other worker's has this path.
pub(crate) fn own_path(pattern: &str, number: usize, pid: i32) -> Option<String> {
    pattern.contains("{{pid}}").then(|| path_of(pattern, number, &pid.to_string()))
}

/// Removes the file that a worker has left at this path. Who calls waits for the disk.
pub(crate) fn remove_left(path: &Path) {
    // A worker that ended cleanly has left none.
    let Ok(file) = File::options().read(true).write(true).open(path) else { return };
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        HeartbeatFile { path: path.to_owned(), file, is_failing: false }.remove();
    }
}

fn path_of(pattern: &str, number: usize, pid: &str) -> String {
    pattern.replace("{{pid}}", pid).replace("{{fid}}", &number.to_string())
}

fn lock(file: &Mutex<HeartbeatFile>) -> std::sync::MutexGuard<'_, HeartbeatFile> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An open file with a shared lock on it, by which the workers that write the same file know of each other: in a
/// rolling restart the next worker of a number starts before the last one has ended.
///
/// It is written in place and in one piece of a fixed length, so readers see a whole time, and a full disk or a file
/// that is mounted by itself are no matter.
#[derive(Debug)]
struct HeartbeatFile {
    path: PathBuf,
    file: File,
    is_failing: bool,
}

impl HeartbeatFile {
    fn create(pattern: &str, number: usize) -> io::Result<Self> {
        let path = path_of(pattern, number, &process::id().to_string());
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{path:?}: {error}"));
        let path = std::path::absolute(&path).map_err(named)?;
        let file = open(&path).map_err(named)?;
        let mut created = Self { path, file, is_failing: false };
        created.write().map_err(named)?;
        Ok(created)
    }

    fn beat(&mut self) {
        match self.write() {
            Ok(()) => self.is_failing = false,
            Err(_) if self.is_failing => {}
            Err(error) => {
                self.is_failing = true;
                warn!("the heartbeat file {} cannot be written: {error}", self.path.display());
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        // Somebody may have removed it: a worker that ends, or what clears temporary files away.
        if !self.is_in_place() {
            self.file = open(&self.path)?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = format!("{}.{:06}", now.as_secs(), now.subsec_micros());
        self.file.write_all_at(time.as_bytes(), 0)?;
        self.file.set_len(time.len() as u64)
    }

    fn is_in_place(&self) -> bool {
        let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match (fs::metadata(&self.path), self.file.metadata()) {
            (Ok(there), Ok(open)) => id(there) == id(open),
            _ => false,
        }
    }

    fn remove(&self) {
        if !self.is_in_place() {
            return;
        }
        match self.file.try_lock() {
            Ok(()) => {
                debug!("removing the heartbeat file {}", self.path.display());
                if let Err(error) = fs::remove_file(&self.path) {
                    warn!("the heartbeat file {} cannot be removed: {error}", self.path.display());
                }
            }
            Err(_) => debug!("another worker goes on writing the heartbeat file {}", self.path.display()),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Reading is not needed, but without it a pipe would be waited for.
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file"));
    }
    // Some file systems know no locks; then a file that is shared is removed too early, and written again.
    let _ = file.try_lock_shared();
    Ok(file)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::time::advance;

    use super::*;

    fn pattern(directory: &TempDir, name: &str) -> String {
        directory.path().join(name).to_str().unwrap().to_owned()
    }

    /// Lets the loop turn once and what it has begun end.
    async fn turn(heartbeat: &mut Heartbeat) {
        heartbeat.turned();
        while heartbeat.is_writing.load(Ordering::Acquire) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_is_written_at_most_every_two_and_a_half_seconds() {
        let directory = TempDir::new().unwrap();
        let path = pattern(&directory, "beat");
        fs::write(&path, "something longer than any time").unwrap();
        let mut heartbeat = Heartbeat::create(&path, 1).unwrap();
        let read = || fs::read_to_string(&path).unwrap();
        let first = read();
        assert!((first.parse::<f64>().unwrap() - unix_now()).abs() < 60.0, "{first}");
        advance(INTERVAL - Duration::from_millis(1)).await;
        turn(&mut heartbeat).await;
        assert_eq!(read(), first);
        advance(Duration::from_millis(1)).await;
        turn(&mut heartbeat).await;
        let second = read();
        assert!(second.parse::<f64>().unwrap() > first.parse().unwrap(), "{first} {second}");
        turn(&mut heartbeat).await;
        assert_eq!(read(), second);
        heartbeat.remove().await;
        assert!(!Path::new(&path).exists());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_two_workers_write_stays_until_both_have_ended() {
        let directory = TempDir::new().unwrap();
        let path = pattern(&directory, "{{fid}}");
        let [old, new] = [(); 2].map(|()| Heartbeat::create(&path, 7).unwrap());
        assert_eq!(old.path(), directory.path().join("7"));
        old.remove().await;
        assert!(directory.path().join("7").exists());
        new.remove().await;
        assert!(!directory.path().join("7").exists());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_was_removed_comes_again_and_one_that_cannot_be_written_is_no_matter() {
        let directory = TempDir::new().unwrap();
        let folder = directory.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let mut heartbeat = Heartbeat::create(folder.join("{{pid}}").to_str().unwrap(), 1).unwrap();
        let path = folder.join(process::id().to_string());
        for is_there in [true, false, true] {
            fs::remove_dir_all(&folder).unwrap();
            if is_there {
                fs::create_dir(&folder).unwrap();
            }
            advance(INTERVAL).await;
            turn(&mut heartbeat).await;
            assert_eq!((path.exists(), lock(&heartbeat.file).is_failing), (is_there, !is_there));
            fs::create_dir_all(&folder).unwrap();
        }
        heartbeat.remove().await;
        assert!(!path.exists());
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let directory = TempDir::new().unwrap();
        for (name, why) in [("nowhere/beat", "No such file or directory"), (".", "directory")] {
            let error = Heartbeat::create(&pattern(&directory, name), 1).unwrap_err().to_string();
            assert!(error.contains(directory.path().to_str().unwrap()) && error.contains(why), "{error}");
        }
        for (path, expected) in
            [("/dev/null", "\"/dev/null\": this is no regular file"), ("", "\"\": cannot make an empty path absolute")]
        {
            assert_eq!(Heartbeat::check(path).unwrap_err().to_string(), expected);
        }
    }

    fn unix_now() -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
    }
}
