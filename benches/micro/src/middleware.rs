//! Stacks of middleware that wraps both levels, the job and its untyped action.

use soa_common::Body;
use soa_server::{ActionNext, ActionResult, Call, Job, JobNext, JobResult, Middleware};

use crate::{
    Case,
    dispatch::{builder, process},
    fixtures::raw_job,
};

/// None.
pub fn stack_of_0() -> Case {
    stack(0)
}

/// Three.
pub fn stack_of_3() -> Case {
    stack(3)
}

/// Ten.
pub fn stack_of_10() -> Case {
    stack(10)
}

struct Passing;

impl Middleware for Passing {
    async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
        next.run(job).await
    }

    async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
        next.run(call).await
    }
}

fn stack(size: usize) -> Case {
    let service = (0..size).fold(builder(), |builder, _| builder.middleware(Passing));
    process(service.build().unwrap(), raw_job([("untyped", Body::empty())]))
}
