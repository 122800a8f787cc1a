//! Background tasks of jobs, and the middleware round them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;
use soa_client::Client;
use soa_common::{Body, Map};
use soa_server::{
    ActionContext, ActionError, HookResult, Hooks, Job, JobInfo, JobNext, JobResult, LocalTransport, Middleware,
    Service, ServiceBuilder, Task, TaskMiddleware, TaskNext, TaskResult,
};
use tokio::time::{Instant, sleep};

use crate::{
    quiet_transport::{Notes, quiet, serve_until},
    support::{job, process, run},
};

/// Says when it is dropped.
struct Guard(Notes, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Notes the end of the worker.
impl Hooks for Notes {
    async fn teardown(&self) -> HookResult {
        self.add("teardown");
        Ok(())
    }
}

/// Work of five seconds that begins more of it, once.
fn work(ctx: ActionContext<Notes>, again: bool) -> BoxFuture<'static, TaskResult> {
    Box::pin(async move {
        sleep(Duration::from_secs(5)).await;
        ctx.state().add("done");
        if again {
            ctx.spawn(work(ctx.clone(), false));
        }
        Ok(())
    })
}

fn service(notes: &Notes) -> ServiceBuilder<Notes> {
    async fn short(ctx: ActionContext<Notes>, _: Map) -> Result<(), ActionError> {
        ctx.spawn(work(ctx.clone(), true));
        Ok(())
    }
    async fn long(ctx: ActionContext<Notes>, _: Map) -> Result<(), ActionError> {
        let guard = Guard(ctx.state().clone(), "dropped");
        ctx.spawn(async move {
            sleep(Duration::from_secs(3600)).await;
            drop(guard);
            Ok(())
        });
        Ok(())
    }
    async fn bad(ctx: ActionContext<Notes>, _: Map) -> Result<(), ActionError> {
        let [first, second] = [(); 2].map(|()| Guard(ctx.state().clone(), "dropped"));
        ctx.spawn(async move {
            drop(first);
            Ok("x".parse::<u8>().map(drop)?)
        });
        ctx.spawn(async move {
            drop(second);
            panic!("on purpose")
        });
        Ok(())
    }
    let service = Service::builder("test").state(notes.clone()).hooks(notes.clone());
    service.action("short", short).action("long", long).action("bad", bad)
}

#[tokio::test(start_paused = true)]
async fn a_worker_waits_for_background_tasks_after_it_has_answered() {
    let notes = Notes::new();
    let (transport, mut requests) = quiet(Duration::from_secs(60));
    let answered = notes.clone();
    serve_until(service(&notes).build().unwrap(), transport, async move || {
        requests.send("short");
        assert_eq!(requests.answer().await.actions[0].errors, []);
        answered.add("answered");
    })
    .await;
    notes.check(&["0 answered", "5 done", "10 done", "10 teardown"]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_grace_is_dropped() {
    let notes = Notes::new();
    let (transport, mut requests) = quiet(Duration::from_secs(60));
    serve_until(service(&notes).build().unwrap(), transport, async move || {
        requests.send("long");
        requests.send("short");
        requests.answer().await;
        requests.answer().await;
    })
    .await;
    notes.check(&["5 done", "10 done", "30 dropped", "30 teardown"]);
}

#[tokio::test(start_paused = true)]
async fn tasks_that_fail_or_panic_end_only_themselves() {
    let notes = Notes::new();
    let (transport, mut requests) = quiet(Duration::from_secs(60));
    serve_until(service(&notes).build().unwrap(), transport, async move || {
        requests.send("bad");
        assert_eq!(requests.answer().await.actions[0].errors, []);
        requests.send("short");
        assert_eq!(requests.answer().await.actions[0].errors, []);
    })
    .await;
    notes.check(&["0 dropped", "0 dropped", "5 done", "10 done", "10 teardown"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_worker_tasks_run_on_the_runtime_of_the_call() {
    let notes = Notes::new();
    let service = service(&notes).build().unwrap();
    let client = Client::builder().transport("test", LocalTransport::new(service.clone())).build().unwrap();
    client.call_action("test", "short", Map::new()).await.unwrap();
    notes.add("answered");
    tokio::join!(service.join_tasks(), service.join_tasks());
    notes.check(&["0 answered", "5 done", "10 done"]);
}

/// Middleware that writes down what it wraps.
struct Noting(&'static str, Notes);

impl TaskMiddleware for Noting {
    fn before_spawn(&self, task: &mut Task) {
        self.1.add(&format!("before {} of request {}", self.0, task.request_id()));
        task.context = task.context.clone().with(self.0, true);
    }

    async fn task(&self, task: Task, next: TaskNext<'_>) -> TaskResult {
        let seen = ["a", "b"].map(|name| task.context.get(name).is_some());
        self.1.add(&format!("{} in {seen:?} {}", self.0, task.service().name()));
        let result = next.run(task).await;
        self.1.add(&format!("{} out {}", self.0, result.is_ok()));
        result
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_wraps_tasks_the_first_outermost_and_is_told_before() {
    let notes = Notes::new();
    let service =
        service(&notes).task_middleware(Noting("a", notes.clone())).task_middleware(Noting("b", notes.clone()));
    let service = service.build().unwrap();
    run(&service, "long", json!({})).await;
    notes.add("spawned");
    sleep(Duration::from_secs(3700)).await;
    run(&service, "bad", json!({})).await;
    service.join_tasks().await;
    let of_long = ["0 before a of request 17", "0 before b of request 17", "0 spawned", "0 a in [true, true] test"];
    let rest = ["0 b in [true, true] test", "3600 dropped", "3600 b out true", "3600 a out true"];
    let bad = ["3700 before a of request 17", "3700 before b of request 17"];
    let wrapped = ["3700 a in [true, true] test", "3700 b in [true, true] test", "3700 dropped"];
    let ended = ["3700 b out false", "3700 a out false"];
    let expected = [&of_long[..], &rest, &bad, &bad, &wrapped, &ended, &wrapped, &ended].concat();
    notes.check(&expected);
}

/// Middleware that does not run what it wraps, or twice, or panics.
struct Odd(&'static str, Notes);

impl TaskMiddleware for Odd {
    fn before_spawn(&self, _: &mut Task) {
        assert_ne!(self.0, "panic before");
    }

    async fn task(&self, task: Task, next: TaskNext<'_>) -> TaskResult {
        match self.0 {
            "never" => return Ok(()),
            "twice" => next.run(task.clone()).await?,
            _ => panic!("on purpose"),
        }
        let again = next.run(task).await.unwrap_err();
        self.1.add(&again.errors()[0].message);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_may_do_as_it_likes() {
    let again = "3600 Internal server error: a background task can run only once";
    for (how, expected, errors) in [
        ("never", &["0 dropped"][..], 0),
        ("twice", &["3600 dropped", again], 0),
        ("panic", &["0 dropped"], 0),
        ("panic before", &["0 dropped"], 1),
    ] {
        let notes = Notes::new();
        let service = service(&notes).task_middleware(Odd(how, notes.clone())).build().unwrap();
        assert_eq!(run(&service, "long", json!({})).await.errors.len(), errors, "{how}");
        service.join_tasks().await;
        notes.check(expected);
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_of_jobs_may_spawn_too() {
    struct Spawning(Notes);

    impl Middleware for Spawning {
        async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
            let notes = self.0.clone();
            job.spawn(async move {
                notes.add("spawned by middleware");
                Ok(())
            });
            next.run(job).await
        }
    }

    let notes = Notes::new();
    let service = Service::builder("test").middleware(Spawning(notes.clone())).build().unwrap();
    process(&service, job(&["status"], json!({}))).await;
    service.join_tasks().await;
    notes.check(&["0 spawned by middleware"]);
}

#[tokio::test(start_paused = true)]
async fn background_work_need_not_end_with_its_job() {
    async fn nested(_: Body) -> Result<(), ActionError> {
        sleep(Duration::from_secs(4)).await;
        Ok(())
    }

    async fn act(ctx: ActionContext<Notes>, _: Map) -> Result<(), ActionError> {
        for (name, ctx) in [("with", ctx.clone()), ("without", ctx.without_deadline())] {
            let client = ctx.client();
            ctx.clone().spawn(async move {
                let result = client.call_action("nested", "nested", Map::new()).await;
                ctx.state().add(&format!("{name} {}", result.is_ok()));
                Ok(())
            });
        }
        Ok(())
    }

    let notes = Notes::new();
    let nested = Service::builder("nested").action("nested", nested).build().unwrap();
    let client = Client::builder().transport("nested", LocalTransport::new(nested)).build().unwrap();
    let service = Service::builder("test").state(notes.clone()).client(client).action("act", act).build().unwrap();
    let info = JobInfo { deadline: Some(Instant::now() + Duration::from_secs(2)), ..JobInfo::default() };
    service.process_job(job(&["act"], json!({})), info).await;
    service.join_tasks().await;
    notes.check(&["2 with false", "4 without true"]);
}
