//! Short ways to run an action, and to read what it logs.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use soa_common::{ActionRequest, ActionResponse, Body, Context, Control, Error, JobRequest, JobResponse, Map, Value};
use soa_server::{JobInfo, Service};

/// A well-formed job of these actions, all with the same body.
pub(crate) fn job(actions: &[&str], body: impl serde::Serialize) -> JobRequest {
    let body = Body::encode(&body).unwrap();
    JobRequest {
        control: Control::from(Map::from([("continue_on_error", false)])),
        context: Context::from(Map::from([("correlation_id", "c0ffee".into()), ("switches", Value::List(vec![]))])),
        actions: actions.iter().map(|action| ActionRequest::new(*action, body.clone())).collect(),
    }
}

pub(crate) async fn process(service: &Service, job: JobRequest) -> JobResponse {
    service.process_job(job, JobInfo { request_id: "17".to_owned(), ..JobInfo::default() }).await
}

/// Runs one action, which the service must have reached.
pub(crate) async fn run(service: &Service, action: &str, body: impl serde::Serialize) -> ActionResponse {
    let response = process(service, job(&[action], body)).await;
    assert_eq!(response.errors, []);
    response.actions.into_iter().next().unwrap()
}

/// Runs one action that fails with one error.
pub(crate) async fn fail(service: &Service, action: &str, body: impl serde::Serialize) -> Error {
    one(run(service, action, body).await.errors)
}

pub(crate) fn one(errors: Vec<Error>) -> Error {
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.into_iter().next().unwrap()
}

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
