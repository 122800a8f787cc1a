//! Work beside the requests: an order is confirmed at once, and its receipt is written in the background.
//!
//! `cargo run -p background -- --redis redis://localhost:6379`, then
//! `cargo run -p soa-cli -- call orders place --body '{"receipt_seconds": 3}'`, and SIGTERM: the receipt is finished.
//!
//! With these settings no receipt takes longer than a second:
//! `{"coroutine_middleware": [{"path": "background:Limit", "kwargs": {"seconds": 1}}]}`

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_server::{
    ActionContext, ActionError, HookResult, Hooks, Main, Service, Task, TaskMiddleware, TaskNext, TaskResult,
};

/// What all requests of a worker share.
#[derive(Default)]
struct Books {
    orders: AtomicU64,
    receipts: AtomicU64,
}

impl Hooks for Books {
    async fn perform_idle_actions(&self) -> HookResult {
        tracing::info!("nobody orders");
        Ok(())
    }

    async fn teardown(&self) -> HookResult {
        let [orders, receipts] = [&self.orders, &self.receipts].map(|count| count.load(Ordering::Relaxed));
        tracing::info!("closing the books: orders {orders}, receipts {receipts}");
        Ok(())
    }
}

/// Places an order.
#[derive(Deserialize, JsonSchema)]
struct Place {
    /// How long its receipt takes, in seconds
    #[schemars(range(min = 0, max = 3600))]
    receipt_seconds: f64,
}

#[derive(Serialize, JsonSchema)]
struct Placed {
    order: u64,
}

async fn place(ctx: ActionContext<Arc<Books>>, input: Place) -> Result<Placed, ActionError> {
    let time = Duration::try_from_secs_f64(input.receipt_seconds)?;
    let order = ctx.state().orders.fetch_add(1, Ordering::Relaxed) + 1;
    let books = Arc::clone(ctx.state());
    ctx.spawn(async move {
        tracing::info!("writing receipt {order}");
        tokio::time::sleep(time).await;
        books.receipts.fetch_add(1, Ordering::Relaxed);
        tracing::info!("wrote receipt {order}");
        Ok(())
    });
    Ok(Placed { order })
}

/// Limits the time of background tasks.
#[derive(Deserialize)]
struct Limit {
    seconds: u64,
}

impl TaskMiddleware for Limit {
    async fn task(&self, task: Task, next: TaskNext<'_>) -> TaskResult {
        tokio::time::timeout(Duration::from_secs(self.seconds), next.run(task)).await?
    }
}

fn main() -> ExitCode {
    Main::new().register_task("background:Limit", |limit: Limit| Ok(limit)).run(async |_settings| {
        let books = Arc::new(Books::default());
        Ok(Service::builder("orders").state(Arc::clone(&books)).action("place", place).hooks(books).build()?)
    })
}
