//! Clients of either kind, called by the Python names of their methods.

use serde_json::{Value as Json, json};
use soa_fixtures::PythonClient;

/// A client that is called as [`PythonClient`] is: keyword arguments and results are tagged JSON.
pub(crate) trait Caller {
    /// The result, or what was raised: `{"raises": class, "errors": […], "actions": […]}`.
    fn call(&self, method: &str, arguments: &Json) -> Json;

    /// The body of one action's response, which must not be an error.
    #[track_caller]
    fn body(&self, service: &str, action: &str, body: Json) -> Json {
        let mut answer = self.call("call_action", &json!({"service_name": service, "action": action, "body": body}));
        assert!(answer.get("raises").is_none(), "{action} of {service}: {answer}");
        answer["body"].take()
    }

    /// The bodies of the answers to one action called many times at once, none of which must be an error.
    #[track_caller]
    fn bodies(&self, service: &str, action: &str, bodies: impl IntoIterator<Item = Json>) -> Vec<Json>
    where
        Self: Sized,
    {
        let actions: Json = bodies.into_iter().map(|body| json!({"action": action, "body": body})).collect();
        let answer = self.call("call_actions_parallel", &json!({"service_name": service, "actions": actions}));
        let Json::Array(answers) = answer else {
            panic!("{action} of {service}: {answer}");
        };
        answers.into_iter().map(|mut answer| answer["body"].take()).collect()
    }
}

impl Caller for PythonClient {
    fn call(&self, method: &str, arguments: &Json) -> Json {
        let mut answer: Json = serde_json::from_str(&PythonClient::call(self, method, &arguments.to_string())).unwrap();
        let Some(result) = answer.get_mut("result") else {
            return answer;
        };
        match (method, result.take()) {
            ("call_action", result) => action_response(&arguments["action"], result),
            ("call_actions_parallel", Json::Array(results)) => {
                let actions = arguments["actions"].as_array().unwrap();
                let names = actions.iter().map(|action| &action["action"]);
                names.zip(results).map(|(name, result)| action_response(name, result)).collect()
            }
            (_, result) => result,
        }
    }
}

/// Where an action's response belongs, PySOA gives the bare errors of a failed job; ours puts them into one.
fn action_response(action: &Json, result: Json) -> Json {
    match result {
        Json::Array(errors) => json!({"action": action, "errors": errors, "body": {}}),
        response => response,
    }
}
