//! Calls of one job.

use serde::{Deserialize, Serialize};
use serde_json::json;
use soa_client::{ActionRequest, Body, Client};

use crate::fake::{Fake, echo};

#[tokio::test]
async fn a_typed_call_takes_and_gives_serde_types() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Point {
        x: i64,
        label: Option<String>,
    }
    let point = Point { x: -7, label: Some("here".to_owned()) };
    let client = Fake::echoing().client();
    assert_eq!(client.call::<Point>("echo", "echo", &point).await.unwrap(), point);
}

#[tokio::test]
async fn an_action_gives_its_response() {
    let fake = Fake::echoing();
    let response = fake.client().call_action("echo", "shout", json!({"text": "hi"})).await.unwrap();
    assert_eq!((response.action.as_str(), response.errors.len()), ("shout", 0));
    assert_eq!(response.body, Body::encode(&json!({"text": "hi"})).unwrap());
    assert_eq!(fake.request().job.actions, [ActionRequest::new("shout", response.body)]);
}

#[tokio::test]
async fn several_actions_are_one_job() {
    let fake = Fake::echoing();
    let actions = ["a", "b", "c"].map(|name| (name, json!({"name": name})));
    let response = fake.client().call_actions("echo", actions).await.unwrap();
    let names: Vec<_> = response.actions.iter().map(|action| action.action.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(fake.request().job.actions.len(), 3);
}

#[tokio::test]
async fn request_ids_count_up_through_all_services_and_clones() {
    let fake = Fake::echoing();
    let client = fake.client();
    for (client, service) in
        [(&client, "echo"), (&client.with_context(Default::default()), "other"), (&client.clone(), "echo")]
    {
        client.call_action(service, "a", json!({})).await.unwrap();
    }
    let ids: Vec<_> = fake.requests().iter().map(|request| request.request_id).collect();
    assert!((1..=1_000_000).contains(&ids[0]), "{ids:?}");
    assert_eq!(ids, [ids[0], ids[0] + 1, ids[0] + 2]);
}

#[tokio::test]
async fn a_sent_request_gives_its_response_later() {
    let fake = Fake::silent();
    let mut sent = fake.client().send_request("echo", [("a", json!({}))]).await.unwrap();
    let request = fake.request();
    assert_eq!(sent.request_id(), request.request_id);

    let patience = std::time::Duration::from_millis(1);
    assert!(tokio::time::timeout(patience, &mut sent).await.is_err(), "nothing has come yet");
    fake.answer(&request, Ok(echo(&request)));
    assert_eq!((&mut sent).await.unwrap().actions[0].action, "a");

    let taken = sent.await.unwrap_err().to_string();
    assert_eq!(taken, format!("the response to request {} was taken already", request.request_id));
}

#[tokio::test]
async fn a_call_can_be_spawned() {
    let fake = Fake::silent();
    let call = tokio::spawn(fake.client().call_action("echo", "a", json!({})).into_future());
    let request = fake.wait_for(1).await.remove(0);
    fake.answer(&request, Ok(echo(&request)));
    assert_eq!(call.await.unwrap().unwrap().action, "a");
}

#[tokio::test]
async fn nothing_is_sent_before_a_call_is_awaited() {
    let fake = Fake::echoing();
    drop(fake.client().call_action("echo", "a", json!({})).into_future());
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn clients_are_shared_between_threads_and_show_their_services() {
    fn check<T: Send + Sync + Clone>(_: &T) {}
    let client = Fake::echoing().client();
    check(&client);
    assert_eq!(format!("{client:?}"), "Client { services: [\"echo\", \"other\"], .. }");
    let twice = Client::builder().transport("a", Fake::silent()).transport("a", Fake::silent()).build();
    assert_eq!(twice.unwrap_err().to_string(), "service \"a\" is configured twice");
}
