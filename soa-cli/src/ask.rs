//! The one way from a command to a service.

use std::time::Instant;

use soa_client::{CallError, Client};
use soa_common::{
    Map, Value,
    settings::redis_url,
    transport::{TransportErrorKind, redis::RedisSettings},
};

use crate::{args::Options, failure::Failure, input, output};

/// Calls one action and gives the body of its answer.
pub(crate) fn ask(service: &str, action: &str, body: Map, options: Options) -> Result<Value, Failure> {
    let context = options.context.as_deref().map(|text| input::map("--context", text)).transpose()?;
    let redis = redis(options.redis.as_deref())?;
    let masters = redis.masters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let client =
        Client::builder().service(service, redis).build().map_err(|error| Failure::usage(error.to_string()))?;

    let mut call = client.call_action(service, action, body).switches(options.switches);
    if let Some(timeout) = options.timeout {
        call = call.timeout(timeout);
    }
    if let Some(context) = context {
        call = call.context(context.into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Transport { code: "RUNTIME", message: error.to_string() })?;
    let started = Instant::now();
    let answer = runtime.block_on(async { call.await });
    if options.verbose {
        let took = started.elapsed();
        output::note(&format!("{service} {action} took {took:.1?} over {masters}"));
    }
    match answer {
        Ok(answer) => Ok(answer.body.to_value()),
        Err(error) if error.is_timeout() => Err(Failure::Transport {
            code: "MESSAGE_RECEIVE_TIMEOUT",
            message: format!(
                "{error}; asked over {masters}: is a worker of {service} running there, and is \
                 --timeout long enough for it?"
            ),
        }),
        Err(error) => Err(failure(error)),
    }
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
        _ => Failure::Transport { code: "INVALID_RESPONSE", message },
    }
}

fn code(kind: TransportErrorKind) -> &'static str {
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
