//! Requests made text for the log.

use soa_common::{Body, JobRequest, redact::Redactor};

use crate::{
    Case,
    fixtures::{Echo, Order, body, raw_job},
};

/// 100 bytes with nothing to hide.
pub fn echo() -> Case {
    show(body(&Echo::new()))
}

/// A nested body of 1 KB with secrets.
pub fn order() -> Case {
    show(body(&Order::new()))
}

fn show(body: Body) -> Case {
    let request = JobRequest::from_body(&raw_job([("bench", body)]));
    let redactor = Redactor::default();
    Case::new(move || redactor.show(&request).to_string())
}
