//! Jobs from raw bytes to their responses: job and bodies are checked, inputs decoded, actions run, outputs encoded and
//! checked.

use bytes::Bytes;
use soa_common::Body;
use soa_server::{ActionError, JobInfo, Service};
use tokio::runtime::Builder;

use crate::{
    Case,
    fixtures::{Echo, Order, Page, body, raw_job},
};

/// One action with 100 bytes in and out.
pub fn echo() -> Case {
    process(service(), raw_job([("echo", body(&Echo::new()))]))
}

/// Ten of them in one job.
pub fn ten_echoes() -> Case {
    process(service(), raw_job((0..10).map(|_| ("echo", body(&Echo::new())))))
}

/// One action with a nested body of 1 KB in and out.
pub fn order() -> Case {
    process(service(), raw_job([("order", body(&Order::new()))]))
}

/// An action that the service does not have.
pub fn unknown_action() -> Case {
    process(service(), raw_job([("ecko", body(&Echo::new()))]))
}

/// A service that gives back what it is given, typed and untyped.
pub(crate) fn service() -> Service {
    builder().build().unwrap()
}

pub(crate) fn builder() -> soa_server::ServiceBuilder {
    async fn echo(input: Echo) -> Result<Echo, ActionError> {
        Ok(input)
    }
    async fn order(input: Order) -> Result<Order, ActionError> {
        Ok(input)
    }
    async fn page(input: Page) -> Result<Page, ActionError> {
        Ok(input)
    }
    async fn untyped(input: Body) -> Result<Body, ActionError> {
        Ok(input)
    }
    Service::builder("bench")
        .action("echo", echo)
        .action("order", order)
        .action("page", page)
        .action("untyped", untyped)
}

pub(crate) fn process(service: Service, job: Bytes) -> Case {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    Case::new(move || {
        let info = JobInfo { request_id: "417".to_owned(), ..JobInfo::default() };
        runtime.block_on(service.process(&job, info))
    })
}
