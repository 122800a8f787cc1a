//! The demonstration service.

use serde_json::json;
use soa_common::Map;
use soa_server::demo;

use crate::support::{fail, run};

#[tokio::test(start_paused = true)]
async fn every_action_answers() {
    let service = demo::service();
    for (action, body, expected) in [
        ("echo", json!({"any": ["thing"]}), json!({"any": ["thing"]})),
        ("square", json!({"number": -7}), json!({"square": 49})),
        ("sleep", json!({"seconds": 0.5}), json!({})),
    ] {
        let answered: serde_json::Value = run(&service, action, body).await.body.decode().unwrap();
        assert_eq!(answered, expected, "{action}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_the_callers_error() {
    let service = demo::service();
    for (action, field, value) in [
        ("square", "number", i64::MAX.into()),
        ("sleep", "seconds", soa_common::Value::from(f64::NAN)),
        ("sleep", "seconds", 301.into()),
    ] {
        let error = fail(&service, action, Map::from([(field, value)])).await;
        assert_eq!((error.field.as_deref(), error.is_caller_error), (Some(field), true), "{error:?}");
    }
}
