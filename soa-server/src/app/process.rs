//! What a process becomes: a check of settings, the start of a daemon, a parent or a worker.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use tokio::runtime;
use tracing::warn;

use super::{BoxError, Exit, Failure, Main, settings, work};
use crate::{
    ServerSettings, Service,
    cli::{self, Args},
    logging, panics,
    prefork::{
        Ended, Parent, Plan, WorkerCommand,
        daemon::{self, Daemon},
    },
    worker::{
        self,
        line::{Line, Report},
        stop,
    },
};

/// The most workers for each processor.
const WORKERS_PER_CORE: usize = 5;

impl Main {
    /// Becomes what the command line says; gives how that ended.
    pub(super) fn run_with<F>(self, args: &Args, words: Vec<OsString>, service: F) -> Exit
    where
        F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
    {
        let begun = stop::defer_hangups().and_then(|()| line_of(args));
        let (line, exit) = match begun {
            Ok(line) => (line.clone(), self.become_process(args, words, line, service)),
            Err(error) => (None, Err(error.into())),
        };
        exit.unwrap_or_else(|failure| {
            cli::complain(&failure);
            if let Some(starter) = line {
                starter.report(&Report::Failed(failure.to_string()));
            }
            Exit::Usage
        })
    }

    fn become_process<F>(
        mut self,
        args: &Args,
        words: Vec<OsString>,
        starter: Option<Arc<Line>>,
        service: F,
    ) -> Result<Exit, Failure>
    where
        F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
    {
        let mut prepared = settings::prepare(args, &self.registries)?;
        prepared.middleware.make_client = self.make_client.take();
        if args.check_settings {
            cli::report_check(&prepared.warnings);
            return Ok(Exit::Clean);
        }
        if args.daemon && starter.is_none() {
            return start_daemon(args, words);
        }
        let process = args.worker.map_or_else(|| "main".to_owned(), |number| format!("worker-{number}"));
        // A program with a subscriber of its own keeps it.
        let _ = logging::log_to_stderr(args.log_level, process);
        logging::log_panics();
        panics::install_hook();
        if args.worker.is_some() {
            return work::run(prepared, args.worker, starter, service);
        }
        for warning in &prepared.warnings {
            warn!("{warning}");
        }
        match workers(args.fork) {
            0 | 1 if args.use_file_watcher.is_none() => work::run(prepared, None, starter, service),
            0 => self.lead(&prepared.settings, 1, args, words, starter),
            count => self.lead(&prepared.settings, count, args, words, starter),
        }
    }

    /// Becomes the parent of workers.
    fn lead(
        self,
        settings: &ServerSettings,
        count: usize,
        args: &Args,
        words: Vec<OsString>,
        starter: Option<Arc<Line>>,
    ) -> Result<Exit, Failure> {
        let command = WorkerCommand::of_this_process(words)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        {
            let _entered = runtime.enter();
            // What the hook starts is not to inherit that SIGHUP waits.
            drop(stop::heed_hangups()?);
        }
        if let Some(hook) = self.pre_fork {
            let done = panics::guarded(|| hook(settings)).unwrap_or_else(|panic| Err(panic.into()));
            done.map_err(|error| Failure::new("the pre_fork hook failed", &*error))?;
        }
        // What is wrong with it would end each worker again and again.
        work::check_heartbeat(settings)?;
        let plan = Plan {
            count,
            respawns: !args.no_respawn,
            start_timeout: args.start_timeout,
            drain_limit: worker::stop_limit(&settings.harakiri),
            heartbeat_file: settings.heartbeat_file.clone(),
            watched: watched(args, &command),
        };
        let parent = Parent::new(command, plan, starter.clone());
        Ok(match runtime.block_on(parent.run())? {
            Ended::Clean => Exit::Clean,
            Ended::Forced => Exit::Forced,
            Ended::AllGivenUp(last) => {
                if let Some(starter) = starter {
                    starter.report(&Report::Failed(format!("all workers were given up; {last}")));
                }
                Exit::AllGivenUp
            }
        })
    }
}

/// The line to the process that started this one, when that is one of ours.
fn line_of(args: &Args) -> io::Result<Option<Arc<Line>>> {
    if args.worker.is_none() && !args.detached {
        return Ok(None);
    }
    let line = Line::take()?;
    if args.worker.is_none() {
        daemon::detach()?;
    }
    Ok(Some(Arc::new(line)))
}

/// Starts this program in the background.
fn start_daemon(args: &Args, words: Vec<OsString>) -> Result<Exit, Failure> {
    let log = daemon::Log::here();
    if log == daemon::Log::Nowhere {
        cli::warn_of_lost_log();
    }
    match daemon::start(&WorkerCommand::of_this_process(words)?, log, args.start_timeout)? {
        Daemon::Ready(pid) => {
            cli::report_daemon(pid);
            Ok(Exit::Clean)
        }
        Daemon::Failed { code, why } => {
            cli::complain(why);
            Ok(match code {
                Some(2) => Exit::Usage,
                Some(3) => Exit::AllGivenUp,
                _ => Exit::Forced,
            })
        }
    }
}

/// What is watched for changes.
fn watched(args: &Args, command: &WorkerCommand) -> Vec<PathBuf> {
    let Some(paths) = &args.use_file_watcher else { return Vec::new() };
    let paths = paths.iter().flat_map(|paths| paths.split(',')).map(str::trim).filter(|path| !path.is_empty());
    let named: Vec<_> = paths.map(|path| command.resolve(Path::new(path))).collect();
    if !named.is_empty() {
        return named;
    }
    let settings = args.settings.iter().map(|path| command.resolve(path));
    settings.chain([command.program().to_owned()]).collect()
}

/// How many workers are started where this many were asked for.
fn workers(asked: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let most = cores * WORKERS_PER_CORE;
    if asked > most {
        warn!("--fork {asked} is more than {WORKERS_PER_CORE} workers for each of {cores} processors: starting {most}");
    }
    asked.min(most)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    /// Leads two workers, which are this test program and so end at once, each four times.
    fn lead(hook: impl FnOnce() -> Result<(), BoxError> + 'static) -> Result<Exit, Failure> {
        let words = ["service", "--fork", "2"].map(OsString::from).to_vec();
        let args = cli::parse(&words).unwrap();
        let main = Main::new().pre_fork(|_| panic!("replaced")).pre_fork(move |_| hook());
        main.lead(&ServerSettings::default(), 2, &args, words, None)
    }

    #[test]
    fn pre_fork_runs_once_and_ends_the_process_when_it_fails() {
        let runs = Rc::new(Cell::new(0));
        let counted = Rc::clone(&runs);
        let exit = lead(move || {
            counted.set(counted.get() + 1);
            Ok(())
        });
        assert!(matches!(exit, Ok(Exit::AllGivenUp)), "{exit:?}");
        assert_eq!(runs.get(), 1);
        let failure = |hook: fn() -> Result<(), BoxError>| lead(hook).err().map(|failure| failure.to_string());
        assert_eq!(failure(|| Err("no disk".into())).as_deref(), Some("the pre_fork hook failed: no disk"));
        assert!(failure(|| panic!("no luck")).is_some_and(|why| why.starts_with("the pre_fork hook failed: no luck")));
    }
}
