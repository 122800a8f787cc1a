use soa_common::{Error, Value};
use soa_fixtures::PythonService;

use super::*;

fn big(id: u64, size: usize) -> ClientRequest {
    let mut request = request(id, LONG);
    request.job = job("big", Map::from([("size", size as u64)]));
    request
}

fn job(action: &str, body: Map) -> JobRequest {
    JobRequest {
        control: Control::from(Map::from([("continue_on_error", false)])),
        context: Map::from([("correlation_id", Value::from("c")), ("switches", Value::List(Vec::new()))]).into(),
        actions: vec![ActionRequest::new(action, body.into())],
    }
}

#[tokio::test]
async fn big_responses_of_several_workers_never_mix() {
    let redis = RedisServer::start();
    let _workers = PythonService::builder(SERVICE)
        .redis(redis.port())
        .transport("chunk_messages_larger_than_bytes", "102400")
        .transport("maximum_message_size_in_bytes", "1024000")
        .start_workers(3);
    let transport = transport(&redis);
    let sizes: Vec<_> = (0..60).map(|number| 250_000 + number * 1_000).collect();
    let calls = sizes.iter().enumerate().map(|(id, size)| {
        let (transport, request) = (transport.clone(), big(id as u64, *size));
        tokio::spawn(async move { transport.send(request).await.unwrap().await })
    });
    for (call, size) in calls.collect::<Vec<_>>().into_iter().zip(&sizes) {
        let blob = body(call.await.unwrap()).get("blob");
        assert_eq!(blob.as_ref().and_then(Value::as_str).map(str::len), Some(*size));
    }
    assert_eq!(transport.connections().stats().dropped, 0);
}

#[tokio::test]
async fn answers_and_errors_of_the_original_are_read() {
    let redis = RedisServer::start();
    let _service = PythonService::builder(SERVICE).redis(redis.port()).start();
    let transport = transport(&redis);
    let run = async |id: u64, action: &str, number: u64| {
        let mut request = request(id, LONG);
        request.job = job(action, Map::from([("number", number)]));
        transport.send(request).await.unwrap().await.unwrap()
    };
    let squared = run(1, "square", 7).await;
    assert_eq!(squared.actions[0].body.get("square"), Some(Value::from(49)));
    let refused = run(2, "square", 13).await;
    let codes = |errors: &[Error]| errors.iter().map(|error| error.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&refused.actions[0].errors), ["UNLUCKY"]);
    assert_eq!(codes(&run(3, "job_error", 1).await.errors), ["JOB_BAD"]);
}
