//! Several Redis masters of different ages, found by consistent hash and round robin on both sides.

use serde_json::json;
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{caller::Caller, our_client::OurClient, service::OurService, wire::pushes};

#[test]
fn of_masters_carries_every_pair() {
    // As Redis 7, 6.2 and 5.
    let six = RedisServer::builder().rename_command("BLMPOP", "").rename_command("LMPOP", "");
    let five = six.clone().rename_command("LPOP", "").rename_command("EXEC", "");
    let masters = [RedisServer::start(), six.start(), five.start()];
    let ports = masters.each_ref().map(RedisServer::port);
    let python = ports.iter().fold(PythonClient::builder(), |client, port| client.redis(*port));
    let theirs = ports.iter().fold(PythonService::builder("theirs"), |service, port| service.redis(*port));
    // It waits for one master at a time: with a second each, three calls could wait three seconds.
    let _theirs = theirs.transport("receive_timeout_in_seconds", "1").start();
    let _ours = OurService::builder("ours", &ports).argument("--fork=2").start();
    let services = ["theirs", "ours"];
    let callers: [&dyn Caller; 2] =
        [&python.service("theirs").service("ours").start(), &OurClient::new(&services, &ports)];
    let squares: serde_json::Value =
        (0..12).map(|number| json!({"action": "square", "body": {"number": number}})).collect();
    for caller in callers {
        for service in services {
            let before = masters.each_ref().map(pushes);
            let call =
                json!({"service_name": service, "actions": squares, "raise_action_errors": false, "timeout": 20});
            for _ in 0..2 {
                let answers = caller.call("call_actions_parallel", &call);
                for number in 0..12 {
                    assert_eq!(answers[number]["body"]["square"], number * number, "{service}: {answers}");
                }
                let large = caller.body(service, "big", json!({"size": 200_000}));
                assert_eq!(large["blob"].as_str().unwrap().len(), 200_000);
            }
            let after = masters.each_ref().map(pushes);
            assert!(before.iter().zip(after).all(|(before, after)| *before < after), "{before:?} became {after:?}");
        }
    }
}
