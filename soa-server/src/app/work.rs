//! The process of a worker, with a parent or alone.

use std::{io, panic::resume_unwind, process, sync::Arc};

use soa_common::{
    envelope::PYSOA_VERSION,
    transport::redis::{RedisServerTransport, RedisSettings},
};
use tokio::{
    runtime::{Builder, Handle, Runtime, RuntimeFlavor},
    select,
};
use tracing::{Instrument, error, error_span, info};

use super::{
    BoxError, Exit, Failure,
    settings::{Prepared, PreparedMiddleware},
};
use crate::{
    ServerSettings, Service, logging, panics, systemd,
    worker::{
        self, Ended, Keeper, control,
        heartbeat::Heartbeat,
        line::{Line, Report},
    },
};

/// Makes the service and serves until the process is told to stop. A worker of a parent has a number.
pub(super) fn run<F>(
    prepared: Prepared,
    number: Option<usize>,
    starter: Option<Arc<Line>>,
    service: F,
) -> Result<Exit, Failure>
where
    F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
{
    let limit = worker::stop_limit(&prepared.settings.harakiri);
    let parent = starter.as_deref().filter(|_| number.is_some());
    let (stop, control) = control::watch(parent, limit)?;
    systemd::starting(1);
    let ready = move |service: String| {
        systemd::ready(1);
        if let Some(starter) = starter {
            starter.report(&Report::Ready { drain_limit: limit, service });
        }
    };
    let runtime = runtime(prepared.settings.runtime_threads)?;
    runtime.spawn(async {
        // As long as this runtime turns, and no longer.
        if let Some(mut clock) = systemd::watchdog_clock() {
            loop {
                clock.tick().await;
                systemd::alive();
            }
        }
    });
    let exit = runtime.block_on(work(prepared, number, service, ready, stop, control));
    // Blocking tasks that nobody waits for any more do not hold the process.
    runtime.shutdown_background();
    exit
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_all().build()
}

async fn work<F>(
    prepared: Prepared,
    number: Option<usize>,
    service: F,
    ready: impl FnOnce(String) + Send + 'static,
    stop: impl Future<Output = ()> + Send + 'static,
    control: Handle,
) -> Result<Exit, Failure>
where
    F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
{
    let Prepared { settings, redis, middleware, .. } = prepared;
    let mut stop = Box::pin(stop);
    let service = select! {
        biased;
        () = &mut stop => return Ok(Exit::Clean),
        service = panics::catch(make(service, &settings, middleware)) => service,
    };
    let service = service.unwrap_or_else(|panic| Err(panic.into()));
    let service = service.map_err(|error| Failure::new("the service could not be made", &*error))?;
    logging::name_service(service.name());
    // For a subscriber of the program's own; at the level of errors, so that it is never filtered away.
    let span = error_span!("worker", service_name = service.name());
    let hosted = host(service, settings, redis, number, ready, stop, control).instrument(span);
    if Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread {
        // On the main thread, which no action can keep busy.
        return hosted.await;
    }
    // In a task: the future that this runtime blocks on costs a system call whenever it is woken.
    let ended = tokio::spawn(hosted).await;
    // Nobody aborts it.
    ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

/// Serves until the process is told to stop.
async fn host(
    service: Service,
    settings: ServerSettings,
    mut redis: RedisSettings,
    number: Option<usize>,
    ready: impl FnOnce(String) + Send + 'static,
    stop: impl Future<Output = ()> + Send,
    control: Handle,
) -> Result<Exit, Failure> {
    let masters: Vec<String> = redis.masters.iter().map(ToString::to_string).collect();
    let [major, minor, patch] = PYSOA_VERSION;
    info!(
        "service {} started: soa-server {}, PySOA {major}.{minor}.{patch}, pid {}, Redis at {}",
        service.name(),
        env!("CARGO_PKG_VERSION"),
        process::id(),
        masters.join(", "),
    );
    let name = number.map_or_else(|| "main".to_owned(), |number| number.to_string());
    redis.client_name.get_or_insert_with(|| format!("soa:{}:{name}", service.name()));
    let transport = RedisServerTransport::new(service.name(), redis);
    let transport = transport.map_err(|error| Failure::new("transport", &error))?;
    let mut heartbeat = heartbeat(&settings, |pattern| Heartbeat::create(pattern, number.unwrap_or(1)))?;
    if let Some(heartbeat) = &heartbeat {
        info!("heartbeat file: {}", heartbeat.path().display());
    }
    let connected = transport.connected();
    let named = service.name().to_owned();
    tokio::spawn(async move {
        connected.await;
        ready(named);
    });
    let turned = || heartbeat.iter_mut().for_each(Heartbeat::turned);
    let keeper = Keeper { runtime: control, end: Box::new(|| process::exit(Exit::Stuck as i32)) };
    let ended = worker::run(service, transport, &settings, Some(keeper), turned, stop).await;
    if let Some(heartbeat) = heartbeat {
        heartbeat.remove().await;
    }
    Ok(match ended {
        Ended::Clean => {
            info!("stopped");
            Exit::Clean
        }
        Ended::Unfinished(exceeded) => {
            error!("{exceeded}");
            Exit::Forced
        }
        Ended::Stuck => Exit::Stuck,
    })
}

/// Finds out whether workers can write their heartbeat files, when the settings want some.
pub(super) fn check_heartbeat(settings: &ServerSettings) -> Result<(), Failure> {
    heartbeat(settings, Heartbeat::check).map(drop)
}

fn heartbeat<T>(settings: &ServerSettings, open: impl FnOnce(&str) -> io::Result<T>) -> Result<Option<T>, Failure> {
    let opened = settings.heartbeat_file.as_deref().map(open).transpose();
    opened.map_err(|error| Failure::new("the heartbeat file cannot be written", &error))
}

/// Makes the service and gives it what the settings say.
async fn make<F>(service: F, settings: &ServerSettings, middleware: PreparedMiddleware) -> Result<Service, BoxError>
where
    F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
{
    let service = service(settings.clone()).await?;
    let (middleware, task_middleware, client) = middleware.make(settings)?;
    Ok(service.hosted(middleware, task_middleware, client, settings.expose_tracebacks))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::{
        app::settings::{Registries, prepare},
        cli,
    };

    fn prepared() -> Prepared {
        prepare(&cli::parse(&["service".into()]).unwrap(), &Registries::default()).unwrap()
    }

    /// Why a service that is made like this does not serve.
    async fn failure(service: impl AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>) -> String {
        work(prepared(), None, service, |_| {}, pending(), Handle::current()).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_service_that_cannot_be_made_ends_the_start() {
        let refused = failure(async |_| Err("the database is away".into())).await;
        assert_eq!(refused, "the service could not be made: the database is away");
        let panicked = failure(async |_| panic!("no luck")).await;
        assert!(panicked.starts_with("the service could not be made: no luck"), "{panicked}");
        let unbuilt = failure(async |_| Ok(Service::builder("").build()?)).await;
        assert!(unbuilt.starts_with("the service could not be made: "), "{unbuilt}");
    }

    #[tokio::test]
    async fn a_worker_can_be_stopped_while_its_service_is_made() {
        let exit = work(prepared(), None, async |_| pending().await, |_| {}, ready(()), Handle::current()).await;
        assert!(matches!(exit, Ok(Exit::Clean)), "{exit:?}");
    }
}
