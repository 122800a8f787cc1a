//! Actions and jobs that run for too long, seen through a worker.

use std::{future::pending, time::Duration};

use soa_common::{Control, JobResponse, Map};
use soa_server::{
    ActionError, ActionNext, ActionResult, BuildError, Call, Harakiri, Job, JobInfo, JobNext, JobResult, Middleware,
    ServerSettings, Service, ServiceBuilder, serve,
};
use tokio::{
    sync::mpsc,
    task::coop::consume_budget,
    time::{Instant, sleep, timeout},
};

use crate::worker::{Script, job, scripted};

const SECOND: Duration = Duration::from_secs(1);

async fn ok(_: Map) -> Result<Map, ActionError> {
    Ok(Map::new())
}

async fn fails(_: Map) -> Result<Map, ActionError> {
    Err(ActionError::new("NO", "no"))
}

async fn sleeps_4(_: Map) -> Result<Map, ActionError> {
    sleep(4 * SECOND).await;
    Ok(Map::new())
}

async fn sleeps_10(_: Map) -> Result<Map, ActionError> {
    sleep(10 * SECOND).await;
    Ok(Map::new())
}

async fn hangs(_: Map) -> Result<Map, ActionError> {
    pending().await
}

fn builder() -> ServiceBuilder {
    let builder = Service::builder("test").action("ok", ok).action("fails", fails).action("hangs", hangs);
    builder.action("sleeps_4", sleeps_4).action("sleeps_10", sleeps_10)
}

/// Limits in seconds; 0 is no limit.
fn harakiri(timeout: f64, actions: &[(&str, f64)]) -> ServerSettings {
    let limit = |seconds: f64| (seconds > 0.0).then(|| Duration::from_secs_f64(seconds));
    let mut settings = ServerSettings::default();
    settings.harakiri.timeout = limit(timeout);
    settings.harakiri.actions = actions.iter().map(|(name, seconds)| ((*name).to_owned(), limit(*seconds))).collect();
    settings
}

/// Runs a worker together with a test that ends with the request to stop.
async fn with_worker(service: Service, settings: &ServerSettings, test: impl AsyncFnOnce(&mut Script)) {
    let (transport, mut script) = scripted(None);
    serve(service, transport, settings, test(&mut script)).await.unwrap();
}

/// What a job of these actions is answered, and after how many seconds.
async fn run(service: Service, settings: &ServerSettings, actions: &[&str]) -> (JobResponse, f64) {
    let (mut response, mut took) = (None, 0.0);
    with_worker(service, settings, async |script| {
        let start = Instant::now();
        script.send_job(1, &job(actions, Control::default().with("continue_on_error", true)), None);
        response = Some(script.answer().await.1);
        took = start.elapsed().as_secs_f64();
    })
    .await;
    (response.unwrap(), took)
}

/// For each action its code or nothing; for a job that failed its code in brackets.
fn outcome(response: &JobResponse) -> String {
    let job = response.errors.iter().map(|error| format!("[{}]", error.code));
    let actions = response.actions.iter().map(|action| match &action.errors[..] {
        [] => action.action.clone(),
        [error] => format!("{} {}", action.action, error.code),
        errors => panic!("{errors:?}"),
    });
    job.chain(actions).collect::<Vec<_>>().join(", ")
}

async fn check(
    service: Result<Service, BuildError>,
    settings: &ServerSettings,
    actions: &[&str],
    expected: (&str, f64),
) {
    let (response, took) = run(service.unwrap(), settings, actions).await;
    assert_eq!(outcome(&response), expected.0, "{actions:?}, {settings:?}");
    assert!((expected.1..expected.1 + 0.1).contains(&took), "{took} s for {actions:?}, {settings:?}");
}

#[tokio::test(start_paused = true)]
async fn actions_are_interrupted_at_their_limit() {
    for (timeout, limits, actions, expected, seconds) in [
        // What came before is kept, what comes after is not started, with `continue_on_error` as well.
        (5.0, &[][..], &["fails", "ok", "hangs", "ok"][..], "fails NO, ok, hangs ACTION_TIMEOUT", 5.0),
        // The limit of the job is for all its actions together.
        (5.0, &[], &["sleeps_4", "sleeps_4", "ok"], "sleeps_4, sleeps_4 ACTION_TIMEOUT", 5.0),
        (9.0, &[], &["sleeps_4", "sleeps_4", "ok"], "sleeps_4, sleeps_4, ok", 8.0),
        (0.0, &[], &["sleeps_10", "sleeps_10"], "sleeps_10, sleeps_10", 20.0),
        // The limit of an action begins with it, and stands in place of that of the job.
        (9.0, &[("hangs", 2.5)], &["sleeps_4", "hangs", "ok"], "sleeps_4, hangs ACTION_TIMEOUT", 6.5),
        (5.0, &[("hangs", 2.5)], &["sleeps_4", "hangs", "ok"], "sleeps_4, hangs ACTION_TIMEOUT", 6.5),
        (0.0, &[("hangs", 2.5)], &["sleeps_4", "hangs", "ok"], "sleeps_4, hangs ACTION_TIMEOUT", 6.5),
        (5.0, &[("sleeps_10", 11.0)], &["sleeps_10", "sleeps_4", "ok"], "sleeps_10, sleeps_4, ok", 14.0),
        (5.0, &[("sleeps_10", 0.0)], &["sleeps_10", "sleeps_10", "ok"], "sleeps_10, sleeps_10, ok", 20.0),
        (
            5.0,
            &[("sleeps_10", 0.0)],
            &["sleeps_4", "sleeps_10", "hangs"],
            "sleeps_4, sleeps_10, hangs ACTION_TIMEOUT",
            15.0,
        ),
        (5.0, &[("sleeps_4", 3.0)], &["sleeps_4", "ok"], "sleeps_4 ACTION_TIMEOUT", 3.0),
        (5.0, &[("nothing", 1.0)], &["nothing", "ok"], "nothing UNKNOWN, ok", 0.0),
    ] {
        check(builder().build(), &harakiri(timeout, limits), actions, (expected, seconds)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_is_that_of_the_original() {
    let (response, _) = run(builder().build().unwrap(), &harakiri(5.0, &[]), &["hangs"]).await;
    let error = &response.actions[0].errors[0];
    assert_eq!(error.message, "The action \"hangs\" ran for too long and had to be interrupted.");
    assert_eq!((error.is_caller_error, &error.field, &error.variables), (false, &None, &None));
    assert_eq!(response.context.correlation_id(), Some("c"));

    let service = builder().middleware(Hangs(Place::JobBefore)).build().unwrap();
    let (response, _) = run(service, &harakiri(5.0, &[]), &["ok"]).await;
    let [error] = &response.errors[..] else { panic!("{response:?}") };
    let message = "The service job ran for too long and had to be interrupted (probably a middleware issue).";
    assert_eq!((&*error.code, &*error.message, error.is_caller_error), ("JOB_TIMEOUT", message, false));
}

#[tokio::test(start_paused = true)]
async fn other_jobs_go_on() {
    let settings = harakiri(5.0, &[("hangs", 2.0)]);
    with_worker(builder().build().unwrap(), &settings, async |script| {
        let control = Control::default().with("continue_on_error", false);
        for (id, action) in [(1, "sleeps_4"), (2, "hangs"), (3, "sleeps_10"), (4, "ok")] {
            script.send_job(id, &job(&[action], control.clone()), None);
        }
        for expected in [(4, "ok"), (2, "hangs ACTION_TIMEOUT"), (1, "sleeps_4"), (3, "sleeps_10 ACTION_TIMEOUT")] {
            let (id, response) = script.answer().await;
            assert_eq!((id, &*outcome(&response)), expected);
        }
    })
    .await;
}

/// Where middleware hangs.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    JobBefore,
    JobAfter,
    /// With an action that was started and is polled no more.
    JobWithin,
    ActionBefore,
    ActionAfter,
}

struct Hangs(Place);

impl Middleware for Hangs {
    async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
        let mut running = next.run(job);
        match self.0 {
            Place::JobBefore => pending().await,
            Place::JobWithin => {
                let _ = timeout(SECOND, &mut running).await;
                pending().await
            }
            Place::JobAfter => {
                let _ = running.await;
                pending().await
            }
            Place::ActionBefore | Place::ActionAfter => running.await,
        }
    }

    async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
        if self.0 == Place::ActionBefore {
            pending::<()>().await;
        }
        let result = next.run(call).await;
        if self.0 == Place::ActionAfter {
            pending::<()>().await;
        }
        result
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_that_hangs_is_interrupted() {
    for (place, limits, actions, expected, seconds) in [
        (Place::JobBefore, &[][..], "ok", "[JOB_TIMEOUT]", 5.0),
        (Place::JobBefore, &[("ok", 1.0)], "ok", "[JOB_TIMEOUT]", 5.0),
        (Place::JobAfter, &[], "ok", "[JOB_TIMEOUT]", 5.0),
        // The time of an action with a limit of its own is not that of the job.
        (Place::JobAfter, &[("sleeps_4", 5.0)], "sleeps_4", "[JOB_TIMEOUT]", 9.0),
        // After an interrupted action its job has the grace and no more.
        (Place::JobAfter, &[], "hangs", "[JOB_TIMEOUT]", 12.0),
        (Place::JobAfter, &[("hangs", 2.0)], "hangs", "[JOB_TIMEOUT]", 7.0),
        (Place::JobWithin, &[], "hangs", "[JOB_TIMEOUT]", 12.0),
        // Middleware of an action is part of it.
        (Place::ActionBefore, &[], "ok", "ok ACTION_TIMEOUT", 5.0),
        (Place::ActionAfter, &[], "ok", "ok ACTION_TIMEOUT", 5.0),
        (Place::ActionAfter, &[("ok", 2.0)], "ok", "ok ACTION_TIMEOUT", 2.0),
    ] {
        let mut settings = harakiri(5.0, limits);
        settings.harakiri.shutdown_grace = 7 * SECOND;
        check(builder().middleware(Hangs(place)).build(), &settings, &[actions], (expected, seconds)).await;
    }
}

/// Tells when it is left, and how.
struct Witness(mpsc::UnboundedSender<&'static str>);

struct Dropped(mpsc::UnboundedSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.send("action middleware is dropped").unwrap();
    }
}

impl Middleware for Witness {
    async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
        let response = next.run(job).await;
        let codes: Vec<_> = response.iter().flat_map(|job| &job.actions[0].errors).map(|error| &error.code).collect();
        assert_eq!(codes, ["ACTION_TIMEOUT"]);
        self.0.send("job middleware sees a response").unwrap();
        response
    }

    async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
        let _dropped = Dropped(self.0.clone());
        let result = next.run(call).await;
        self.0.send("action middleware sees a result").unwrap();
        result
    }
}

#[tokio::test(start_paused = true)]
async fn only_job_middleware_outlives_an_interrupted_action() {
    let (sender, mut told) = mpsc::unbounded_channel();
    let service = builder().middleware(Witness(sender)).build();
    check(service, &harakiri(5.0, &[]), &["hangs"], ("hangs ACTION_TIMEOUT", 5.0)).await;
    assert_eq!(told.recv().await, Some("action middleware is dropped"));
    assert_eq!(told.recv().await, Some("job middleware sees a response"));
    assert_eq!(told.recv().await, None);
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("on purpose")
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_that_panics_when_it_is_dropped_is_answered() {
    async fn panics(_: Map) -> Result<Map, ActionError> {
        let _guard = PanicsWhenDropped;
        pending().await
    }
    let service = builder().action("panics", panics).build();
    check(service, &harakiri(5.0, &[]), &["panics"], ("panics ACTION_TIMEOUT", 5.0)).await;
}

#[tokio::test]
async fn an_action_that_leaves_the_timer_no_time_is_interrupted() {
    async fn busy(_: Map) -> Result<Map, ActionError> {
        loop {
            consume_budget().await;
        }
    }
    let service = builder().action("busy", busy).build().unwrap();
    let (response, _) = run(service, &harakiri(0.0, &[("busy", 0.01)]), &["busy"]).await;
    assert_eq!(outcome(&response), "busy ACTION_TIMEOUT");
}

#[tokio::test(start_paused = true)]
async fn limits_that_no_clock_can_tell_are_none() {
    let mut settings = harakiri(0.0, &[]);
    settings.harakiri.timeout = Some(Duration::MAX);
    settings.harakiri.actions = [("sleeps_10".to_owned(), Some(Duration::MAX))].into();
    check(builder().build(), &settings, &["sleeps_10", "sleeps_4"], ("sleeps_10, sleeps_4", 14.0)).await;
}

#[tokio::test(start_paused = true)]
async fn a_started_job_is_dropped_at_its_deadline_when_the_settings_say_so() {
    for (cancels, suppresses, expected) in [(true, false, 2.0), (true, true, 4.0), (false, false, 4.0)] {
        let mut settings = harakiri(60.0, &[]);
        (settings.cancel_at_deadline, settings.concurrency) = (cancels, 1);
        with_worker(builder().build().unwrap(), &settings, async |script| {
            let start = Instant::now();
            let control = Control::default().with("continue_on_error", false);
            let first = control.clone().with("suppress_response", suppresses);
            script.send_job(1, &job(&["sleeps_4"], first), Some(start + 2 * SECOND));
            script.send_job(2, &job(&["ok"], control), None);
            let (mut id, _) = script.answer().await;
            if id == 1 {
                assert!(!cancels);
                (id, _) = script.answer().await;
            }
            assert_eq!((id, start.elapsed().as_secs_f64().round()), (2, expected));
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_over_its_limit_while_the_worker_stops_is_answered() {
    let (transport, mut script) = scripted(None);
    let control = Control::default().with("continue_on_error", false);
    script.send_job(1, &job(&["hangs"], control.clone()), None);
    // The second one is started after the request to stop.
    let stop = async { script.send_job(2, &job(&["ok", "hangs"], control), None) };
    serve(builder().build().unwrap(), transport, &harakiri(5.0, &[]), stop).await.unwrap();
    let mut answers = [script.answer().await, script.answer().await];
    answers.sort_by_key(|(id, _)| *id);
    let outcomes = answers.map(|(id, response)| (id, outcome(&response)));
    assert_eq!(outcomes, [(1, "hangs ACTION_TIMEOUT".to_owned()), (2, "ok, hangs ACTION_TIMEOUT".to_owned())]);
}

#[test]
fn limits_cost_no_allocation() {
    async fn yields(_: Map) -> Result<Map, ActionError> {
        tokio::task::yield_now().await;
        Ok(Map::new())
    }
    let service = builder().action("yields", yields).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let limits = std::sync::Arc::new(Harakiri::default());
    let count = |harakiri: Option<std::sync::Arc<Harakiri>>| {
        let job = job(&["ok", "yields"], Control::default().with("continue_on_error", false));
        let info = JobInfo { harakiri, ..JobInfo::default() };
        let run = || assert_eq!(outcome(&runtime.block_on(service.process_job(job, info))), "ok, yields");
        allocation_counter::measure(run).count_total
    };
    // What is made once, such as the first timer of a runtime, does not count.
    count(Some(limits.clone()));
    let without = count(None);
    assert_eq!(count(Some(limits)), without);
}
