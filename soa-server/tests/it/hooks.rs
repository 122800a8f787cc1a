//! What a service does beside its requests.

use std::{future::pending, sync::Arc, time::Duration};

use soa_common::Map;
use soa_server::{ActionContext, ActionError, HookResult, Hooks, Service, ServiceBuilder};
use tokio::time::{Instant, sleep};

use crate::quiet_transport::{Notes, quiet, serve_until};

/// Hooks that write down that they run.
struct Noting {
    name: &'static str,
    notes: Notes,
    /// How long the idle actions take, in seconds.
    idles: u64,
}

impl Hooks for Noting {
    async fn perform_idle_actions(&self) -> HookResult {
        self.notes.add(&format!("{} idle", self.name));
        sleep(Duration::from_secs(self.idles)).await;
        self.notes.add(&format!("{} idle done", self.name));
        Ok(())
    }

    async fn perform_pre_request_actions(&self) -> HookResult {
        self.notes.add(&format!("{} pre", self.name));
        Ok(())
    }

    async fn perform_post_request_actions(&self) -> HookResult {
        self.notes.add(&format!("{} post", self.name));
        Ok(())
    }

    async fn teardown(&self) -> HookResult {
        self.notes.add(&format!("{} teardown", self.name));
        Ok(())
    }
}

/// A service whose action `act` takes three seconds.
fn service(notes: &Notes) -> ServiceBuilder<Notes> {
    async fn act(ctx: ActionContext<Notes>, _: Map) -> Result<(), ActionError> {
        sleep(Duration::from_secs(3)).await;
        ctx.state().add("act");
        Ok(())
    }
    Service::builder("test").state(notes.clone()).action("act", act)
}

fn noting(name: &'static str, notes: &Notes, idles: u64) -> Noting {
    Noting { name, notes: notes.clone(), idles }
}

#[tokio::test(start_paused = true)]
async fn hooks_stand_round_each_request_and_teardown_behind_all_the_first_outermost() {
    let notes = Notes::new();
    let service = service(&notes).hooks(noting("a", &notes, 0)).hooks(Arc::new(noting("b", &notes, 0)));
    let (transport, mut requests) = quiet(Duration::from_secs(60));
    let observed = notes.clone();
    serve_until(service.build().unwrap(), transport, async move || {
        requests.send("act");
        requests.answer().await;
        observed.add("answered");
        // The second one runs still at the request to stop.
        requests.send("act");
    })
    .await;
    notes.check(&[
        "0 a pre",
        "0 b pre",
        "3 act",
        "3 b post",
        "3 a post",
        "3 answered",
        "3 a pre",
        "3 b pre",
        "6 act",
        "6 b post",
        "6 a post",
        "6 b teardown",
        "6 a teardown",
    ]);
}

#[tokio::test(start_paused = true)]
async fn idle_actions_run_when_nothing_came_and_nobody_waits_for_them() {
    let notes = Notes::new();
    let service = service(&notes).hooks(noting("a", &notes, 12)).build().unwrap();
    let (transport, mut requests) = quiet(Duration::from_secs(5));
    serve_until(service, transport, async move || {
        sleep(Duration::from_secs(7)).await;
        requests.send("act");
        requests.answer().await;
        sleep(Duration::from_secs(13)).await;
    })
    .await;
    // Receives end at 5, at 7 with the request, at 12, 17 and 22.
    let expected = [
        "5 a idle",
        "7 a pre",
        "10 act",
        "10 a post",
        "17 a idle done",
        "22 a idle",
        "34 a idle done",
        "34 a teardown",
    ];
    notes.check(&expected);
}

/// Hooks that go wrong in every way.
struct Failing(Notes);

impl Hooks for Failing {
    async fn perform_idle_actions(&self) -> HookResult {
        self.0.add("failing");
        Err("the cache is away".into())
    }

    fn perform_pre_request_actions(&self) -> impl Future<Output = HookResult> + Send {
        self.0.add("panicking");
        assert!(self.0.1 > Instant::now(), "on purpose");
        async { Ok(()) }
    }

    async fn perform_post_request_actions(&self) -> HookResult {
        self.0.add("panicking");
        panic!("on purpose")
    }

    async fn teardown(&self) -> HookResult {
        self.0.add("hanging");
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_that_fail_panic_or_hang_are_no_matter() {
    let notes = Notes::new();
    let service = service(&notes).hooks(noting("a", &notes, 0)).hooks(Failing(notes.clone())).build().unwrap();
    let (transport, mut requests) = quiet(Duration::from_secs(5));
    serve_until(service, transport, async move || {
        requests.send("act");
        assert_eq!(requests.answer().await.actions[0].errors, []);
        sleep(Duration::from_secs(3)).await;
    })
    .await;
    notes.check(&[
        "0 a pre",
        "0 panicking",
        "3 act",
        "3 panicking",
        "3 a post",
        "5 a idle",
        "5 a idle done",
        "5 failing",
        "6 hanging",
        "36 a teardown",
    ]);
}
