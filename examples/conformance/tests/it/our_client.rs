//! Our client, called as the Python one is.

use std::{fmt, time::Duration};

use serde_json::{Value as Json, json};
use soa_client::{
    ActionRequest, ActionResponse, Body, Call, CallError, Client, Error, JobResponse,
    call::{Kind, ManyActions, Raising},
};
use soa_common::transport::{TransportError, TransportErrorKind, redis::RedisSettings};
use tokio::runtime::Runtime;

use crate::{
    caller::Caller,
    tagged::{decode_map, encode},
};

/// A client with a runtime of its own.
pub(crate) struct OurClient {
    runtime: Runtime,
    client: Client,
}

impl OurClient {
    /// A client of services on Redis masters of this machine, which make a ring in this order.
    pub(crate) fn new(services: &[&str], ports: &[u16]) -> Self {
        Self::with(services, ports, |_| {})
    }

    /// The same with other settings of the transport.
    pub(crate) fn with(services: &[&str], ports: &[u16], change: impl FnOnce(&mut RedisSettings)) -> Self {
        let urls: Vec<_> = ports.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect();
        let mut settings = RedisSettings::from_url(&urls.join(",")).unwrap();
        change(&mut settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut builder = Client::builder();
        for service in services {
            builder = builder.service(*service, settings.clone());
        }
        Self { runtime, client: builder.build().unwrap() }
    }

    fn run(&self, method: &str, arguments: &Json) -> Result<Json, CallError> {
        let service = arguments["service_name"].as_str().unwrap_or_default();
        match method {
            "call_action" => {
                let action = action(arguments);
                let call = self.client.call_action(service, &action.action, action.body);
                self.wait(raising(options(call, arguments), arguments)).map(|response| action_response(&response))
            }
            "call_actions" => {
                let call = self.client.call_actions(service, actions(arguments));
                let call = many(raising(options(call, arguments), arguments), arguments);
                self.wait(call).map(|response| job_response(&response))
            }
            "call_actions_parallel" => {
                let call = self.client.call_actions_parallel(service, actions(arguments));
                let call = raising(options(call, arguments), arguments);
                if flag(arguments, "catch_transport_errors", false) {
                    return self.wait(call.catch_transport_errors()).map(|list| caught(&list, action_response));
                }
                self.wait(call).map(|responses| responses.iter().map(action_response).collect())
            }
            "call_jobs_parallel" => {
                let jobs = arguments["jobs"].as_array().unwrap();
                let jobs = jobs.iter().map(|job| (job["service_name"].as_str().unwrap(), actions(job)));
                let call = self.client.call_jobs_parallel(jobs);
                let call = many(raising(options(call, arguments), arguments), arguments);
                if flag(arguments, "catch_transport_errors", false) {
                    return self.wait(call.catch_transport_errors()).map(|list| caught(&list, job_response));
                }
                self.wait(call).map(|responses| responses.iter().map(job_response).collect())
            }
            "send_request" => {
                let call = many(options(self.client.send_request(service, actions(arguments)), arguments), arguments);
                let call = call.suppress_response(flag(arguments, "suppress_response", false));
                self.wait(call).map(|sent| json!(sent.request_id()))
            }
            other => panic!("{other} is no method of a client"),
        }
    }

    fn wait<T>(&self, call: impl IntoFuture<Output = Result<T, CallError>>) -> Result<T, CallError> {
        self.runtime.block_on(async { call.await })
    }
}

impl Caller for OurClient {
    fn call(&self, method: &str, arguments: &Json) -> Json {
        self.run(method, arguments).unwrap_or_else(|error| raised(&error))
    }
}

fn options<K: Kind>(mut call: Call<K>, arguments: &Json) -> Call<K> {
    if let Some(switches) = arguments["switches"].as_array() {
        call = call.switches(switches.iter().map(|switch| switch.as_i64().unwrap()));
    }
    if let Some(seconds) = arguments["timeout"].as_f64().or(arguments["message_expiry_in_seconds"].as_f64()) {
        call = call.timeout(Duration::from_secs_f64(seconds));
    }
    if let Some(correlation_id) = arguments["correlation_id"].as_str() {
        call = call.correlation_id(correlation_id);
    }
    call.context(decode_map(&arguments["context"]).into()).control_extra(decode_map(&arguments["control_extra"]).into())
}

fn raising<K: Raising>(call: Call<K>, arguments: &Json) -> Call<K> {
    call.raise_job_errors(flag(arguments, "raise_job_errors", true)).raise_action_errors(flag(
        arguments,
        "raise_action_errors",
        true,
    ))
}

fn many<K: ManyActions>(call: Call<K>, arguments: &Json) -> Call<K> {
    call.continue_on_error(flag(arguments, "continue_on_error", false))
}

fn flag(arguments: &Json, name: &str, default: bool) -> bool {
    arguments[name].as_bool().unwrap_or(default)
}

fn action(json: &Json) -> ActionRequest {
    ActionRequest::new(json["action"].as_str().unwrap(), Body::from(decode_map(&json["body"])))
}

fn actions(arguments: &Json) -> Vec<ActionRequest> {
    arguments["actions"].as_array().unwrap().iter().map(action).collect()
}

fn caught<T>(results: &[Result<T, TransportError>], plain: fn(&T) -> Json) -> Json {
    results.iter().map(|result| result.as_ref().map_or_else(transport_error, plain)).collect()
}

fn job_response(response: &JobResponse) -> Json {
    json!({
        "errors": errors(&response.errors),
        "context": encode(&response.context.as_body().to_value()),
        "actions": response.actions.iter().map(action_response).collect::<Json>(),
    })
}

fn action_response(response: &ActionResponse) -> Json {
    json!({
        "action": response.action,
        "errors": errors(&response.errors),
        "body": encode(&response.body.to_value()),
    })
}

fn errors(errors: &[Error]) -> Json {
    let plain = |error: &Error| {
        json!({
            "code": error.code,
            "message": error.message,
            "field": error.field,
            "traceback": error.traceback,
            "variables": error.variables.as_ref().map(encode),
            "denied_permissions": error.denied_permissions,
            "is_caller_error": error.is_caller_error,
        })
    };
    errors.iter().map(plain).collect()
}

/// An error as the exception that Python raises for it.
fn raised(error: &CallError) -> Json {
    let (job_errors, actions): (&[Error], &[ActionResponse]) = match error {
        CallError::Transport(error) => return transport_error(error),
        CallError::Job { errors, .. } => (errors, &[]),
        CallError::Action { actions, .. } => (&[], actions),
        _ => (&[], &[]),
    };
    let class = match error {
        CallError::Job { .. } => "CallJobError",
        CallError::Action { .. } => "CallActionError",
        CallError::ImproperlyConfigured { .. } => "ImproperlyConfigured",
        other => panic!("{other}"),
    };
    exception(class, error, &errors(job_errors), &actions.iter().map(action_response).collect())
}

fn transport_error(error: &TransportError) -> Json {
    let class = match error.kind() {
        TransportErrorKind::MessageTooLarge => "MessageTooLarge",
        TransportErrorKind::InvalidMessage => "InvalidField",
        TransportErrorKind::MessageSend => "MessageSendError",
        TransportErrorKind::MessageReceive => "MessageReceiveError",
        TransportErrorKind::MessageReceiveTimeout => "MessageReceiveTimeout",
        other => panic!("{other:?}: {error}"),
    };
    exception(class, error, &json!([]), &json!([]))
}

fn exception(class: &str, message: &dyn fmt::Display, errors: &Json, actions: &Json) -> Json {
    json!({"raises": class, "message": message.to_string(), "errors": errors, "actions": actions})
}
