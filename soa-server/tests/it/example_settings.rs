//! The settings file that shows the keys shows all of them.

use std::path::Path;

use serde_json::json;
use soa_common::{
    settings::{Loaded, read_file},
    transport::redis::RedisSettings,
};
use soa_server::{ServerSettings, TransportSettings};

/// Keys that are known, so that their errors and warnings are good, and do nothing for a server over Redis.
const NOT_SHOWN: &[&str] = &[
    // What Python's checks leave in a dict.
    "object",
    // On clients only.
    "protocol_version",
    // With Sentinel only.
    "sentinel_failover_retries",
    "sentinel_kwargs",
    "sentinel_services",
    "check_connection",
    "is_master",
    "min_other_sentinels",
    // Beside redis_db, hosts and redis_port.
    "db",
    "host",
    "port",
    "unix_socket_path",
    // TLS.
    "ssl",
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    // Of redis-py.
    "charset",
    "connection_class",
    "connection_pool",
    "decode_responses",
    "encoding",
    "encoding_errors",
    "errors",
    "health_check_interval",
    "max_connections",
    "parser_class",
    "retry_on_timeout",
    "single_connection_client",
    "socket_read_size",
    "socket_type",
];

/// The keys of a map of the settings, as an unknown one is told of them.
fn known_keys(place: &[&str]) -> Vec<String> {
    let unknown = place.iter().rev().fold(json!({ "an unknown key": 1 }), |inner, key| json!({ *key: inner }));
    let error = ServerSettings::from_value("settings.json", unknown).unwrap_err().to_string();
    let names = error.split("allowed are: ").nth(1).unwrap_or_else(|| panic!("{place:?}: {error}"));
    names.lines().next().unwrap().split(", ").map(str::to_owned).collect()
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/square/settings.yaml"));
    let example = read_file(path).unwrap();
    for place in [
        &[][..],
        &["transport"],
        &["transport", "kwargs"],
        &["transport", "kwargs", "backend_layer_kwargs"],
        &["transport", "kwargs", "backend_layer_kwargs", "connection_kwargs"],
        &["harakiri"],
        &["runtime"],
    ] {
        let shown = place.iter().fold(&example, |value, key| &value[*key]).as_object().unwrap();
        let missing = known_keys(place).into_iter().filter(|key| !shown.contains_key(key));
        let missing: Vec<_> = missing.filter(|key| !NOT_SHOWN.contains(&key.as_str())).collect();
        assert_eq!(missing, [""; 0], "{place:?}");
    }

    let Loaded { mut settings, warnings } = ServerSettings::load(path).unwrap();
    assert_eq!(warnings, [""; 0]);
    let mut expected = ServerSettings::default();
    let (TransportSettings::Redis(shown), TransportSettings::Redis(default)) =
        (&settings.transport, &mut expected.transport)
    else {
        panic!("the default is Redis");
    };
    let masters = |settings: &RedisSettings| settings.masters.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(masters(shown), masters(default));
    default.masters.clone_from(&shown.masters);
    // What stands behind is that the masters were named, and by what.
    let settings_of =
        |transport: &TransportSettings| format!("{transport:?}").split("hosts_named").next().map(str::to_owned);
    assert_eq!(settings_of(&settings.transport), settings_of(&expected.transport));
    settings.transport = expected.transport.clone();
    assert_eq!(settings, expected);
}
