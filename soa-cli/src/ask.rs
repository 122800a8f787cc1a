//! The one way from a command to a service.

use std::time::{Duration, Instant};

use soa_client::{Call, CallError, Client, ClientBuilder, call::One};
use soa_common::{
    ActionResponse, Body, Context, Map, Value,
    settings::redis_url,
    transport::{ClientTransport, TransportErrorKind, redis::RedisSettings},
};
use tokio::runtime::Runtime;

use crate::{args::Options, failure::Failure, input, output};

/// Calls one action and gives the body of its answer.
pub(crate) fn ask(service: &str, action: &str, body: Map, options: Options) -> Result<Value, Failure> {
    let verbose = options.verbose;
    let caller = Caller::new(service, options)?;
    let call = caller.call(action, body.into());
    let started = Instant::now();
    let answer = runtime()?.block_on(async { call.await });
    if verbose {
        let took = started.elapsed();
        output::note(&format!("{service} {action} took {took:.1?} over {}", caller.masters));
    }
    match answer {
        Ok(answer) => Ok(answer.body.to_value()),
        Err(error) => Err(caller.failure(error)),
    }
}

/// What all calls of a command have in common.
pub(crate) struct Caller {
    pub(crate) service: String,
    client: Client,
    context: Context,
    /// The most bytes that a request may have.
    pub(crate) maximum_message_size: usize,
    /// The addresses of the masters, without their passwords.
    pub(crate) masters: String,
    switches: Vec<i64>,
    timeout: Option<Duration>,
}

impl Caller {
    pub(crate) fn new(service: &str, options: Options) -> Result<Self, Failure> {
        let context = options.context.as_deref().map(|text| input::map("--context", text)).transpose()?;
        let redis = redis(options.redis.as_deref())?;
        let masters = redis.masters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let context: Context = context.unwrap_or_default().into();
        let maximum_message_size = redis.maximum_message_size;
        let client = built(Client::builder().service(service, redis).context(context.clone()))?;
        let Options { switches, timeout, .. } = options;
        Ok(Self { service: service.to_owned(), client, context, maximum_message_size, masters, switches, timeout })
    }

    pub(crate) fn call(&self, action: &str, body: Body) -> Call<One<ActionResponse>> {
        self.call_by(&self.client, action, body)
    }

    /// The same call over another transport.
    pub(crate) fn call_over(
        &self,
        transport: impl ClientTransport,
        action: &str,
        body: Body,
    ) -> Result<Call<One<ActionResponse>>, Failure> {
        let client = Client::builder().transport(&self.service, transport).context(self.context.clone());
        Ok(self.call_by(&built(client)?, action, body))
    }

    fn call_by(&self, client: &Client, action: &str, body: Body) -> Call<One<ActionResponse>> {
        let call = client.call_action(&self.service, action, body).switches(self.switches.iter().copied());
        match self.timeout {
            Some(timeout) => call.timeout(timeout),
            None => call,
        }
    }

    /// Why a call failed, with what to do about it.
    pub(crate) fn failure(&self, error: CallError) -> Failure {
        match error.is_timeout() {
            true => Failure::Transport {
                code: code(TransportErrorKind::MessageReceiveTimeout),
                message: format!(
                    "{error}; asked over {}: is a worker of {} running there, and is --timeout long enough for it?",
                    self.masters, self.service
                ),
            },
            false => failure(error),
        }
    }
}

fn built(client: ClientBuilder) -> Result<Client, Failure> {
    client.build().map_err(|error| Failure::usage(error.to_string()))
}

/// A runtime on this thread.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::runtime(&error))
}

fn redis(argument: Option<&str>) -> Result<RedisSettings, Failure> {
    let (what, urls) = match argument {
        Some(urls) => ("--redis", urls.to_owned()),
        None => match redis_url().map_err(|error| Failure::usage(error.to_string()))? {
            Some(urls) => ("SOA_REDIS_URL", urls),
            None => return Ok(RedisSettings::client()),
        },
    };
    RedisSettings::from_url(&urls).map_err(|error| Failure::usage(format!("{what}: {error}")))
}

fn failure(error: CallError) -> Failure {
    let message = chain(&error);
    match error {
        CallError::Job { service, errors } => Failure::Answer { what: format!("{service} refused the job"), errors },
        CallError::Action { service, actions } => Failure::Answer {
            what: format!("{service} answered with errors"),
            errors: actions.into_iter().flat_map(|action| action.errors).collect(),
        },
        CallError::ImproperlyConfigured { .. } | CallError::InvalidRequest { .. } => Failure::Usage(message),
        CallError::Transport(error) => Failure::Transport { code: code(error.kind()), message },
        _ => Failure::Transport { code: INVALID_RESPONSE, message },
    }
}

pub(crate) const INVALID_RESPONSE: &str = "INVALID_RESPONSE";

/// The code by which an error of the transport is told.
pub(crate) fn code(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::MessageTooLarge => "MESSAGE_TOO_LARGE",
        TransportErrorKind::InvalidMessage => "INVALID_MESSAGE",
        TransportErrorKind::MessageSend => "MESSAGE_SEND",
        TransportErrorKind::MessageReceiveTimeout => "MESSAGE_RECEIVE_TIMEOUT",
        _ => "MESSAGE_RECEIVE",
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
