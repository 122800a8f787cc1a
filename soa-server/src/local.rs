use futures_util::future::BoxFuture;
use soa_common::transport::{ClientRequest, ClientTransport, PendingResponse, TransportError, TransportErrorKind};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::{JobInfo, Service};

/// The transport to a service in the same process: jobs are handed over as they are, nothing is serialized and no size
/// limit applies.
///
/// As over Redis a job starts when it is sent and runs to its end, also when nobody waits for its response any more: it is
/// a task of its own, and nothing interrupts it. It needs a tokio runtime.
///
/// ```
/// use soa_client::Client;
/// use soa_common::Map;
/// use soa_server::{ActionError, LocalTransport, Service};
///
/// async fn square(input: Map) -> Result<Map, ActionError> {
///     let number = input.get("number").and_then(|number| number.as_i64()).unwrap_or_default();
///     Ok(Map::from([("square", number * number)]))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Service::builder("math").action("square", square).build()?;
/// let client = Client::builder().transport("math", LocalTransport::new(service)).build()?;
/// let response = client.call_action("math", "square", serde_json::json!({"number": 7})).await?;
/// assert_eq!(response.body.get("square"), Some(49.into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalTransport {
    service: Service,
}

impl LocalTransport {
    /// The transport to this service.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self { service }
    }
}

impl ClientTransport for LocalTransport {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        let ClientRequest { request_id, job, deadline, .. } = request;
        let start = Instant::now();
        let info = JobInfo { request_id: request_id.to_string(), deadline: Some(deadline), harakiri: None };
        let span = tracing::error_span!(
            "job",
            service_name = self.service.name(),
            request_id = info.request_id,
            correlation_id = job.context.correlation_id(),
        );
        let is_suppressed = job.control.suppress_response();
        let service = self.service.clone();
        let running = tokio::spawn(async move { service.process_job(job, info).await }.instrument(span));
        let service = self.service.clone();
        let response = PendingResponse::new(async move {
            if is_suppressed {
                let message = "the request said that it wants no response";
                return Err(TransportError::new(TransportErrorKind::MessageReceive, message));
            }
            match timeout_at(deadline, running).await {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(_)) => {
                    let message =
                        format!("the runtime ended before the service {:?} gave its response", service.name());
                    Err(TransportError::new(TransportErrorKind::MessageReceive, message))
                }
                Err(_) => {
                    let waited = deadline.saturating_duration_since(start);
                    let message = format!("the service {:?} gave no response within {waited:?}", service.name());
                    Err(TransportError::new(TransportErrorKind::MessageReceiveTimeout, message))
                }
            }
        });
        Box::pin(async { Ok(response) })
    }
}
