use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::de::DeserializeOwned;
use soa_common::{ActionResponse, Context, IntoBody, JobResponse, Map};
use tokio::time::Instant;
use uuid::{Uuid, fmt::Simple};

use crate::{
    Call, CallError, ClientBuilder, IntoAction,
    call::{One, Parallel, Sending},
    handler::ServiceHandler,
    job::Job,
};

/// Calls the actions of services.
///
/// Clones are cheap and share everything. Calls of all tasks may run at the same time; a response is matched to its
/// request by the request's id, so an abandoned or late one never reaches another call.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    context: Arc<Map>,
    deadline: Option<Instant>,
}

struct Shared {
    handlers: BTreeMap<Arc<str>, Arc<ServiceHandler>>,
    next_request_id: AtomicU64,
    first_correlation_id: Uuid,
}

impl Client {
    /// A builder without services.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The same client with another base context, which all its calls inherit; everything else is shared.
    #[must_use]
    pub fn with_context(&self, context: Context) -> Self {
        Self { context: Arc::new(context.into_map()), ..self.clone() }
    }

    /// The same client for work that has to be done by then: no call waits for longer, services are told, and what is
    /// called later is not sent. An earlier deadline stays. Default: none.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        let earlier = self.deadline.map_or(deadline, |known| known.min(deadline));
        Self { deadline: Some(earlier), ..self.clone() }
    }

    /// The services that are configured, sorted.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        self.shared.handlers.keys().map(ToString::to_string).collect()
    }

    /// Calls one action and decodes its output.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// #[derive(serde::Deserialize)]
    /// struct User {
    ///     name: String,
    /// }
    /// let user: User = client.call("users", "get_user", serde_json::json!({"user_id": 7})).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<Out: DeserializeOwned>(&self, service: &str, action: &str, body: impl IntoBody) -> Call<One<Out>> {
        Call::new(self, One::output(Job::new(self, service, [(action, body)])))
    }

    /// Calls one action; gives its response.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// let response = client.call_action("users", "get_user", serde_json::json!({"user_id": 7})).await?;
    /// println!("{:?}", response.body.get("name"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_action(&self, service: &str, action: &str, body: impl IntoBody) -> Call<One<ActionResponse>> {
        Call::new(self, One::action(Job::new(self, service, [(action, body)])))
    }

    /// Calls several actions as one job, run in order by one worker; gives the job's response, with the actions'
    /// responses in the order of the request.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// use serde_json::json;
    ///
    /// let actions = [("rename", json!({"user_id": 7, "name": "Ada"})), ("get_user", json!({"user_id": 7}))];
    /// let response = client.call_actions("users", actions).continue_on_error(true).await?;
    /// assert_eq!(response.actions.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_actions(&self, service: &str, actions: impl IntoIterator<Item: IntoAction>) -> Call<One<JobResponse>> {
        Call::new(self, One::job(Job::new(self, service, actions)))
    }

    /// Calls several actions of one service at the same time, each as a job of its own; gives their responses in the
    /// order of the request.
    pub fn call_actions_parallel(
        &self,
        service: &str,
        actions: impl IntoIterator<Item: IntoAction>,
    ) -> Call<Parallel<ActionResponse>> {
        let jobs = actions.into_iter().map(|action| Job::new(self, service, [action]));
        Call::new(self, Parallel::actions(jobs.collect()))
    }

    /// Sends several jobs, each to the service named first, and runs them at the same time; gives their responses in
    /// the order of the request.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// use serde_json::json;
    ///
    /// let jobs = [("users", [("get_user", json!({"user_id": 7}))]), ("mail", [("count", json!({"user_id": 7}))])];
    /// let responses = client.call_jobs_parallel(jobs).await?;
    /// assert_eq!(responses.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_jobs_parallel<S: AsRef<str>>(
        &self,
        jobs: impl IntoIterator<Item = (S, impl IntoIterator<Item: IntoAction>)>,
    ) -> Call<Parallel<JobResponse>> {
        let jobs = jobs.into_iter().map(|(service, actions)| Job::new(self, service.as_ref(), actions));
        Call::new(self, Parallel::jobs(jobs.collect()))
    }

    /// Sends a job; gives a [`SentRequest`](crate::call::SentRequest) as soon as it is sent, which gives the response later.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// use serde_json::json;
    ///
    /// client.send_request("mail", [("send", json!({"to": "ada@example.com"}))]).suppress_response(true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_request(&self, service: &str, actions: impl IntoIterator<Item: IntoAction>) -> Call<Sending> {
        Call::new(self, Sending(Job::new(self, service, actions)))
    }

    pub(crate) fn new(handlers: BTreeMap<Arc<str>, Arc<ServiceHandler>>, context: Context) -> Self {
        // A random start keeps the ids of this client apart from those of others in the logs of a service.
        let next_request_id = AtomicU64::new(fastrand::u64(1..=1_000_000));
        let context = Arc::new(context.into_map());
        let first_correlation_id = Uuid::new_v4();
        let shared = Arc::new(Shared { handlers, next_request_id, first_correlation_id });
        Self { shared, context, deadline: None }
    }

    pub(crate) fn handler(&self, service: &str) -> Result<Arc<ServiceHandler>, CallError> {
        self.shared
            .handlers
            .get(service)
            .cloned()
            .ok_or_else(|| CallError::ImproperlyConfigured { service: service.to_owned(), configured: self.services() })
    }

    pub(crate) fn context(&self) -> &Map {
        &self.context
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn next_request_id(&self) -> u64 {
        self.shared.next_request_id.fetch_add(1, Ordering::Relaxed)
    }

    /// The correlation id of a request that inherits none. As with the original's UUIDs, those of a client differ in
    /// their first digits; random ones would cost a third of a call.
    pub(crate) fn correlation_id(&self, request_id: u64) -> impl AsRef<str> {
        const BITS_AFTER_FIRST_DIGITS: u32 = 80;
        let first = self.shared.first_correlation_id.as_u128();
        let id = first.wrapping_add(u128::from(request_id) << BITS_AFTER_FIRST_DIGITS);
        NewId::new(Uuid::from_u128(id))
    }
}

/// A new id as text.
struct NewId([u8; Simple::LENGTH]);

impl NewId {
    fn new(id: Uuid) -> Self {
        let mut text = [0; Simple::LENGTH];
        id.simple().encode_lower(&mut text);
        Self(text)
    }
}

impl AsRef<str> for NewId {
    fn as_ref(&self) -> &str {
        // Hexadecimal digits are UTF-8.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Client {
    /// A client that knows no service.
    fn default() -> Self {
        Self::new(BTreeMap::new(), Context::default())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("services", &self.services()).finish_non_exhaustive()
    }
}
