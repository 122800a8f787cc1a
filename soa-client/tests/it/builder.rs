//! What a client can be made of.

use serde_json::json;
use soa_client::{Client, ClientBuilder, ClientSettings};
use soa_common::transport::redis::RedisSettings;

use crate::fake::Fake;

/// Holds the error of a configuration against the expected one.
fn check(builder: ClientBuilder, expected: &str) {
    assert_eq!(builder.build().unwrap_err().to_string(), expected);
}

fn from_settings(settings: &serde_json::Value) -> ClientBuilder {
    let settings = ClientSettings::from_value("test", json!({"users": settings})).unwrap().settings;
    settings.into_iter().fold(Client::builder(), |builder, (name, settings)| builder.service_settings(name, settings))
}

#[test]
fn wrong_configurations_are_refused() {
    let builder = Client::builder;
    check(
        builder().transport("a", Fake::silent()).service("a", RedisSettings::client()),
        "service \"a\" is configured twice",
    );
    let mut nowhere = RedisSettings::client();
    nowhere.masters.clear();
    check(
        builder().service("a", nowhere),
        "service \"a\" cannot be reached: the settings of the Redis transport name no master: name one or more",
    );
    check(
        from_settings(&json!({"middleware": [{"path": "my_app:Audit"}]})),
        "service \"users\" has middleware \"my_app:Audit\" in its settings; take it out of them and add it by \
         ClientBuilder::service_middleware",
    );
    check(
        from_settings(
            &json!({"transport": {"path": "local", "kwargs": {"server_class": "a:B", "server_settings": {}}}}),
        ),
        "service \"users\" has the local transport in its settings; add the service by ClientBuilder::transport",
    );
}

#[test]
fn settings_make_a_client_without_connecting() {
    let client = from_settings(&json!({})).service("mail", RedisSettings::client()).build().unwrap();
    assert_eq!(client.services(), ["mail", "users"]);
}
