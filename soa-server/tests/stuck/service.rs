//! A service for tests whose code blocks its thread: for the time that a request says, or once wherever it is told to.

use std::{
    env, fs,
    process::{self, ExitCode},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use soa_server::{
    ActionContext, ActionError, BoxError, HookResult, Hooks, Job, JobNext, JobResult, Middleware, Service,
};

fn main() -> ExitCode {
    soa_server::main(async |_settings| service())
}

fn service() -> Result<Service, BoxError> {
    let mut service = Service::builder("demo").middleware(Blocking);
    // Without hooks the jobs of a worker share tasks.
    if env::var("WITHOUT_HOOKS").is_err() {
        service = service.hooks(Blocking);
    }
    let service = service.action("square", square).action("wait", wait).action("spin", spin).action("block", block);
    let service = service.action("die", async |_: Json| -> Result<Json, ActionError> { process::abort() });
    Ok(service.action("spawn", spawn).build()?)
}

fn number(input: &Json, key: &str) -> f64 {
    input[key].as_f64().unwrap_or_default()
}

async fn square(input: Json) -> Result<Json, ActionError> {
    let number = input["number"].as_u64().unwrap_or_default();
    Ok(json!({ "square": number * number }))
}

async fn wait(input: Json) -> Result<Json, ActionError> {
    tokio::time::sleep(Duration::from_secs_f64(number(&input, "seconds"))).await;
    Ok(json!({}))
}

async fn spin(input: Json) -> Result<Json, ActionError> {
    let (start, time) = (Instant::now(), Duration::from_secs_f64(number(&input, "seconds")));
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
    Ok(json!({}))
}

async fn block(input: Json) -> Result<Json, ActionError> {
    thread::sleep(Duration::from_secs_f64(number(&input, "seconds")));
    Ok(json!({}))
}

async fn spawn(ctx: ActionContext, _: Json) -> Result<Json, ActionError> {
    ctx.spawn(async {
        block_in("task");
        Ok(())
    });
    Ok(json!({}))
}

/// Blocks for a minute where the environment says so; once, as long as a file is there.
fn block_in(place: &str) {
    if env::var("BLOCK_IN").is_ok_and(|chosen| chosen == place)
        && env::var("BLOCK_ONCE").is_ok_and(|file| fs::remove_file(file).is_ok())
    {
        thread::sleep(Duration::from_secs(60));
    }
}

struct Blocking;

impl Hooks for Blocking {
    async fn perform_idle_actions(&self) -> HookResult {
        block_in("idle");
        Ok(())
    }

    async fn perform_pre_request_actions(&self) -> HookResult {
        block_in("pre");
        Ok(())
    }

    async fn perform_post_request_actions(&self) -> HookResult {
        block_in("post");
        Ok(())
    }

    async fn teardown(&self) -> HookResult {
        tracing::info!("teardown has run");
        Ok(())
    }
}

impl Middleware for Blocking {
    async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
        block_in("middleware");
        next.run(job).await
    }
}
